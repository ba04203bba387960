import { DATASETS } from "../data/catalog.js";
import { builtInParts } from "../experiment/parts.js";

/** What learners and data sets are called where people read. */
export interface Titles {
  /** @param name as configurations have it */
  learner(name: string): string;
  dataset(name: string): string;
}

/** Those that come with the program; others by their names. */
export const TITLES: Titles = {
  learner: (name) => builtInParts.methods.find((method) => method.name === name)?.title ?? name,
  dataset: (name) => DATASETS.find((dataset) => dataset.name === name)?.title ?? name,
};
