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

/** GDumb: with every task a new network learns the balanced memory and nothing else. */
export const gdumb = methodPart({
  name: "gdumb",
  title: "memory-only training (GDumb)",
  source: "Prabhu et al. 2020",
  settings: (parts) => ({
    ...lossSetting(parts),
    ...predictionSettings(parts, "logits", "none"),
    ...memorySettings("random", 1),
  }),
  create: (settings, parts) => ({
    trainsOn: "memory",
    startsFrom: "scratch",
    memory: memoryOf(settings),
    update: descent(lossOf(settings, parts)),
    ...predictionOf(settings, parts),
  }),
});
