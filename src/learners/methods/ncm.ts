import { nearestClassMean } from "../../prediction/nearest-class-mean.js";
import { methodPart } from "../method.js";

/**
 * The nearest class mean by the cosine: of the features alone, the least that a method has to be better than.
 */
export const ncm = methodPart({
  name: "ncm",
  title: "nearest class mean",
  source: "Janson et al. 2022; Zhou et al. 2024, SimpleCIL",
  settings: () => ({}),
  create: () => ({ rule: nearestClassMean }),
});
