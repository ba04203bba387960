import { discriminantRule } from "../../prediction/discriminant-analysis.js";
import { methodPart } from "../method.js";

/**
 * Streaming linear discriminant analysis: means of the classes, and one covariance for all.
 */
export const slda = methodPart({
  name: "slda",
  title: "streaming LDA",
  source: "Hayes, Kanan 2020",
  settings: () => ({}),
  create: () => ({ rule: discriminantRule }),
});
