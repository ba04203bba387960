import { ItamlError } from "../base/errors.js";
import { findLocal, type RemoteFile } from "../files/download.js";
import { readIdxFile } from "../formats/idx.js";
import { type Dataset, type LabelledSamples, samplesInMemory } from "../samples/samples.js";
import type { SampleSet } from "./dataset-descriptor.js";
import { missingFiles } from "./missing-files.js";

const FILES = {
  train: ["train-images-idx3-ubyte", "train-labels-idx1-ubyte"],
  test: ["t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte"],
} as const;

const SIDE = 28;
const CLASSES = 10;

/**
 * MNIST (LeCun, Cortes, Burges) from its four idx files, plain or .gz, in one folder.
 *
 * @throws {ItamlError} DATASET_MISSING, DATASET_INVALID
 */
export async function loadMnist(folder: string): Promise<Dataset> {
  const missing = Object.values(FILES)
    .flat()
    .filter((name) => findFile(folder, name) === undefined);
  if (missing.length > 0) {
    const names = missing.map((name) => `${name}[.gz]`);
    throw missingFiles(mnist, { folder }, names);
  }
  return {
    name: mnist.name,
    classes: Array.from({ length: CLASSES }, (_, digit) => String(digit)),
    input: { shape: [1, SIDE, SIDE], type: "uint8", mean: [0.1307], std: [0.3081] },
    train: await readPart(folder, ...FILES.train),
    test: await readPart(folder, ...FILES.test),
  };
}

function findFile(folder: string, name: string): string | undefined {
  return findLocal(folder, `${name}.gz`);
}

async function readPart(
  folder: string,
  imagesName: string,
  labelsName: string,
): Promise<LabelledSamples> {
  const imagesFile = findFile(folder, imagesName) as string;
  const labelsFile = findFile(folder, labelsName) as string;
  const images = await readIdxFile(imagesFile);
  const labels = await readIdxFile(labelsFile);
  const fail = (where: string, summary: string, expected: string, found: string): never => {
    throw new ItamlError("DATASET_INVALID", summary, { where, expected, found });
  };
  const [count, height, width] = images.shape;
  if (images.shape.length !== 3 || height !== SIDE || width !== SIDE) {
    fail(imagesFile, "not images of MNIST", `N × ${SIDE} × ${SIDE}`, images.shape.join(" × "));
  }
  if (labels.shape.length !== 1) {
    fail(labelsFile, "not labels", "one dimension", labels.shape.join(" × "));
  }
  if (labels.shape[0] !== count) {
    fail(
      labelsFile,
      "images and labels differ in number",
      `${count} labels, as ${imagesFile} has images`,
      `${labels.shape[0]}`,
    );
  }
  const wrong = labels.data.findIndex((label) => label >= CLASSES);
  if (wrong !== -1) {
    fail(`${labelsFile}, record ${wrong}`, "not a digit", "0..9", `${labels.data[wrong]}`);
  }
  return { source: samplesInMemory(images.data, SIDE * SIDE), labels: labels.data };
}

const MIRRORS = [
  "https://ossci-datasets.s3.amazonaws.com/mnist/",
  "https://storage.googleapis.com/cvdf-datasets/mnist/",
];

/** Mirrors have packed it differently: its content has the published checksum. */
function packed(name: string, bytes: number, sha256: string): RemoteFile {
  return {
    name: `${name}.gz`,
    urls: MIRRORS.map((mirror) => `${mirror}${name}.gz`),
    bytes,
    checksum: { algorithm: "sha256", hash: sha256, of: "content" },
  };
}

export const mnist: SampleSet = {
  kind: "samples",
  name: "mnist",
  title: "MNIST",
  description: "10 classes of handwritten digits, 28×28 grey, 60,000 + 10,000 images",
  source: "LeCun, Cortes, Burges",
  licence: "CC BY-SA 3.0",
  files: [
    packed(
      FILES.train[0],
      9912422,
      "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
    ),
    packed(
      FILES.train[1],
      28881,
      "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5",
    ),
    packed(
      FILES.test[0],
      1648877,
      "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7",
    ),
    packed(FILES.test[1], 4542, "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2"),
  ],
  contains: [...FILES.train, ...FILES.test].map((name) => `${name}.gz`),
  load: loadMnist,
};
