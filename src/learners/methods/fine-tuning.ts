import { logits } from "../../prediction/heads/logits.js";
import { descent } from "../../training/updates/descent.js";
import { methodPart, NO_MEMORY } from "../method.js";
import { lossOf, lossSetting } from "./settings.js";

/** Fine-tuning, the lower bound: trained on the new task alone, over all classes seen. */
export const fineTuning = methodPart({
  name: "finetuning",
  title: "fine-tuning",
  settings: (parts) => lossSetting(parts),
  create: (settings, parts) => ({
    trainsOn: "new",
    startsFrom: "before",
    memory: NO_MEMORY,
    update: descent(lossOf(settings, parts)),
    head: logits,
  }),
});
