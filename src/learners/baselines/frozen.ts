import { fineTuning } from "./fine-tuning.js";
import type { Method } from "./method.js";

/** Fine-tuning of the classifier alone: after the first task the features stay as they are. */
export const frozen: Method = {
  ...fineTuning,
  name: "frozen",
  frozen: (task) => task > 0,
};
