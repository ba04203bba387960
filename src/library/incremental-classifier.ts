import { existsSync } from "node:fs";
import { join } from "node:path";
import { ItamlError } from "../base/errors.js";
import { writeFileAtomically } from "../files/atomic-file.js";
import { writeFolderAtomically } from "../files/atomic-folder.js";
import { readFileOrThrow } from "../files/read-file.js";
import {
  classifyContinuum,
  classifyEach,
  classifyMixed,
  classifyWithConfidence,
} from "../learners/classification.js";
import { exportOnnxModel } from "../learners/export.js";
import { Itaml, type ItamlSettings } from "../learners/itaml.js";
import type { SavedLearner } from "../learners/learner.js";
import type { LearnerContext } from "../model/context.js";
import { Inference } from "../model/inference.js";
import { taskSizes } from "../model/model.js";
import type { LearnHooks } from "../model/progress.js";
import { FeatureExtractor } from "../nn/feature-extractor.js";
import { createNetwork } from "../nn/index.js";
import type { Network } from "../nn/network.js";
import { createOnnxRuntime } from "../runtime/node/onnxruntime-node.js";
import { augmentedSource } from "../samples/augmented-source.js";
import type { InputDescription } from "../samples/input-description.js";
import type { SampleSource } from "../samples/samples.js";
import {
  decodeLearnerState,
  decodeMemory,
  decodeModel,
  encodeLearnerState,
  encodeMemory,
  encodeModel,
} from "../storage/model-files.js";
import { decodeSafetensors, encodeSafetensors } from "../storage/safetensors.js";
import type { ClassifierOptions } from "./classifier-options.js";
import type { Label } from "./label.js";
import { type Images, SamplePool } from "./sample-pool.js";
import { parseSavedClassifier, type SavedClassifier } from "./saved-classifier.js";

/** How an {@link IncrementalClassifier} learns unless it is told otherwise: as configs/strokes.yaml. */
export const DEFAULT_SETTINGS: Omit<ItamlSettings, "memory"> = {
  optimizer: { name: "sgd", momentum: 0.9 },
  learningRate: 0.05,
  epochs: 20,
  milestones: [10, 15],
  factor: 0.2,
  batchSize: 64,
  validation: 0,
  continuum: 20,
  rule: "paper",
  classifier: "own",
  beta: 0,
  innerSteps: 1,
  exemplars: "random",
  taskPrediction: "head",
  headTuning: { epochs: 5, learningRate: 1e-3, batchSize: 64 },
  adaptation: { epochs: 1, learningRate: 1e-4, batchSize: 64 },
};

/** Bytes of a saved classifier's JSON files. */
const MAXIMUM_TEXT = 2 ** 26;

/** What is known about a continuum. */
export interface Classification {
  /** The task that all samples were taken to come from, counted from 0. */
  readonly task: number;
  /** One for each sample. */
  readonly labels: Label[];
  /** S_i of each task, by which the task was chosen (paper, Algorithm 2). */
  readonly scores: number[];
}

/** A classifier that is taught new classes, task after task, without forgetting the old ones (iTAML). */
export class IncrementalClassifier {
  readonly #options: ClassifierOptions;
  readonly #context: LearnerContext;
  readonly #pool: SamplePool;
  readonly #learner: Itaml;
  readonly #tasks: Label[][];

  private constructor(parts: {
    options: ClassifierOptions;
    context: LearnerContext;
    pool: SamplePool;
    learner: Itaml;
    tasks: Label[][];
  }) {
    this.#options = parts.options;
    this.#context = parts.context;
    this.#pool = parts.pool;
    this.#learner = parts.learner;
    this.#tasks = parts.tasks;
  }

  /**
   * A classifier that knows nothing yet.
   *
   * @throws {ItamlError} DEVICE_UNAVAILABLE, INPUT_INVALID
   */
  static create(options: ClassifierOptions): Promise<IncrementalClassifier> {
    return IncrementalClassifier.#assemble(options, []);
  }

  /** Labels of each task, in the order of learning. */
  get tasks(): readonly (readonly Label[])[] {
    return this.#tasks;
  }

  /**
   * Teaches one task. Where that fails, or is stopped, the classifier is as it was before.
   *
   * @param samples images and, for each, its label: none that was learned before
   * @throws {ItamlError} LABEL_KNOWN, INPUT_INVALID, MEMORY_TOO_SMALL, LOSS_NOT_FINITE, INTERRUPTED
   */
  async learn(
    { images, labels }: { images: Images; labels: readonly Label[] },
    hooks: LearnHooks = {},
  ): Promise<void> {
    const newLabels = [...new Set(labels)];
    const known = newLabels.find((label) => this.#tasks.flat().includes(label));
    if (known !== undefined) {
      throw new ItamlError("LABEL_KNOWN", `the label ${JSON.stringify(known)} was learned before`, {
        where: `learn, task ${this.#tasks.length}`,
        expected: "labels of new classes only",
      });
    }
    const { memory } = this.#learner;
    try {
      const indices = this.#pool.append(images);
      if (indices.length !== labels.length || labels.length === 0) {
        throw new ItamlError("INPUT_INVALID", "images and labels differ in number, or are none", {
          where: "learn",
          expected: `${indices.length} labels`,
          found: String(labels.length),
        });
      }
      const classes = newLabels.map((label) => indices.filter((_, i) => labels[i] === label));
      await this.#learner.learn(classes, hooks);
      this.#tasks.push(newLabels);
    } finally {
      // Samples that are no exemplars go; after a failure the exemplars are those of before.
      const exemplars = memory.classes.flat();
      this.#pool.keep(exemplars);
      const position = new Map(exemplars.map((index, i) => [index, i]));
      memory.renumber((index) => position.get(index) as number);
    }
  }

  /**
   * Classifies a continuum: samples that all come from one task, which is not known. The more there are, the
   * surer is the task.
   *
   * @throws {ItamlError} INPUT_INVALID
   */
  async classify(images: Images): Promise<Classification> {
    const { source, rows } = this.#incoming(images);
    const { inference } = this.#context;
    const { task, classes, scores } = await classifyContinuum(
      this.#learner,
      inference,
      source,
      rows,
    );
    return { task, labels: this.#labelsOf(classes), scores };
  }

  /**
   * Classifies samples one by one, with no assumption about their tasks; less sure than {@link classify}.
   *
   * @throws {ItamlError} INPUT_INVALID
   */
  async classifyEach(images: Images): Promise<Label[]> {
    const { source, rows } = this.#incoming(images);
    return this.#labelsOf(await classifyEach(this.#learner, this.#context.inference, source, rows));
  }

  /**
   * The same, and how probable each label is, 0..1. Images of a class that was never learned get some label, too, but
   * seldom a probable one.
   *
   * @throws {ItamlError} INPUT_INVALID, also with `taskPrediction: "logits"`
   */
  async classifyWithConfidence(images: Images): Promise<{ label: Label; confidence: number }[]> {
    const { source, rows } = this.#incoming(images);
    const { inference } = this.#context;
    const found = await classifyWithConfidence(this.#learner, inference, source, rows);
    const labels = this.#labelsOf(found.map((one) => one.class));
    return found.map(({ confidence }, i) => ({ label: labels[i] as Label, confidence }));
  }

  /**
   * Classifies samples of one unknown task or several together: surer than one by one, where each task has several.
   *
   * @throws {ItamlError} INPUT_INVALID, also with `taskPrediction: "logits"`
   */
  async classifyMixed(images: Images): Promise<{ tasks: number[]; labels: Label[] }> {
    const { source, rows } = this.#incoming(images);
    const { inference } = this.#context;
    const { tasks, classes } = await classifyMixed(this.#learner, inference, source, rows);
    return { tasks, labels: this.#labelsOf(classes) };
  }

  /**
   * Writes everything to a folder, which {@link load} reads; one that is there is replaced as a whole.
   *
   * @throws {ItamlError} DISK_FULL, NOT_WRITABLE. What was there before is there still
   */
  async save(folder: string): Promise<void> {
    const { extractor } = this.#context;
    const { network, ...others } = this.#options;
    const options = { ...others, ...(network && !isOwn(network) && { network }) };
    const { model, memory, state } = this.#learner;
    const saved: SavedClassifier = {
      version: 1,
      network: extractor.network.name,
      options,
      tasks: this.#tasks,
    };
    const exemplars = {
      data: this.#pool.data as Uint8Array,
      shape: [this.#pool.length, ...extractor.input.shape],
    };
    await writeFolderAtomically(folder, {
      "classifier.json": `${JSON.stringify(saved, undefined, 2)}\n`,
      "model.safetensors": encodeModel(model, extractor),
      "memory.json": encodeMemory(memory),
      ...(state.size > 0 && { "learner.safetensors": encodeLearnerState(state) }),
      "exemplars.safetensors": encodeSafetensors(new Map([["exemplars", exemplars]])),
    });
  }

  /**
   * Reads what {@link save} wrote.
   *
   * @param overrides the network, where it was one of the application's own; the device
   * @throws {ItamlError} FILE_INVALID where a file is missing, damaged or doesn't fit the others; INPUT_INVALID,
   * GRAPH_INVALID where the network is missing or can't be one for such samples
   */
  static async load(
    folder: string,
    overrides: Pick<ClassifierOptions, "network" | "device" | "threads"> = {},
  ): Promise<IncrementalClassifier> {
    const file = join(folder, "classifier.json");
    const text = await readFileOrThrow(file, "FILE_INVALID", MAXIMUM_TEXT);
    const { options, tasks, network } = parseSavedClassifier(text, file);
    // Older files have no built-in network among the options: there was one only.
    const builtIn = options.network !== undefined || network === "mlp";
    if (!builtIn && overrides.network === undefined) {
      throw new ItamlError(
        "INPUT_INVALID",
        "the network of this classifier is not a built-in one",
        {
          where: file,
          expected: `load(folder, { network }) with the network "${network}"`,
        },
      );
    }
    return IncrementalClassifier.#assemble({ ...options, ...overrides }, tasks, folder);
  }

  /**
   * Writes the base model as an ONNX file with the labels in its metadata (see docs/library.md).
   *
   * @throws {ItamlError} DISK_FULL, NOT_WRITABLE
   */
  async exportOnnx(file: string): Promise<void> {
    const { extractor } = this.#context;
    const bytes = exportOnnxModel(
      this.#learner.model,
      await this.#learner.head(),
      extractor,
      this.#tasks.flat(),
    );
    await writeFileAtomically(file, bytes);
  }

  /** Frees what the runtime holds; the classifier can't be used afterwards. */
  async release(): Promise<void> {
    await this.#learner.release();
    await this.#context.inference.release();
  }

  static async #assemble(
    options: ClassifierOptions,
    tasks: Label[][],
    folder?: string,
  ): Promise<IncrementalClassifier> {
    const { inputShape, inputType = "uint8", mean = [0], std = [1], network = "mlp" } = options;
    const extractor = new FeatureExtractor(networkOf(network), {
      shape: inputShape,
      type: inputType,
      mean,
      std,
    });
    const pool = new SamplePool(extractor.input);
    const saved = folder ? await loadState(folder, extractor, pool, tasks) : undefined;
    const runtime = createOnnxRuntime(options);
    const context: LearnerContext = {
      runtime,
      extractor,
      inference: await Inference.compile(runtime, extractor),
      source: augmented(pool, extractor.input, options),
      seed: options.seed ?? 1,
      plannedTasks: options.plannedTasks,
    };
    const settings = { ...DEFAULT_SETTINGS, memory: options.memory ?? 2000, ...options.settings };
    const learner = await Itaml.create(context, settings, saved);
    return new IncrementalClassifier({ options, context, pool, learner, tasks });
  }

  #labelsOf(classes: readonly number[]): Label[] {
    const labels = this.#tasks.flat();
    return classes.map((label) => labels[label] as Label);
  }

  #incoming(images: Images): { source: SamplePool; rows: number[] } {
    if (this.#tasks.length === 0) {
      throw new ItamlError("INPUT_INVALID", "the classifier has not learned anything yet", {
        where: "classify",
        remedy: "Call learn first",
      });
    }
    const source = new SamplePool(this.#context.extractor.input);
    const rows = source.append(images);
    if (rows.length === 0) {
      throw new ItamlError("INPUT_INVALID", "there are no images", { where: "classify" });
    }
    return { source, rows };
  }
}

function isOwn(network: ClassifierOptions["network"]): network is Network {
  return typeof network === "object" && "features" in network;
}

function networkOf(network: NonNullable<ClassifierOptions["network"]>): Network {
  if (isOwn(network)) return network;
  return createNetwork(typeof network === "string" ? { name: network } : network);
}

function augmented(
  pool: SamplePool,
  { shape, type }: InputDescription,
  { augmentation, seed = 1 }: ClassifierOptions,
): SampleSource {
  if (!augmentation) return pool;
  const [, height, width] = shape;
  if (shape.length !== 3 || height !== width || type !== "uint8") {
    throw new ItamlError("INPUT_INVALID", "only square images of pixels can be augmented", {
      where: "augmentation",
      expected: "inputShape [channels, size, size] and inputType uint8",
      found: `[${shape.join(", ")}] and ${type}`,
    });
  }
  return augmentedSource(pool, width as number, augmentation, seed);
}

async function loadState(
  folder: string,
  extractor: FeatureExtractor,
  pool: SamplePool,
  tasks: readonly (readonly Label[])[],
): Promise<SavedLearner> {
  const file = (name: string) => join(folder, name);
  const [modelFile, memoryFile] = [file("model.safetensors"), file("memory.json")];
  const [exemplarsFile, stateFile] = [file("exemplars.safetensors"), file("learner.safetensors")];
  const { tensors } = decodeSafetensors(await read(exemplarsFile), exemplarsFile);
  const exemplars = tensors.get("exemplars");
  const { shape, type } = extractor.input;
  const isOfType = exemplars?.data instanceof (type === "uint8" ? Uint8Array : Float32Array);
  if (!isOfType || exemplars?.shape.slice(1).join() !== shape.join()) {
    throw new ItamlError("FILE_INVALID", "it holds no exemplars of this classifier", {
      where: exemplarsFile,
      expected: `a tensor "exemplars", ${type} [samples, ${shape.join(", ")}]`,
      ...(exemplars && { found: `[${exemplars.shape.join(", ")}]` }),
    });
  }
  pool.append(exemplars?.data as Uint8Array | Float32Array);
  const model = decodeModel(await read(modelFile), extractor, modelFile);
  const text = await readFileOrThrow(memoryFile, "FILE_INVALID", MAXIMUM_TEXT);
  const memory = decodeMemory(text.toString(), pool.length, memoryFile);
  const state = existsSync(stateFile)
    ? decodeLearnerState(await read(stateFile), stateFile)
    : new Map();
  const sizes = tasks.map(({ length }) => length);
  const found = taskSizes(model, extractor);
  if (found.join() !== sizes.join() || memory.classes.length !== tasks.flat().length) {
    throw new ItamlError("FILE_INVALID", "the files are not of one classifier", {
      where: folder,
      expected: `tasks of ${sizes.join(", ")} classes, as in classifier.json`,
      found: `tasks of ${found.join(", ")} in the model, ${memory.classes.length} classes in the memory`,
    });
  }
  return { model, memory, state };
}

function read(file: string): Promise<Uint8Array> {
  return readFileOrThrow(file, "FILE_INVALID");
}
