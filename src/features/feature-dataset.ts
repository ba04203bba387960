import { ItamlError } from "../base/errors.js";
import { limiter } from "../base/limiter.js";
import { readImage } from "../data/image.js";
import type { Dataset, LabelledSamples, SampleSource } from "../samples/samples.js";
import type { FrozenNetwork } from "./extractor.js";
import {
  contentOfFiles,
  type FeatureHooks,
  FeatureSource,
  type PictureSettings,
} from "./feature-source.js";

/** A data set of feature vectors, which stand for pictures. */
export interface FeatureDataset extends Dataset {
  /** Makes sure that the features of these samples are here, with progress. */
  prepare(train: readonly number[], test: readonly number[], hooks: FeatureHooks): Promise<void>;
}

/**
 * The features of a data set's pictures in their place. Nothing is computed before it is read, or prepared.
 *
 * @param decoding what the pixels of picture files depend on beside their shape
 * @throws {ItamlError} CONFIG_INVALID where its samples are no pictures
 */
export function featureDataset(
  dataset: Dataset,
  network: FrozenNetwork,
  decoding?: unknown,
): FeatureDataset {
  const { input } = dataset;
  const [channels] = input.shape;
  if (input.type !== "uint8" || input.shape.length !== 3 || (channels !== 1 && channels !== 3)) {
    throw new ItamlError("CONFIG_INVALID", "only pictures have features", {
      where: "features",
      expected: "samples of 1 or 3 channels × height × width, in bytes",
      found: `${input.type} ${input.shape.join(" × ")} in ${dataset.name}`,
      remedy: "Leave features out",
    });
  }
  const settings: PictureSettings = { network, input, decoding };
  const part = ({ source, labels, files }: LabelledSamples) => ({
    source: new FeatureSource(source, settings, files && contentOfFiles(files)),
    labels,
  });
  const [train, test] = [part(dataset.train), part(dataset.test)];
  return {
    ...dataset,
    ...{ train, test },
    input: { shape: [network.featureSize], type: "float32", mean: [0], std: [1] },
    async prepare(ofTrain, ofTest, { onFeatures, ...hooks }) {
      const total = ofTrain.length + ofTest.length;
      const from = (before: number) => ({
        ...hooks,
        onFeatures: ({ done, total: own }: { done: number; total: number }) =>
          onFeatures?.({ done: before - own + done, total }),
      });
      await train.source.prepare(ofTrain, from(ofTrain.length));
      await test.source.prepare(ofTest, from(total));
    },
  };
}

/**
 * Features of other picture files.
 *
 * @param pictures them as square samples, and what their pixels depend on. Default: scaled to the size that the network takes
 */
export function featuresOfFiles(
  files: readonly string[],
  network: FrozenNetwork,
  pictures?: { readonly source: SampleSource; readonly size: number; readonly decoding: unknown },
): FeatureSource {
  const side = pictures?.size ?? network.size;
  const input = { shape: [3, side, side], type: "uint8", mean: [0], std: [1] } as const;
  const source = pictures?.source ?? scaledImages(files, input.shape);
  const decoding = pictures?.decoding ?? "scaled";
  return new FeatureSource(source, { network, input, decoding }, contentOfFiles(files));
}

/** Picture files as samples of a set that has none, scaled to its size. */
function scaledImages(files: readonly string[], shape: readonly number[]): SampleSource {
  const inTurn = limiter(16);
  const sampleSize = shape.reduce((product, side) => product * side, 1);
  return {
    ...{ length: files.length, sampleSize, type: "uint8" },
    async read(indices, target) {
      await Promise.all(
        indices.map((index, position) =>
          inTurn(async () => {
            const picture = await readImage(files[index] as string, shape, { resize: true });
            target.set(picture, position * sampleSize);
          }),
        ),
      );
      return [];
    },
  };
}
