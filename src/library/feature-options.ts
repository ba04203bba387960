import { resolve } from "node:path";
import { checkBySchema } from "../base/check.js";
import { ItamlError } from "../base/errors.js";
import { type Choice, type Chosen, createChosen } from "../base/part.js";
import * as z from "../base/schema.js";
import type { PortableOptions } from "../classifier/classifier-options.js";
import type { ClassifierFiles } from "../classifier/saved-classifier.js";
import { type ImageSettings, imageSettingsSchema } from "../data/image-settings.js";
import type { FrozenNetwork, FrozenOptions } from "../features/extractor.js";
import { extractors, featuresSchema } from "../features/index.js";
import type { mobilenetV3SmallExtractor } from "../features/mobilenet-v3-small.js";
import type { onnxFileExtractor } from "../features/onnx-file.js";

/** A frozen network whose features of pictures are learned: docs/configuration.md has all settings. */
export type FeatureSettings =
  | "mobilenet-v3-small"
  | `${string}.onnx`
  | Choice<typeof mobilenetV3SmallExtractor>
  | Omit<Choice<typeof onnxFileExtractor>, "name">;

/** What pictures are is the extractor's to say. */
const OF_PICTURES = ["inputShape", "inputType", "mean", "std", "augmentation"] as const;

/** Options of a classifier that stands on features of pictures. */
export interface FeatureOptions extends Omit<PortableOptions, (typeof OF_PICTURES)[number]> {
  readonly features: FeatureSettings;
}

/** The file of a saved classifier that says what its features are of. */
export const FEATURES_FILE = "features.json";

/** An extractor as it was chosen. */
export interface ChosenFeatures {
  readonly chosen: Chosen;
  readonly network: FrozenNetwork;
  /** How picture files become what it takes. Default: scaled to its size. */
  readonly images?: ImageSettings | undefined;
}

/** The same, opened. */
export interface OpenFeatures extends ChosenFeatures {
  /** Frees the network, where it isn't another's. */
  release(): Promise<void>;
}

/** @throws {ItamlError} INPUT_INVALID; WEIGHTS_MISSING, FILE_INVALID, CONFIG_INVALID, DEVICE_UNAVAILABLE */
export async function openFeatures(
  features: unknown,
  options: FrozenOptions,
  where: string,
): Promise<OpenFeatures> {
  const schema = z.strictObject({ features: featuresSchema(extractors) });
  const { features: chosen } = checkBySchema(schema, { features }, where, "INPUT_INVALID");
  const { model } = chosen;
  const placed = typeof model === "string" ? { ...chosen, model: resolve(model) } : chosen;
  const network = await createChosen(extractors, placed).open(options);
  return { chosen: placed, network, release: () => network.release() };
}

/**
 * The options of a classifier of feature vectors. By default the vectors are learned as they are, by ridge regression.
 *
 * @throws {ItamlError} INPUT_INVALID where something is said of pictures
 */
export function optionsOnFeatures(
  { features: _, ...options }: FeatureOptions,
  { featureSize }: FrozenNetwork,
): PortableOptions {
  const given = OF_PICTURES.find((key) => key in options);
  if (given !== undefined) {
    throw new ItamlError("INPUT_INVALID", `${given} beside features`, {
      where: "create",
      expected: "features alone: their network says which pictures it takes, and sees each once",
      remedy: `Leave ${given} out`,
    });
  }
  return {
    ...{ inputShape: [featureSize], inputType: "float32", network: "identity", learner: "ridge" },
    ...options,
  };
}

const savedSchema = z.strictObject({
  version: z.literal(1),
  features: z.looseObject({ name: z.string() }),
  /** Of the network, as a hash. */
  identity: z.string(),
  images: imageSettingsSchema.optional(),
});

export function encodeFeatures({ chosen, network, images }: ChosenFeatures): Uint8Array {
  const { identity } = network;
  const content: z.output<typeof savedSchema> = { version: 1, features: chosen, identity, images };
  return new TextEncoder().encode(`${JSON.stringify(content, undefined, 2)}\n`);
}

/**
 * Opens what a saved classifier stands on; undefined where that isn't features.
 *
 * @param elsewhere the same network, in place of where it was: settings, or opened by another, who frees it
 * @throws {ItamlError} FILE_INVALID where it is another network now; as {@link openFeatures}
 */
export async function openSavedFeatures(
  files: ClassifierFiles,
  elsewhere: unknown,
  options: FrozenOptions,
  where: string,
): Promise<OpenFeatures | undefined> {
  const bytes = files.get(FEATURES_FILE);
  if (!bytes) {
    if (elsewhere === undefined) return undefined;
    throw new ItamlError("INPUT_INVALID", "this classifier has not learned features", {
      where: "load: features",
      expected: "none",
    });
  }
  const { features, identity, images } = decoded(bytes, where);
  const opened = isOpen(elsewhere)
    ? { chosen: features, network: elsewhere, release: async () => {} }
    : await openFeatures(elsewhere ?? features, options, where);
  if (opened.network.identity === identity) return { ...opened, images };
  await opened.release();
  throw new ItamlError("FILE_INVALID", "the features are of another network than was learned", {
    where,
    expected: `the network with the hash ${identity}`,
    found: opened.network.identity,
    remedy: "Bring that back, or say where it is: load(folder, { features })",
  });
}

function isOpen(features: unknown): features is FrozenNetwork {
  return typeof (features as FrozenNetwork | undefined)?.features === "function";
}

function decoded(bytes: Uint8Array, where: string): z.output<typeof savedSchema> {
  try {
    return savedSchema.parse(JSON.parse(new TextDecoder().decode(bytes)));
  } catch (cause) {
    throw new ItamlError("FILE_INVALID", "not what features are of", { where }, { cause });
  }
}
