import type { Choice, Part } from "../base/part.js";
import { adamPart } from "./adam.js";
import type { Optimizer } from "./optimizer.js";
import { radamPart } from "./radam.js";
import { sgdPart } from "./sgd.js";

const BUILT_IN = [sgdPart, adamPart, radamPart] as const;

/** The built-in optimisers. */
export const optimizers: readonly Part<Optimizer>[] = BUILT_IN;

/** A built-in optimiser by its name and settings. */
export type OptimizerSettings = Choice<(typeof BUILT_IN)[number]>;
