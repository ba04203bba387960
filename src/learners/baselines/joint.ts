import { crossEntropy } from "../../losses/cross-entropy.js";
import type { Method } from "./method.js";

/** Joint training, the upper bound: with every task a new network learns all samples of all classes seen. */
export const joint: Method = {
  name: "joint",
  trainsOn: "new and memory",
  keeps: "everything",
  startsFrom: "scratch",
  loss: crossEntropy,
};
