import { logits } from "../../prediction/heads/logits.js";
import { descent } from "../../training/updates/descent.js";
import { methodPart, NO_MEMORY } from "../method.js";
import { lossOf, lossSetting } from "./settings.js";

/** Fine-tuning of the classifier alone: after the first task the features stay as they are. */
export const frozen = methodPart({
  name: "frozen",
  title: "frozen features",
  settings: (parts) => lossSetting(parts),
  create: (settings, parts) => ({
    trainsOn: "new",
    startsFrom: "before",
    memory: NO_MEMORY,
    update: descent(lossOf(settings, parts)),
    head: logits,
    frozen: (task) => task > 0,
  }),
});
