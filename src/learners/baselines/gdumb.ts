import { crossEntropy } from "../../losses/cross-entropy.js";
import type { Method } from "./method.js";

/** GDumb (Prabhu et al. 2020): with every task a new network learns the balanced memory and nothing else. */
export const gdumb: Method = {
  name: "gdumb",
  trainsOn: "memory",
  keeps: "exemplars",
  startsFrom: "scratch",
  loss: crossEntropy,
};
