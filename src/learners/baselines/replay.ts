import { crossEntropy } from "../../losses/cross-entropy.js";
import type { Method } from "./method.js";

/** Experience replay in its plain form: trained on the new task and the exemplars of the old ones. */
export const replay: Method = {
  name: "replay",
  trainsOn: "new and memory",
  keeps: "exemplars",
  startsFrom: "before",
  loss: crossEntropy,
};
