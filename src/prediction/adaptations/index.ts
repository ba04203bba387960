import type { Choice, Part } from "../../base/part.js";
import type { Adaptation } from "../adaptation.js";
import { fullPart } from "./full.js";
import { nonePart } from "./none.js";

const BUILT_IN = [nonePart, fullPart] as const;

/** The built-in adaptations. */
export const adaptations: readonly Part<Adaptation | undefined>[] = BUILT_IN;

/** A built-in adaptation by its name and settings. */
export type AdaptationSettings = Choice<(typeof BUILT_IN)[number]>;
