import { existsSync } from "node:fs";
import { join } from "node:path";
import { ItamlError } from "../base/errors.js";
import { type MatArray, readMat5 } from "../formats/mat5.js";
import { IMAGENET_STATISTICS } from "../samples/input-description.js";
import {
  concatenateSources,
  type Dataset,
  type LabelledSamples,
  samplesInMemory,
} from "../samples/samples.js";
import type { SampleSet } from "./dataset-descriptor.js";
import { missingFiles } from "./missing-files.js";
import { publishedFile } from "./published-file.js";

const FILES = {
  train: "train_32x32.mat",
  test: "test_32x32.mat",
  extra: "extra_32x32.mat",
} as const;

const SIDE = 32;
const CHANNELS = 3;
const CLASSES = 10;

/**
 * SVHN's cropped digits (Netzer et al.) from their MAT files in one folder.
 *
 * @param extra whether the additional samples belong to the training part
 * @throws {ItamlError} DATASET_MISSING, DATASET_INVALID
 */
export async function loadSvhn(
  folder: string,
  { extra = false }: { extra?: boolean } = {},
): Promise<Dataset> {
  const dataset = extra ? svhnExtra : svhn;
  const wanted = extra ? Object.values(FILES) : [FILES.train, FILES.test];
  const missing = wanted.filter((file) => !existsSync(join(folder, file)));
  if (missing.length > 0) {
    throw missingFiles(dataset, { folder }, missing);
  }
  // One after another: each file is large.
  const train = await readPart(join(folder, FILES.train));
  const test = await readPart(join(folder, FILES.test));
  return {
    name: dataset.name,
    classes: Array.from({ length: CLASSES }, (_, digit) => String(digit)),
    input: {
      shape: [CHANNELS, SIDE, SIDE],
      type: "uint8",
      ...IMAGENET_STATISTICS,
    },
    train: extra ? concatenate(train, await readPart(join(folder, FILES.extra))) : train,
    test,
  };
}

function concatenate(a: LabelledSamples, b: LabelledSamples): LabelledSamples {
  const labels = new Uint8Array(a.labels.length + b.labels.length);
  labels.set(a.labels);
  labels.set(b.labels, a.labels.length);
  return { source: concatenateSources([a.source, b.source]), labels };
}

async function readPart(file: string): Promise<LabelledSamples> {
  const variables = await readMat5(file);
  const fail = (where: string, summary: string, expected: string, found: string): never => {
    throw new ItamlError("DATASET_INVALID", summary, { where, expected, found });
  };
  const variable = (name: string): MatArray => {
    const names = [...variables.keys()].join(", ") || "none";
    return variables.get(name) ?? fail(file, "a variable is missing", name, names);
  };
  const { shape, data: images } = variable("X");
  const { shape: labelsShape, data: numbers } = variable("y");
  const count = shape[3];
  const size = shape.join(" × ");
  const expectedSize = [SIDE, SIDE, CHANNELS, count];
  if (!(images instanceof Uint8Array)) {
    return fail(`${file}, variable X`, "not images of SVHN", "uint8", "other numbers");
  }
  if (shape.length !== 4 || size !== expectedSize.join(" × ")) {
    fail(`${file}, variable X`, "not images of SVHN", `${SIDE} × ${SIDE} × ${CHANNELS} × N`, size);
  }
  if (labelsShape.length !== 2 || labelsShape[1] !== 1) {
    fail(`${file}, variable y`, "not labels", "N × 1", labelsShape.join(" × "));
  }
  if (labelsShape[0] !== count) {
    fail(
      `${file}, variable y`,
      "images and labels differ in number",
      `${count} labels, as X has images`,
      `${labelsShape[0]}`,
    );
  }
  const wrong = numbers.findIndex(
    (number) => !(Number.isInteger(number) && number >= 1 && number <= CLASSES),
  );
  if (wrong !== -1) {
    fail(
      `${file}, variable y, record ${wrong}`,
      "not the number of a digit",
      `1..${CLASSES}`,
      `${numbers[wrong]}`,
    );
  }
  transposePlanes(images);
  return {
    source: samplesInMemory(images, CHANNELS * SIDE * SIDE),
    // The digit 0 has the number 10.
    labels: Uint8Array.from(numbers, (number) => number % CLASSES),
  };
}

/** Turns columns into rows in each channel of each image, in place: MATLAB stores column by column. */
function transposePlanes(images: Uint8Array): void {
  for (let plane = 0; plane < images.length; plane += SIDE * SIDE) {
    for (let row = 1; row < SIDE; row++) {
      for (let column = 0; column < row; column++) {
        const a = plane + row * SIDE + column;
        const b = plane + column * SIDE + row;
        const pixel = images[a] as number;
        images[a] = images[b] as number;
        images[b] = pixel;
      }
    }
  }
}

const HOUSE_NUMBERS = "https://ufldl.stanford.edu/housenumbers/";

export const svhn: SampleSet = {
  kind: "samples",
  name: "svhn",
  title: "SVHN",
  description: "10 classes of digits of house numbers, 32×32 colour, 73,257 + 26,032 images",
  source: "Netzer et al. 2011",
  licence: "non-commercial use only",
  files: [
    publishedFile(`${HOUSE_NUMBERS}${FILES.train}`, 182040794, "e26dedcc434d2e4c54c9b2d4a06d8373"),
    publishedFile(`${HOUSE_NUMBERS}${FILES.test}`, 64275384, "eb5a983be6a315427106f1b164d9cef3"),
  ],
  contains: [FILES.train, FILES.test],
  load: (folder) => loadSvhn(folder),
};

export const svhnExtra: SampleSet = {
  ...svhn,
  name: "svhn-extra",
  title: "SVHN with its additional images",
  description: "svhn with 531,131 more training images, 604,388 + 26,032 images",
  files: [
    ...svhn.files,
    publishedFile(`${HOUSE_NUMBERS}${FILES.extra}`, 1329278602, "a93ce644f1a588dc4d68dda5feec44a7"),
  ],
  contains: [...svhn.contains, FILES.extra],
  load: (folder) => loadSvhn(folder, { extra: true }),
};
