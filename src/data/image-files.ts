import type { LeftOut } from "./left-out.js";

/** Picture files with the index of each one's class. */
export interface LabelledFiles {
  readonly files: readonly string[];
  readonly labels: ArrayLike<number>;
}

/** A data set of picture files, before any of them is read. */
export interface ImageFiles {
  /** Names of the classes; a label is an index into it. */
  readonly classes: readonly string[];
  readonly train: LabelledFiles;
  readonly test: LabelledFiles;
  /** What is in the folder and in neither part. */
  readonly leftOut: readonly LeftOut[];
}
