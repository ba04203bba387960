import { ItamlError } from "../base/errors.js";
import type { ImageSettings } from "../data/image-settings.js";
import { imageSource } from "../data/image-source.js";

import type { Dataset, LabelledSamples } from "../samples/samples.js";
import type { FrozenNetwork } from "./extractor.js";
import {
  contentOfFiles,
  type FeatureHooks,
  FeatureSource,
  filesFor,
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

/** Features of other picture files; `given` says how they are decoded, where it isn't as usual. */
export function featuresOfFiles(
  files: readonly string[],
  network: FrozenNetwork,
  given?: ImageSettings | undefined,
): FeatureSource {
  const { settings, reading } = filesFor(network, given);
  const source = imageSource(files, { ...reading, broken: "error" });
  return new FeatureSource(source, settings, contentOfFiles(files));
}
