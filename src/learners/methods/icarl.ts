import { sigmoidDistillation } from "../../losses/sigmoid-distillation.js";
import { descent } from "../../training/updates/descent.js";
import { methodPart } from "../method.js";
import { memoryOf, memorySettings, predictionOf, predictionSettings } from "./settings.js";

/**
 * iCaRL: trained on the new task and the exemplars of the old ones, with the sigmoids of the model before as targets of old
 * classes (Algorithm 3); classes are told apart by the nearest mean of exemplars (Algorithm 1), chosen by herding.
 */
export const icarl = methodPart({
  name: "icarl",
  title: "iCaRL",
  source: "Rebuffi et al. 2017",
  settings: (parts) => ({
    ...predictionSettings(parts, "nearest-mean", "none"),
    ...memorySettings("herding", 1),
  }),
  create: (settings, parts) => ({
    trainsOn: "new and memory",
    startsFrom: "before",
    memory: memoryOf(settings),
    update: descent(sigmoidDistillation),
    ...predictionOf(settings, parts),
  }),
});
