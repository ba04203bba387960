import { resolve } from "node:path";
import { ItamlError, nearestName } from "../base/errors.js";
import { findLocal, type RemoteFile } from "../files/download.js";
import type { Dataset } from "../samples/samples.js";
import type { ImageFiles } from "./image-files.js";
import type { ImageFolderOptions } from "./image-folder.js";
import {
  CIFAR10_ARCHIVE,
  CIFAR100_ARCHIVE,
  CUB200_ARCHIVE,
  MNIST_FILES,
  SVHN_EXTRA_FILE,
  SVHN_FILES,
} from "./remote-files.js";

/** A data set by name: what it is, where it comes from, how it is read. */
export type DatasetEntry = SampleSetEntry | ImageSetEntry;

interface Entry {
  readonly name: string;
  readonly description: string;
  readonly source: string;
  readonly licence: string;
  /** What `data fetch` gets; none where the data set is built in or not to be downloaded. */
  readonly files: readonly RemoteFile[];
  /** How to get it, where it is not to be downloaded. */
  readonly obtain?: string;
  /** Paths in the data folder that show it is there. */
  readonly contains: readonly string[];
}

/** Samples in files of the data set's own format. */
export interface SampleSetEntry extends Entry {
  readonly kind: "samples";
  load(folder: string): Promise<Dataset>;
}

/** Picture files. */
export interface ImageSetEntry extends Entry {
  readonly kind: "images";
  /** Of each channel, in pixels of 0..1. */
  readonly mean: readonly number[];
  readonly std: readonly number[];
  list(folder: string, options: ImageFolderOptions): Promise<ImageFiles>;
}

const IMAGENET_STATISTICS = { mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225] };

const names = (all: readonly { name: string }[]) => all.map(({ name }) => name);

export const DATASETS: readonly DatasetEntry[] = [
  {
    kind: "samples",
    name: "strokes",
    description: "10 classes of drawn digits, 28×28 grey, 6,000 + 1,000 images",
    source: "built in, drawn by code from a seed",
    licence: "Apache-2.0",
    files: [],
    contains: [],
    load: async () => (await import("./strokes.js")).makeStrokes(),
  },
  {
    kind: "samples",
    name: "mnist",
    description: "10 classes of handwritten digits, 28×28 grey, 60,000 + 10,000 images",
    source: "LeCun, Cortes, Burges",
    licence: "CC BY-SA 3.0",
    files: MNIST_FILES,
    contains: names(MNIST_FILES),
    load: async (folder) => (await import("./mnist.js")).loadMnist(folder),
  },
  {
    kind: "samples",
    name: "cifar10",
    description: "10 classes of animals and vehicles, 32×32 colour, 50,000 + 10,000 images",
    source: "Krizhevsky 2009",
    licence: "none stated; free for research by custom",
    files: [CIFAR10_ARCHIVE],
    contains: [...[1, 2, 3, 4, 5].map((batch) => `data_batch_${batch}.bin`), "test_batch.bin"],
    load: async (folder) => (await import("./cifar.js")).loadCifar10(folder),
  },
  {
    kind: "samples",
    name: "cifar100",
    description: "100 classes of animals and things, 32×32 colour, 50,000 + 10,000 images",
    source: "Krizhevsky 2009",
    licence: "none stated; free for research by custom",
    files: [CIFAR100_ARCHIVE],
    contains: ["train.bin", "test.bin"],
    load: async (folder) => (await import("./cifar.js")).loadCifar100(folder),
  },
  {
    kind: "samples",
    name: "svhn",
    description: "10 classes of digits of house numbers, 32×32 colour, 73,257 + 26,032 images",
    source: "Netzer et al. 2011",
    licence: "non-commercial use only",
    files: SVHN_FILES,
    contains: names(SVHN_FILES),
    load: async (folder) => (await import("./svhn.js")).loadSvhn(folder),
  },
  {
    kind: "samples",
    name: "svhn-extra",
    description: "svhn with 531,131 more training images, 604,388 + 26,032 images",
    source: "Netzer et al. 2011",
    licence: "non-commercial use only",
    files: [...SVHN_FILES, SVHN_EXTRA_FILE],
    contains: names([...SVHN_FILES, SVHN_EXTRA_FILE]),
    load: async (folder) => (await import("./svhn.js")).loadSvhn(folder, { extra: true }),
  },
  {
    kind: "images",
    name: "cub200",
    description: "200 classes of birds, 5,994 + 5,794 pictures (CUB-200-2011)",
    source: "Wah et al. 2011, Caltech",
    licence: "non-commercial research and education only",
    files: [CUB200_ARCHIVE],
    contains: [
      "images",
      "images.txt",
      "image_class_labels.txt",
      "classes.txt",
      "train_test_split.txt",
    ].map((name) => `CUB_200_2011/${name}`),
    mean: [0],
    std: [1],
    list: async (folder, options) => (await import("./cub200.js")).listCub200(folder, options),
  },
  {
    kind: "images",
    name: "imagenet",
    description: "1,000 classes of objects, 1,281,167 + 50,000 pictures (ILSVRC2012)",
    source: "Russakovsky et al. 2015",
    licence: "non-commercial research only",
    files: [],
    obtain:
      "Get ILSVRC2012 at image-net.org, with an account there, and lay it out as train/WNID/* and val/WNID/* " +
      "(the class list of ImageNet-100 was never published: choose the classes yourself)",
    contains: ["train", "val"],
    ...IMAGENET_STATISTICS,
    list: async (folder, options) => (await import("./imagenet.js")).listImageNet(folder, options),
  },
  {
    kind: "images",
    name: "msceleb",
    description: "faces of celebrities, one class for each identity (MS-Celeb-1M)",
    source: "Guo et al. 2016, Microsoft",
    licence: "none any more: withdrawn by its publisher in 2019",
    files: [],
    obtain:
      "Its publisher withdrew it in 2019 and itaml never downloads it: name the folder of a copy that you have " +
      "the right to use, with a folder in it for each identity",
    contains: ["."],
    mean: [0.5071, 0.4867, 0.4408],
    std: [0.2675, 0.2565, 0.2761],
    list: async (folder, options) => (await import("./msceleb.js")).listMsCeleb(folder, options),
  },
  {
    kind: "images",
    name: "folder",
    description: "your own pictures, one class for each folder of them",
    source: "yours",
    licence: "yours",
    files: [],
    obtain:
      "Name the folder of your pictures, laid out as train/LABEL/* and test/LABEL/*, or as LABEL/*, which is split",
    contains: ["."],
    ...IMAGENET_STATISTICS,
    list: async (folder, options) =>
      (await import("./image-folder.js")).listImageFolder(folder, options),
  },
];

/** @throws {ItamlError} DATASET_UNKNOWN with the nearest name */
export function findDataset(name: string): DatasetEntry {
  const found = DATASETS.find((entry) => entry.name === name);
  if (found) return found;
  const known = names(DATASETS);
  const nearest = nearestName(name, known);
  throw new ItamlError("DATASET_UNKNOWN", `there is no data set "${name}"`, {
    ...(nearest ? { remedy: `Did you mean "${nearest}"` } : { expected: known.join(", ") }),
  });
}

/** Where a data set is looked for: the folder given, or data/NAME here. */
export function datasetFolder(name: string, folder?: string): string {
  return resolve(folder ?? `data/${name}`);
}

/** Whether a folder holds a data set. */
export function isHere({ contains }: DatasetEntry, folder: string): boolean {
  return contains.every((path) => findLocal(folder, path) !== undefined);
}

/** Whether a data set is part of the program. */
export function isBuiltIn({ files, obtain }: DatasetEntry): boolean {
  return files.length === 0 && obtain === undefined;
}
