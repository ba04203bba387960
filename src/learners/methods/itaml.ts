import { choiceSchema, createChosen } from "../../base/part.js";
import { methodPart } from "../method.js";
import { memoryOf, memorySettings, predictionOf, predictionSettings } from "./settings.js";

/** iTAML: incremental task-agnostic meta-learning. */
export const itaml = methodPart({
  name: "itaml",
  title: "iTAML",
  source: "Rajasegaran et al. 2020",
  settings: (parts) => ({
    update: choiceSchema(parts.updates, "paper").describe("How a mini-batch changes the model."),
    ...predictionSettings(parts, "discriminant", "full"),
    ...memorySettings("random"),
  }),
  create: (settings, parts) => ({
    trainsOn: "new and memory",
    startsFrom: "before",
    memory: memoryOf(settings),
    update: createChosen(parts.updates, settings.update),
    ...predictionOf(settings, parts),
  }),
});
