import type { Choice, Part } from "../../base/part.js";
import type { Update } from "../update.js";
import { fomamlPart } from "./fomaml.js";
import { outerPart } from "./outer.js";
import { paperPart } from "./paper.js";
import { releasedPart } from "./released.js";
import { reptilePart } from "./reptile.js";

const BUILT_IN = [paperPart, outerPart, releasedPart, reptilePart, fomamlPart] as const;

/** The built-in updates that meta-train. */
export const updates: readonly Part<Update>[] = BUILT_IN;

/** A built-in update by its name and settings. */
export type UpdateSettings = Choice<(typeof BUILT_IN)[number]>;
