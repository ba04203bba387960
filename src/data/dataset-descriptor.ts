import type { RemoteFile } from "../files/download.js";
import type { Dataset } from "../samples/samples.js";
import type { ImageFiles } from "./image-files.js";
import type { Split } from "./split.js";

/** A data set as one value: what it is, where it comes from, how it is got, checked and read. */
export type DatasetDescriptor = SampleSet | ImageSet;

interface Descriptor {
  /** What a configuration calls it, in small letters, digits and hyphens. */
  readonly name: string;
  /** What people call it. */
  readonly title: string;
  /** What is in it, in a line. */
  readonly description: string;
  readonly source: string;
  readonly licence: string;
  /** What `data fetch` gets; none where the data set is built in or not to be downloaded. */
  readonly files: readonly RemoteFile[];
  /** How to get it, where it is not to be downloaded. */
  readonly obtain?: string;
  /** Paths in the data folder that show it is there. */
  readonly contains: readonly string[];
  /** A folder of the archive in which they may be instead. */
  readonly within?: string;
}

/** Samples in files of the data set's own format. */
export interface SampleSet extends Descriptor {
  readonly kind: "samples";
  /** @throws {ItamlError} DATASET_MISSING, DATASET_INVALID */
  load(folder: string): Promise<Dataset>;
}

/** Picture files. */
export interface ImageSet extends Descriptor {
  readonly kind: "images";
  /** Of each channel, in pixels of 0..1. */
  readonly mean: readonly number[];
  readonly std: readonly number[];
  /** @throws {ItamlError} DATASET_MISSING, DATASET_INVALID, CONFIG_INVALID */
  list(folder: string, options: ImageFolderOptions): Promise<ImageFiles>;
}

/** Which pictures of a folder are taken. */
export interface ImageFolderOptions {
  /** The classes to take, in this order. Default: all, sorted by name. */
  readonly classes?: readonly string[];
  /** How pictures are divided where folders don't say it. */
  readonly split?: Split;
}
