import { ItamlError } from "../base/errors.js";
import { elementCount } from "../graph/shape.js";
import type { Augmentation } from "../samples/augmentation.js";
import { augmentedSource } from "../samples/augmented-source.js";
import type { InputDescription } from "../samples/input-description.js";
import type { Dataset, LabelledSamples, SampleSource } from "../samples/samples.js";
import { readClassList } from "./class-list.js";
import type { DatasetDescriptor, ImageSet } from "./dataset-descriptor.js";
import type { LabelledFiles } from "./image-files.js";
import type { ImageSettings } from "./image-settings.js";
import { type ImageSourceOptions, imageSource } from "./image-source.js";
import { leftOutNotes } from "./left-out.js";
import type { Split } from "./split.js";

export interface LoadOptions {
  readonly augmentation: Augmentation;
  /** Of the augmentation. */
  readonly seed: number;
  /** In place of the data set's own. */
  readonly normalization?: Pick<InputDescription, "mean" | "std"> | undefined;
  /** Of picture files, as are the next two. */
  readonly images?: ImageSettings | undefined;
  readonly split?: Split | undefined;
  /** A file with the names of the classes to take, one a line. */
  readonly classes?: string | undefined;
}

/**
 * A data set, ready for training with augmentation.
 *
 * @param entry its descriptor, whoever wrote it
 * @throws {ItamlError} DATASET_MISSING, DATASET_INVALID, CONFIG_INVALID
 */
export async function loadDataset(
  entry: DatasetDescriptor,
  folder: string,
  options: LoadOptions,
): Promise<Dataset> {
  const dataset =
    entry.kind === "images"
      ? await loadImages(entry, folder, options)
      : augmented(await entry.load(folder), refuseImageOptions(entry.name, options));
  refuseUnsound(dataset, entry.name);
  const input = { ...dataset.input, ...options.normalization };
  const channels = input.shape[0] as number;
  const wrong = [input.mean, input.std].find(({ length }) => length !== 1 && length !== channels);
  if (wrong) {
    throw new ItamlError("CONFIG_INVALID", "not one number for each channel", {
      where: "normalization",
      expected: `1 or ${channels} numbers`,
      found: String(wrong.length),
    });
  }
  return { ...dataset, input };
}

/** What a descriptor from outside has read is as sound as what comes with the program. */
function refuseUnsound({ classes, input, train, test }: Dataset, name: string): void {
  const size = elementCount(input.shape);
  for (const [part, { source, labels }] of Object.entries({ train, test })) {
    const fail = (expected: string, found: string): never => {
      throw new ItamlError("DATASET_INVALID", "not sound samples", {
        ...{ where: `${name}, ${part}`, expected, found },
      });
    };
    if (source.sampleSize !== size || source.type !== input.type) {
      fail(`${size} values of ${input.type}`, `${source.sampleSize} of ${source.type}`);
    }
    if (labels.length !== source.length) {
      fail(`${source.length} labels, as there are samples`, `${labels.length}`);
    }
    for (let i = 0; i < labels.length; i++) {
      const label = labels[i] as number;
      if (Number.isInteger(label) && label >= 0 && label < classes.length) continue;
      fail(`labels 0..${classes.length - 1}`, `${label}, of sample ${i}`);
    }
  }
}

async function loadImages(entry: ImageSet, folder: string, options: LoadOptions): Promise<Dataset> {
  const settings = imageSettings(entry.name, options);
  refuseFrame(settings);
  const { split, classes } = options;
  const listed = await entry.list(folder, {
    ...(split && { split }),
    ...(classes !== undefined && { classes: await readClassList(classes) }),
  });
  const samples = ({ files, labels }: LabelledFiles): LabelledSamples => ({
    source: imageSource(files, settings),
    ...{ labels, files },
  });
  const { size } = settings;
  return {
    name: entry.name,
    classes: listed.classes,
    input: { shape: [3, size, size], type: "uint8", mean: entry.mean, std: entry.std },
    train: samples(listed.train),
    test: samples(listed.test),
    notes: leftOutNotes(listed.leftOut, folder),
  };
}

/**
 * How the pictures of a set become samples.
 *
 * @throws {ItamlError} CONFIG_INVALID where nothing says how large they are to be
 */
export function imageSettings(
  name: string,
  { augmentation, seed, images }: Pick<LoadOptions, "augmentation" | "seed" | "images">,
): ImageSourceOptions {
  if (images?.size === undefined) {
    throw new ItamlError("CONFIG_INVALID", "pictures need a size", {
      where: "images",
      expected: `images: { size: 112 }, or another size, for ${name}`,
      found: "nothing",
    });
  }
  const { size, background, broken, resize = size, testResize = resize } = images;
  return {
    ...{ size, background, augmentation, seed, broken },
    resize: { training: resize, test: testResize },
  };
}

/** A crop larger than the picture would have a black frame, in training or in tests alone. */
function refuseFrame({ size, resize }: ImageSourceOptions): void {
  const least = Math.min(resize.training, resize.test);
  if (size <= least) return;
  throw new ItamlError("CONFIG_INVALID", "pictures are scaled to less than is taken of them", {
    where: "images",
    expected: `resize and testResize of at least ${size}, the size`,
    found: String(least),
    remedy: "Set images.resize and images.testResize, too, or leave them out",
  });
}

function augmented(dataset: Dataset, options: LoadOptions): Dataset {
  const { source, labels } = dataset.train;
  return {
    ...dataset,
    train: { source: augmentedSamples(source, dataset.input, options), labels },
  };
}

/**
 * Samples that are varied as training samples are.
 *
 * @throws {ItamlError} CONFIG_INVALID where they can't be
 */
export function augmentedSamples(
  source: SampleSource,
  { shape, type }: InputDescription,
  { augmentation, seed }: Pick<LoadOptions, "augmentation" | "seed">,
): SampleSource {
  if (Object.keys(augmentation).length === 0) return source;
  const [, height, width] = shape;
  if (shape.length !== 3 || height !== width || type !== "uint8") {
    throw new ItamlError("CONFIG_INVALID", "only square pictures can be augmented", {
      where: "augmentation",
      found: `samples of ${shape.join(" × ")}`,
    });
  }
  return augmentedSource(source, width as number, augmentation, seed);
}

function refuseImageOptions(name: string, options: LoadOptions): LoadOptions {
  const key = (["images", "split", "classes"] as const).find(
    (option) => options[option] !== undefined,
  );
  if (key === undefined) return options;
  throw new ItamlError("CONFIG_INVALID", `${key} is for sets of picture files`, {
    where: key,
    expected: `no ${key} for ${name}`,
  });
}
