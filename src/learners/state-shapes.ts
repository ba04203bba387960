import { importanceShapes } from "../losses/elastic.js";
import { type Model, type StateShapes, taskSizes } from "../model/model.js";
import type { FeatureExtractor } from "../nn/feature-extractor.js";
import { sumShapes } from "../prediction/feature-sums.js";
import { headShapes } from "../prediction/head-state.js";

/** What learners keep beside such a model: names of a plugin's own aren't among them. */
export function stateShapes(model: Model, extractor: FeatureExtractor): StateShapes {
  const classes = taskSizes(model, extractor).reduce((sum, size) => sum + size, 0);
  const size = extractor.featureSize;
  return {
    ...headShapes(model, classes, size),
    ...sumShapes(classes, size),
    ...importanceShapes(model, classes, size),
  };
}
