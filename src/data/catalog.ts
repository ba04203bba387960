import { resolve } from "node:path";
import { ItamlError, nearestName } from "../errors.js";
import type { RemoteFile } from "./download.js";
import type { Dataset } from "./samples.js";

/** A data set by name: what it is, where it comes from, how it is loaded. */
export interface DatasetEntry {
  readonly name: string;
  readonly description: string;
  readonly source: string;
  readonly licence: string;
  /** What `data fetch` gets; none where the data set is built in. */
  readonly files: readonly RemoteFile[];
  load(folder: string): Promise<Dataset>;
}

const MNIST_MIRRORS = [
  "https://ossci-datasets.s3.amazonaws.com/mnist/",
  "https://storage.googleapis.com/cvdf-datasets/mnist/",
];

function mnistFile(name: string, sha256: string): RemoteFile {
  return {
    name: `${name}.gz`,
    urls: MNIST_MIRRORS.map((mirror) => `${mirror}${name}.gz`),
    sha256OfContent: sha256,
  };
}

export const DATASETS: readonly DatasetEntry[] = [
  {
    name: "strokes",
    description: "10 classes of drawn digits, 28×28 grey, 6,000 + 1,000 images",
    source: "built in, drawn by code from a seed",
    licence: "Apache-2.0",
    files: [],
    load: async () => (await import("./strokes.js")).makeStrokes(),
  },
  {
    name: "mnist",
    description: "10 classes of handwritten digits, 28×28 grey, 60,000 + 10,000 images",
    source: "LeCun, Cortes, Burges",
    licence: "CC BY-SA 3.0",
    files: [
      mnistFile(
        "train-images-idx3-ubyte",
        "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
      ),
      mnistFile(
        "train-labels-idx1-ubyte",
        "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5",
      ),
      mnistFile(
        "t10k-images-idx3-ubyte",
        "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7",
      ),
      mnistFile(
        "t10k-labels-idx1-ubyte",
        "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2",
      ),
    ],
    load: async (folder) => (await import("./mnist.js")).loadMnist(folder),
  },
];

/** @throws {ItamlError} DATASET_UNKNOWN with the nearest name */
export function findDataset(name: string): DatasetEntry {
  const found = DATASETS.find((entry) => entry.name === name);
  if (found) return found;
  const names = DATASETS.map((entry) => entry.name);
  const nearest = nearestName(name, names);
  throw new ItamlError("DATASET_UNKNOWN", `there is no data set "${name}"`, {
    ...(nearest ? { remedy: `Did you mean "${nearest}"` } : { expected: names.join(", ") }),
  });
}

/** Where a data set is looked for: the folder given, or data/NAME here. */
export function datasetFolder(name: string, folder?: string): string {
  return resolve(folder ?? `data/${name}`);
}
