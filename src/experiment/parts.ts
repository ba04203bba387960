import type { Part } from "../base/part.js";
import { DATASETS } from "../data/catalog.js";
import type { DatasetDescriptor } from "../data/dataset-descriptor.js";
import type { Extractor } from "../features/extractor.js";
import { extractors } from "../features/index.js";
import { type LearnerParts, learnerParts } from "../learners/parts.js";

/** A section of the report's page; what more it is the report says, which stands on a floor above. */
export interface Section {
  readonly name: string;
  readonly title: string;
}

/** All that a configuration can choose among, and what a report shows beside its own sections. */
export interface Parts extends LearnerParts {
  readonly datasets: readonly DatasetDescriptor[];
  readonly extractors: readonly Part<Extractor>[];
  readonly sections: readonly Section[];
}

/** What comes with the program. */
export const builtInParts: Parts = {
  ...learnerParts,
  datasets: DATASETS,
  extractors,
  sections: [],
};
