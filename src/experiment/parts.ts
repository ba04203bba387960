import { type LearnerParts, learnerParts } from "../learners/parts.js";

/** All that a configuration can choose among. */
export type Parts = LearnerParts;

/** What comes with the program. */
export const builtInParts: Parts = learnerParts;
