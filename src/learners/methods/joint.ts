import { descent } from "../../training/updates/descent.js";
import { methodPart } from "../method.js";
import { lossOf, lossSetting, predictionOf, predictionSettings, WHOLE_MEMORY } from "./settings.js";

/** Joint training, the upper bound: with every task a new network learns all samples of all classes seen. */
export const joint = methodPart({
  name: "joint",
  title: "joint training",
  settings: (parts) => ({ ...lossSetting(parts), ...predictionSettings(parts, "logits", "none") }),
  create: (settings, parts) => ({
    trainsOn: "new and memory",
    startsFrom: "scratch",
    memory: WHOLE_MEMORY,
    update: descent(lossOf(settings, parts)),
    ...predictionOf(settings, parts),
  }),
});
