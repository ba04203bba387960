import { part } from "../../base/part.js";
import type { HeadFitter } from "../head.js";

/** The rows that training made: nothing is fitted. */
export const logits: HeadFitter = { taskEvidence: "maximum", fit: async () => undefined };

/** `head: logits`. */
export const logitsPart = part({
  name: "logits",
  title: "logits",
  source: "Rajasegaran et al. 2020, Algorithm 2",
  settings: {},
  create: () => logits,
});
