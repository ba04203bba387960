import type { Choice, Part } from "../../base/part.js";
import type { HeadFitter } from "../head.js";
import { discriminantPart, powerDiscriminantPart } from "./discriminant.js";
import { logitsPart } from "./logits.js";
import { nearestMeanPart } from "./nearest-mean.js";
import { tunedPart } from "./tuned.js";

const BUILT_IN = [
  logitsPart,
  nearestMeanPart,
  discriminantPart,
  powerDiscriminantPart,
  tunedPart,
] as const;

/** The built-in heads. */
export const heads: readonly Part<HeadFitter>[] = BUILT_IN;

/** A built-in head by its name and settings. */
export type HeadSettings = Choice<(typeof BUILT_IN)[number]>;
