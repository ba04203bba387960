import { existsSync } from "node:fs";
import { realpath } from "node:fs/promises";
import { join, resolve } from "node:path";
import { orRelease } from "../base/or-release.js";
import * as z from "../base/schema.js";
import { threads as threadCount } from "../base/settings.js";
import { Turns } from "../base/turns.js";
import { checkInput } from "../classifier/check-input.js";
import { type PortableOptions, portableOptionsSchema } from "../classifier/classifier-options.js";
import {
  type ClassifierParts,
  IncrementalClassifier as PortableClassifier,
} from "../classifier/incremental-classifier.js";
import { CLASSIFIER_FILES, type ClassifierFiles } from "../classifier/saved-classifier.js";
import type { FrozenNetwork } from "../features/extractor.js";
import { joinedOnnx } from "../features/joined-onnx.js";
import { writeFileAtomically } from "../files/atomic-file.js";
import { readWhole, refuseOthers, writeFolderAtomically } from "../files/atomic-folder.js";
import { readFileOrThrow } from "../files/read-file.js";
import type { LearnHooks } from "../model/progress.js";
import { createOnnxRuntime, type OnnxRuntimeOptions } from "../runtime/node/onnxruntime-node.js";
import { DEVICES } from "../runtime/runtime.js";
import type { InputDescription } from "../samples/input-description.js";
import type { SampleData } from "../samples/samples.js";
import {
  encodeFeatures,
  FEATURES_FILE,
  type FeatureOptions,
  type FeatureSettings,
  type OpenFeatures,
  openFeatures,
  openSavedFeatures,
  optionsOnFeatures,
} from "./feature-options.js";
import { PictureFeatures } from "./picture-features.js";
import { arePictures, type Pictures, readPictures } from "./pictures.js";

/** A classifier of samples, or of pictures by their features. */
export type ClassifierOptions = OnnxRuntimeOptions &
  ((PortableOptions & { readonly features?: undefined }) | FeatureOptions);

/** What is loaded, and where it runs. */
export interface LoadOptions
  extends Pick<PortableOptions, "network" | "parts">,
    OnnxRuntimeOptions {
  /**
   * The network that features are of, where it isn't where it was; another one is refused. One that is opened already stays
   * the caller's to release.
   */
  readonly features?: FeatureSettings | FrozenNetwork | undefined;
}

const { network, parts } = portableOptionsSchema.shape;
const features = z.unknown().optional();
const machine = {
  device: z.enum(DEVICES).optional(),
  threads: threadCount.optional(),
};
const optionsSchema = portableOptionsSchema.extend(machine);
const featureOptionsSchema = portableOptionsSchema.partial().extend({ ...machine, features });
const loadSchema = z.strictObject({ network, parts, features, ...machine });

/** A classifier that is taught new classes, on this machine and its disk. */
export class IncrementalClassifier extends PortableClassifier<Pictures> {
  readonly #writes = new Turns();
  readonly #features: OpenFeatures | undefined;
  readonly #pictures: PictureFeatures | undefined;
  #freed: Promise<void> | undefined;

  private constructor(parts: ClassifierParts, features?: OpenFeatures | undefined) {
    super(parts);
    this.#features = features;
    this.#pictures = features && new PictureFeatures(features.network, features.images);
  }

  /**
   * A classifier that knows nothing yet.
   *
   * @throws {ItamlError} DEVICE_UNAVAILABLE; INPUT_INVALID with the option; GRAPH_INVALID where the network can't be one
   *   for such samples; WEIGHTS_MISSING, FILE_INVALID, CONFIG_INVALID where the network of `features` can't be opened
   */
  static override async create(options: ClassifierOptions): Promise<IncrementalClassifier> {
    if (options?.features !== undefined) return IncrementalClassifier.#onFeatures(options);
    checkInput(optionsSchema, options, "create");
    const { device, threads, features: _, ...portable } = options;
    const runtime = createOnnxRuntime({ device, threads });
    return new IncrementalClassifier(await PortableClassifier.newParts({ ...portable, runtime }));
  }

  static async #onFeatures(
    options: FeatureOptions & OnnxRuntimeOptions,
  ): Promise<IncrementalClassifier> {
    checkInput(featureOptionsSchema, options, "create");
    const { device, threads, ...others } = options;
    const runtime = createOnnxRuntime({ device, threads });
    const how = { device: runtime.device, threads };
    return IncrementalClassifier.#with(
      await openFeatures(others.features, how, "create"),
      ({ network: frozen }) =>
        PortableClassifier.newParts({ ...optionsOnFeatures(others, frozen), runtime }),
    );
  }

  /** A classifier on features, whose network is freed where there can't be one. */
  static async #with(
    features: OpenFeatures,
    make: (features: OpenFeatures) => Promise<ClassifierParts>,
  ): Promise<IncrementalClassifier> {
    return orRelease(
      features,
      async () => new IncrementalClassifier(await make(features), features),
    );
  }

  /**
   * Reads what {@link toFiles} gave.
   *
   * @param options the network and the parts, where they were the application's own; the device
   * @throws {ItamlError} as {@link load}
   */
  static override fromFiles(
    files: ClassifierFiles,
    options: LoadOptions = {},
  ): Promise<IncrementalClassifier> {
    return IncrementalClassifier.#open(files, options);
  }

  /**
   * Reads what {@link save} wrote.
   *
   * @param options the network and the parts, where they were the application's own; the device
   * @throws {ItamlError} FILE_INVALID where a file is missing, damaged or doesn't fit the others; INPUT_INVALID,
   *   GRAPH_INVALID where the network is missing or can't be one for such samples; DEVICE_UNAVAILABLE
   */
  static async load(folder: string, options: LoadOptions = {}): Promise<IncrementalClassifier> {
    const files = await readClassifier(folder);
    return IncrementalClassifier.#open(files, options, (name) => join(folder, name));
  }

  /** With the name and the hash of the network that features are of, if any; not the network. */
  override async toFiles(): Promise<Map<string, Uint8Array>> {
    const files = await super.toFiles();
    if (this.#features) files.set(FEATURES_FILE, encodeFeatures(this.#features));
    return files;
  }

  /** On features one file from picture to label, as `itaml export` writes it. */
  override async toOnnx(): Promise<Uint8Array> {
    const model = await super.toOnnx();
    return this.#features ? joinedOnnx(this.#features.network.toOnnx(), model) : model;
  }

  override release(): Promise<void> {
    this.#freed ??= super.release().then(() => this.#features?.release());
    return this.#freed;
  }

  /**
   * Writes everything to a folder, which {@link load} reads; one that was saved before is replaced as a whole. While a task is
   * taught, that is what was known before it.
   *
   * @throws {ItamlError} DISK_FULL, NOT_WRITABLE, also where the folder holds anything else, RELEASED. What was there
   *   before is there still
   */
  async save(folder: string): Promise<void> {
    const files = await this.toFiles();
    await this.#writes.next(async () => {
      // Where it is a link, what it leads to is replaced.
      const place = await realpath(folder).catch(() => resolve(folder));
      await writeFolderAtomically(place, Object.fromEntries(files), isFile);
    });
  }

  /**
   * Writes the base model as an ONNX file with the labels in its metadata (see docs/library.md).
   *
   * @throws {ItamlError} DISK_FULL, NOT_WRITABLE; INPUT_INVALID where nothing was learned yet; RELEASED
   */
  async exportOnnx(file: string): Promise<void> {
    const bytes = await this.toOnnx();
    await this.#writes.next(() => writeFileAtomically(file, bytes));
  }

  /** Pictures are decoded after the call, in its turn. */
  protected override take(
    images: unknown,
    input: InputDescription,
    where: string,
    hooks?: LearnHooks,
  ): SampleData | Promise<SampleData> {
    if (!arePictures(images, input)) return super.take(images, input, where);
    const read = this.#pictures?.of(images, where, hooks) ?? readPictures(images, input, where);
    // Where it fails, the call says so in its turn.
    read.catch(() => {});
    return read;
  }

  static async #open(
    files: ClassifierFiles,
    options: LoadOptions,
    place?: (name: string) => string,
  ): Promise<IncrementalClassifier> {
    checkInput(loadSchema, options, "load");
    const { device, threads, features: elsewhere, ...own } = options;
    const runtime = createOnnxRuntime({ device, threads });
    const make = () => PortableClassifier.savedParts(files, { runtime, ...own }, place);
    const how = { device: runtime.device, threads };
    const where = place?.(FEATURES_FILE) ?? FEATURES_FILE;
    const saved = await openSavedFeatures(files, elsewhere, how, where);
    return saved
      ? IncrementalClassifier.#with(saved, make)
      : new IncrementalClassifier(await make());
  }
}

/** That a saved classifier may have. */
const FILES = [...CLASSIFIER_FILES, FEATURES_FILE];

/** Bytes of a saved classifier's JSON files. */
const MAXIMUM_TEXT = 2 ** 26;

/**
 * The files of a saved classifier that are there, as {@link IncrementalClassifier.fromFiles} takes them.
 *
 * @throws {ItamlError} FILE_INVALID
 */
export function readClassifier(path: string): Promise<ClassifierFiles> {
  return readWhole(path, async (folder) => {
    const names = FILES.filter((name) => existsSync(join(folder, name)));
    const read = async (name: string) => {
      const atMost = name.endsWith(".json") ? MAXIMUM_TEXT : undefined;
      return [name, await readFileOrThrow(join(folder, name), "FILE_INVALID", atMost)] as const;
    };
    return new Map(await Promise.all(names.map(read)));
  });
}

/**
 * Refuses a folder in which a classifier can't be saved, before it is worth saving.
 *
 * @throws {ItamlError} NOT_WRITABLE
 */
export async function refuseOtherContent(folder: string): Promise<void> {
  await refuseOthers(folder, isFile);
}

function isFile(name: string): boolean {
  return FILES.includes(name);
}
