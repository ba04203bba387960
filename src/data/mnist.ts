import { existsSync } from "node:fs";
import { join } from "node:path";
import { ItamlError } from "../base/errors.js";
import { readIdxFile } from "../formats/idx.js";
import { type Dataset, type LabelledSamples, samplesInMemory } from "../samples/samples.js";
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
    throw missingFiles({ title: "MNIST", name: "mnist" }, { folder }, names);
  }
  return {
    name: "mnist",
    classes: Array.from({ length: CLASSES }, (_, digit) => String(digit)),
    input: { shape: [1, SIDE, SIDE], type: "uint8", mean: [0.1307], std: [0.3081] },
    train: await readPart(folder, ...FILES.train),
    test: await readPart(folder, ...FILES.test),
  };
}

function findFile(folder: string, name: string): string | undefined {
  return [`${name}.gz`, name].map((file) => join(folder, file)).find(existsSync);
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
