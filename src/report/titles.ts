import type { Parts } from "../experiment/parts.js";

/** What a learner is called where people read: its title, or the name that configurations have where it isn't known. */
export function learnerTitle({ methods }: Parts, name: string): string {
  return methods.find((method) => method.name === name)?.title ?? name;
}

/** The same of a data set. */
export function datasetTitle({ datasets }: Parts, name: string): string {
  return datasets.find((dataset) => dataset.name === name)?.title ?? name;
}
