import { descent } from "../../training/updates/descent.js";
import { methodPart } from "../method.js";
import {
  lossOf,
  lossSetting,
  memoryOf,
  memorySettings,
  predictionOf,
  predictionSettings,
} from "./settings.js";

/** Experience replay in its plain form: trained on the new task and the exemplars of the old ones. */
export const replay = methodPart({
  name: "replay",
  title: "replay",
  settings: (parts) => ({
    ...lossSetting(parts),
    ...predictionSettings(parts, "logits", "none"),
    ...memorySettings("random"),
  }),
  create: (settings, parts) => ({
    trainsOn: "new and memory",
    startsFrom: "before",
    memory: memoryOf(settings),
    update: descent(lossOf(settings, parts)),
    ...predictionOf(settings, parts),
  }),
});
