import { existsSync } from "node:fs";
import { join } from "node:path";
import * as z from "../base/schema.js";
import { Turns } from "../base/turns.js";
import { checkInput } from "../classifier/check-input.js";
import { type PortableOptions, portableOptionsSchema } from "../classifier/classifier-options.js";
import { IncrementalClassifier as PortableClassifier } from "../classifier/incremental-classifier.js";
import { CLASSIFIER_FILES, type ClassifierFiles } from "../classifier/saved-classifier.js";
import { writeFileAtomically } from "../files/atomic-file.js";
import { writeFolderAtomically } from "../files/atomic-folder.js";
import { readFileOrThrow } from "../files/read-file.js";
import { createOnnxRuntime, type OnnxRuntimeOptions } from "../runtime/node/onnxruntime-node.js";
import { DEVICES } from "../runtime/runtime.js";
import type { InputDescription } from "../samples/input-description.js";
import type { SampleData } from "../samples/samples.js";
import { arePictures, type Pictures, readPictures } from "./pictures.js";

export interface ClassifierOptions extends PortableOptions, OnnxRuntimeOptions {}

/** What is loaded, and where it runs. */
export type LoadOptions = Pick<ClassifierOptions, "network" | "parts" | "device" | "threads">;

const { network, parts } = portableOptionsSchema.shape;
const machine = {
  device: z.enum(DEVICES).optional(),
  threads: z.int().min(1).optional(),
};
const optionsSchema = portableOptionsSchema.extend(machine);
const loadSchema = z.strictObject({ network, parts, ...machine });

/** A classifier that is taught new classes, on this machine and its disk. */
export class IncrementalClassifier extends PortableClassifier<Pictures> {
  readonly #writes = new Turns();

  /**
   * A classifier that knows nothing yet.
   *
   * @throws {ItamlError} DEVICE_UNAVAILABLE; INPUT_INVALID with the option; GRAPH_INVALID where the network can't be one
   *   for such samples
   */
  static override async create(options: ClassifierOptions): Promise<IncrementalClassifier> {
    checkInput(optionsSchema, options, "create");
    const { device, threads, ...portable } = options;
    const runtime = createOnnxRuntime({ device, threads });
    const parts = await PortableClassifier.newParts({ ...portable, runtime });
    return new IncrementalClassifier(parts);
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
    const files = await readFolder(folder);
    return IncrementalClassifier.#open(files, options, (name) => join(folder, name));
  }

  /**
   * Writes everything to a folder, which {@link load} reads; one that is there is replaced as a whole. While a task is
   * taught, that is what was known before it.
   *
   * @throws {ItamlError} DISK_FULL, NOT_WRITABLE, RELEASED. What was there before is there still
   */
  async save(folder: string): Promise<void> {
    const files = await this.toFiles();
    await this.#writes.next(() => writeFolderAtomically(folder, Object.fromEntries(files)));
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
  ): SampleData | Promise<SampleData> {
    if (!arePictures(images, input)) return super.take(images, input, where);
    const read = readPictures(images, input, where);
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
    const { device, threads, ...own } = options;
    const runtime = createOnnxRuntime({ device, threads });
    const parts = await PortableClassifier.savedParts(files, { runtime, ...own }, place);
    return new IncrementalClassifier(parts);
  }
}

/** Bytes of a saved classifier's JSON files. */
const MAXIMUM_TEXT = 2 ** 26;

/** The files of a saved classifier that are there. */
async function readFolder(folder: string): Promise<ClassifierFiles> {
  const names = CLASSIFIER_FILES.filter((name) => existsSync(join(folder, name)));
  const read = async (name: string) => {
    const atMost = name.endsWith(".json") ? MAXIMUM_TEXT : undefined;
    return [name, await readFileOrThrow(join(folder, name), "FILE_INVALID", atMost)] as const;
  };
  return new Map(await Promise.all(names.map(read)));
}
