import { crossEntropy } from "../../losses/cross-entropy.js";
import type { Method } from "./method.js";

/** Fine-tuning, the lower bound: trained on the new task alone, over all classes seen. */
export const fineTuning: Method = {
  name: "finetuning",
  trainsOn: "new",
  keeps: "nothing",
  startsFrom: "before",
  loss: crossEntropy,
};
