import { ItamlError } from "../base/errors.js";
import { elementCount } from "../graph/shape.js";
import { allFinite } from "../model/model.js";
import type { InputDescription } from "../samples/input-description.js";
import {
  allocateSamples,
  type Dataset,
  type SampleData,
  type SampleSource,
} from "../samples/samples.js";
import { decodeSafetensors, encodeSafetensors } from "../storage/safetensors.js";
import type { DatasetDescriptor } from "./dataset-descriptor.js";
import { imageSource, type PictureReader, pictureReader, pictureSource } from "./image-source.js";
import { augmentedSamples, imageSettings, type LoadOptions } from "./load-dataset.js";

/**
 * Training samples as they are before they are varied, by names: `I` is the sample with index I of the data set, and of
 * a picture [height, width, 3], scaled as for training; `I.test` is one that is scaled otherwise in tests.
 */
export type KeptSamples = ReadonlyMap<
  string,
  { readonly data: SampleData; readonly shape: readonly number[] }
>;

const FORMAT = "itaml-samples-1";

export function encodeKeptSamples(samples: KeptSamples): Uint8Array {
  return encodeSafetensors(samples, { format: FORMAT });
}

/**
 * @param file its name, for messages
 * @throws {ItamlError} FILE_INVALID
 */
export function decodeKeptSamples(bytes: Uint8Array, file: string): KeptSamples {
  const { tensors, metadata } = decodeSafetensors(bytes, file);
  const isKept = [...tensors.values()].every(
    ({ data }) => data instanceof Uint8Array || (data instanceof Float32Array && allFinite(data)),
  );
  if (isKept && metadata.format === FORMAT) return tensors as KeptSamples;
  throw new ItamlError("FILE_INVALID", "not samples of a run", {
    where: file,
    expected: `format ${FORMAT}, with pixels or finite numbers`,
    found: String(metadata.format),
  });
}

/** How a data set's samples are made, without the data set. */
type SampleSettings = Pick<LoadOptions, "augmentation" | "seed" | "images">;

/** Takes training samples out of a data set; pictures that can't be read are left out. */
export async function keepSamples(
  entry: DatasetDescriptor,
  { train: { source, files }, input }: Dataset,
  indices: readonly number[],
  settings: SampleSettings,
): Promise<KeptSamples> {
  const kept = new Map<string, { data: SampleData; shape: readonly number[] }>();
  if (entry.kind === "images" && files) {
    const options = imageSettings(entry.name, settings);
    const readPicture = pictureReader(files, options);
    for (const { side, name } of sidesOf(options.resize)) {
      const pictures = await Promise.all(indices.map((index) => readPicture(index, side)));
      for (const [i, picture] of pictures.entries()) {
        if (!picture) continue;
        const { data, height, width, channels } = picture;
        kept.set(name(indices[i] as number), { data, shape: [height, width, channels] });
      }
    }
    return kept;
  }
  for (const index of indices) {
    const data = allocateSamples(source, 1);
    await source.read([index], data);
    kept.set(String(index), { data, shape: input.shape });
  }
  return kept;
}

/**
 * The training samples of a data set of which some are kept, under the indices that they have there.
 *
 * @param find what is kept of the sample with this index
 */
export function keptSource(
  entry: DatasetDescriptor,
  find: (index: number) => Promise<KeptSamples>,
  input: InputDescription,
  settings: SampleSettings,
): SampleSource {
  // Of features vectors are kept.
  if (entry.kind === "images" && input.shape.length === 3) {
    const options = imageSettings(entry.name, settings);
    const sides = sidesOf(options.resize);
    const readPicture: PictureReader = async (index, side) => {
      const name = sides.find((one) => one.side === side)?.name(index) as string;
      const found = (await find(index)).get(name);
      if (!found) return undefined;
      const [height, width, channels] = found.shape as [number, number, number];
      if (found.shape.length !== 3 || channels !== 3)
        throw unfit(name, "[height, width, 3]", found);
      return { ...{ data: found.data as Uint8Array, height, width, channels }, planar: false };
    };
    return pictureSource(Number.MAX_SAFE_INTEGER, readPicture, options);
  }
  const sampleSize = elementCount(input.shape);
  const stored: SampleSource = {
    ...{ length: Number.MAX_SAFE_INTEGER, sampleSize, type: input.type },
    async read(indices, target) {
      const unreadable: number[] = [];
      for (const [position, index] of indices.entries()) {
        const found = (await find(index)).get(String(index));
        if (!found) {
          unreadable.push(position);
          continue;
        }
        if (found.shape.join() !== input.shape.join()) {
          throw unfit(String(index), `[${input.shape.join(", ")}]`, found);
        }
        target.set(found.data, position * sampleSize);
      }
      return unreadable;
    },
  };
  return augmentedSamples(stored, input, settings);
}

function unfit(name: string, expected: string, { shape }: { shape: readonly number[] }) {
  const found = `[${shape.join(", ")}]`;
  return new ItamlError("FILE_INVALID", "a kept sample is none of this data set", {
    ...{ where: `sample ${name}`, expected, found },
  });
}

/** Other picture files, as the test pictures are. */
export function openPictures(
  entry: DatasetDescriptor,
  files: readonly string[],
  settings: SampleSettings,
): SampleSource | undefined {
  if (entry.kind !== "images") return undefined;
  return imageSource(files, { ...imageSettings(entry.name, settings), broken: "error" });
}

/** The sides to which pictures are scaled, and what a sample is called with each. */
function sidesOf({ training, test }: { readonly training: number; readonly test: number }) {
  const inTraining = { side: training, name: (index: number) => String(index) };
  if (test === training) return [inTraining];
  return [inTraining, { side: test, name: (index: number) => `${index}.test` }];
}
