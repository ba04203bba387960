import { existsSync, statSync } from "node:fs";
import { join } from "node:path";
import { ItamlError } from "../base/errors.js";
import { readFileOrThrow } from "../files/read-file.js";
import {
  concatenateSources,
  type Dataset,
  type LabelledSamples,
  type SampleSource,
  samplesInMemory,
} from "../samples/samples.js";
import { readClassList } from "./class-list.js";
import type { SampleSet } from "./dataset-descriptor.js";
import { missingFiles } from "./missing-files.js";
import { publishedFile } from "./published-file.js";

const SHAPE = [3, 32, 32];
const PIXELS = 3 * 32 * 32;
/** Bytes of a file; CIFAR-100's training part has 154 MB. */
const MAXIMUM_SIZE = 2 ** 28;

/** One of the two data sets as its authors' binary version has it. */
interface Format {
  readonly name: string;
  readonly title: string;
  readonly classes: number;
  /** The folder in the archive. */
  readonly folder: string;
  readonly train: readonly string[];
  readonly test: readonly string[];
  /** Class names, one a line. */
  readonly names: string;
  /** Bytes before a record's pixels; the last of them is the class. */
  readonly labelBytes: number;
  /** The folder in the archive of the Python version. */
  readonly pythonFolder: string;
}

const CIFAR10: Format = {
  name: "cifar10",
  title: "CIFAR-10",
  classes: 10,
  folder: "cifar-10-batches-bin",
  train: [1, 2, 3, 4, 5].map((batch) => `data_batch_${batch}.bin`),
  test: ["test_batch.bin"],
  names: "batches.meta.txt",
  labelBytes: 1,
  pythonFolder: "cifar-10-batches-py",
};

const CIFAR100: Format = {
  name: "cifar100",
  title: "CIFAR-100",
  classes: 100,
  folder: "cifar-100-binary",
  train: ["train.bin"],
  test: ["test.bin"],
  names: "fine_label_names.txt",
  labelBytes: 2,
  pythonFolder: "cifar-100-python",
};

/**
 * CIFAR-10 (Krizhevsky) from the files of its binary version, in a folder or in cifar-10-batches-bin there.
 *
 * @throws {ItamlError} DATASET_MISSING, DATASET_INVALID
 */
export async function loadCifar10(folder: string): Promise<Dataset> {
  return loadCifar(folder, CIFAR10);
}

/**
 * CIFAR-100 (Krizhevsky) with its fine classes, from the files of its binary version, in a folder or in
 * cifar-100-binary there.
 *
 * @throws {ItamlError} DATASET_MISSING, DATASET_INVALID
 */
export async function loadCifar100(folder: string): Promise<Dataset> {
  return loadCifar(folder, CIFAR100);
}

async function loadCifar(folder: string, format: Format): Promise<Dataset> {
  const root = findRoot(folder, format);
  const namesFile = join(root, format.names);
  const names = existsSync(namesFile) ? await readClassList(namesFile) : undefined;
  const train = await readPart(root, format.train, format, {
    count: Math.min(names?.length ?? format.classes, format.classes),
    whose: names ? `the names in ${format.names}` : `the classes of ${format.title}`,
  });
  const trained = Array.from(train.labels).reduce((a, b) => Math.max(a, b)) + 1;
  const test = await readPart(root, format.test, format, {
    count: trained,
    whose: "the labels of the training part",
  });
  return {
    name: format.name,
    classes: names ?? Array.from({ length: trained }, (_, label) => String(label)),
    input: {
      shape: SHAPE,
      type: "uint8",
      mean: [0.5071, 0.4867, 0.4408],
      std: [0.2675, 0.2565, 0.2761],
    },
    train,
    test,
  };
}

function findRoot(folder: string, format: Format): string {
  const inside = join(folder, format.folder);
  const root = existsSync(inside) ? inside : folder;
  const missing = [...format.train, ...format.test].filter((name) => !existsSync(join(root, name)));
  if (missing.length === 0) return root;
  const python =
    existsSync(join(folder, format.pythonFolder)) ||
    missing.some((name) => isFile(join(root, name.replace(".bin", ""))));
  const found = python ? "the Python version; the binary version is read" : undefined;
  throw missingFiles(format, { folder, root }, missing, found);
}

function isFile(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isFile() ?? false;
}

/** Reads records, label bytes and pixels, and checks that their labels are 0..count − 1. */
async function readPart(
  root: string,
  names: readonly string[],
  format: Format,
  known: { count: number; whose: string },
): Promise<LabelledSamples> {
  const { labelBytes } = format;
  const stride = labelBytes + PIXELS;
  const labels: number[] = [];
  const sources: SampleSource[] = [];
  for (const name of names) {
    const file = join(root, name);
    const bytes = await readFileOrThrow(file, "DATASET_MISSING", MAXIMUM_SIZE);
    if (bytes.length === 0 || bytes.length % stride !== 0) {
      throw new ItamlError("DATASET_INVALID", `not whole records of ${format.title}`, {
        where: file,
        expected: `a multiple of ${stride} bytes`,
        found: bytes.length === 0 ? "an empty file" : `${bytes.length}`,
        remedy: "Get the file again",
      });
    }
    for (let at = labelBytes - 1; at < bytes.length; at += stride) {
      const label = bytes[at] as number;
      if (label >= known.count) {
        throw new ItamlError("DATASET_INVALID", "the label is not a class", {
          where: `${file}, record ${Math.floor(at / stride)}`,
          expected: `0..${known.count - 1}, ${known.whose}`,
          found: `${label}`,
        });
      }
      labels.push(label);
    }
    sources.push(samplesInMemory(bytes, PIXELS, { offset: labelBytes, stride }));
  }
  return { source: concatenateSources(sources), labels };
}

/** What the two have in common. */
const KRIZHEVSKY = {
  kind: "samples",
  source: "Krizhevsky 2009",
  licence: "none stated; free for research by custom",
} as const;

export const cifar10: SampleSet = {
  ...KRIZHEVSKY,
  name: CIFAR10.name,
  title: CIFAR10.title,
  description: "10 classes of animals and vehicles, 32×32 colour, 50,000 + 10,000 images",
  files: [
    {
      ...publishedFile(
        "https://www.cs.toronto.edu/~kriz/cifar-10-binary.tar.gz",
        170052171,
        "c32a1d4ab5d03f1284b67883e8d87530",
      ),
      archive: { strip: 1 },
    },
  ],
  contains: [...CIFAR10.train, ...CIFAR10.test],
  within: CIFAR10.folder,
  load: loadCifar10,
};

export const cifar100: SampleSet = {
  ...KRIZHEVSKY,
  name: CIFAR100.name,
  title: CIFAR100.title,
  description: "100 classes of animals and things, 32×32 colour, 50,000 + 10,000 images",
  files: [
    {
      ...publishedFile(
        "https://www.cs.toronto.edu/~kriz/cifar-100-binary.tar.gz",
        168513733,
        "03b5dce01913d631647c71ecec9e9cb8",
      ),
      archive: { strip: 1 },
    },
  ],
  contains: [...CIFAR100.train, ...CIFAR100.test],
  within: CIFAR100.folder,
  load: loadCifar100,
};
