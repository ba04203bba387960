import { crossEntropy } from "../../losses/cross-entropy.js";
import { distillation } from "../../losses/distillation.js";
import { sumOf } from "../../losses/sum.js";
import { descent } from "../../training/updates/descent.js";
import { methodPart } from "../method.js";
import { memoryOf, memorySettings, predictionOf, predictionSettings } from "./settings.js";

/**
 * What was best where networks of convolutions learn from nothing: trained on the new task and the exemplars of the old
 * ones to tell all classes apart, while the sigmoids of the model before are kept (the losses of replay and of iCaRL,
 * added up); a discriminant of the exemplars' features tells classes and tasks apart. How it was found: docs/best.md.
 */
export const replayDistillation = methodPart({
  name: "replay-distillation",
  title: "replay with distillation",
  settings: (parts) => ({
    ...predictionSettings(parts, "power-discriminant", "full"),
    ...memorySettings("herding", 1),
  }),
  create: (settings, parts) => ({
    trainsOn: "new and memory",
    startsFrom: "before",
    memory: memoryOf(settings),
    update: descent(
      sumOf([
        { loss: crossEntropy, weight: 1 },
        { loss: distillation({ balance: "sample" }), weight: 1 },
      ]),
    ),
    ...predictionOf(settings, parts),
  }),
});
