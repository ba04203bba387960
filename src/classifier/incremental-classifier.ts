import { copyOf } from "../base/copy.js";
import { ItamlError } from "../base/errors.js";
import * as z from "../base/schema.js";
import { Turns } from "../base/turns.js";
import { elementCount } from "../graph/shape.js";
import {
  classifyContinuum,
  classifyEach,
  classifyMixed,
  classifyWithConfidence,
} from "../learners/classification.js";
import { exportOnnxModel } from "../learners/export.js";
import type { LearnHooks } from "../model/progress.js";
import { FeatureExtractor } from "../nn/feature-extractor.js";
import type { InputDescription } from "../samples/input-description.js";
import type { SampleData, SampleSource } from "../samples/samples.js";
import { checkInput } from "./check-input.js";
import {
  type ClassifierOptions,
  checkOptions,
  type PortableOptions,
} from "./classifier-options.js";
import { type KnownClass, knownClasses } from "./history.js";
import { type Images, takeImages } from "./images.js";
import { type Label, takeLabels } from "./labels.js";
import { chosenLearner } from "./learner.js";
import { SamplePool } from "./sample-pool.js";
import {
  type ClassifierFiles,
  decodeDescription,
  decodeKnowledge,
  encodeClassifier,
} from "./saved-classifier.js";
import { createTaught, State, type Taught } from "./taught.js";

/** What is known about a continuum. */
export interface Classification {
  /** The task that all samples were taken to come from, counted from 0. */
  readonly task: number;
  /** One for each sample. */
  readonly labels: Label[];
  /** S_i of each task, by which the task was chosen (paper, Algorithm 2). */
  readonly scores: number[];
}

/** What is opened from a saved form, and where it runs. */
export type OpenOptions = Pick<ClassifierOptions, "runtime" | "network" | "parts">;

/** What a classifier is made of. */
export interface ClassifierParts {
  readonly options: ClassifierOptions;
  readonly extractor: FeatureExtractor;
  readonly taught: Taught;
}

const samplesSchema = z.strictObject({
  images: z.unknown().optional(),
  labels: z.unknown().optional(),
});
const hooksSchema = z.strictObject({
  onProgress: z.custom((value) => typeof value === "function", "expected a function").optional(),
  signal: z
    .custom(
      (value) => typeof (value as AbortSignal | undefined)?.aborted === "boolean",
      "expected an AbortSignal",
    )
    .optional(),
});

/**
 * A classifier that is taught new classes, task after task, without forgetting the old ones (iTAML).
 *
 * @typeParam Other what images may be beside samples, where it is known how to read them
 *
 * Calls may overlap. Calls of {@link learn} and {@link forget} are done one after another, in the order of the calls; everything else sees what
 * was known when the last of them that is done was done, whole, and doesn't wait for the one that goes on.
 */
export class IncrementalClassifier<Other = never> {
  readonly #options: ClassifierOptions;
  readonly #extractor: FeatureExtractor;
  readonly #changes = new Turns();
  /** What calls of learn change; reads come to it through the state alone. */
  #taught: Taught;
  #state: State;
  #released: Promise<void> | undefined;
  /** Pictures that calls wait for. */
  readonly #coming = new Set<Promise<SampleData>>();

  protected constructor({ options, extractor, taught }: ClassifierParts) {
    this.#options = options;
    this.#extractor = extractor;
    this.#taught = taught;
    this.#state = State.of(taught);
  }

  /**
   * A classifier that knows nothing yet.
   *
   * @throws {ItamlError} DEVICE_UNAVAILABLE; INPUT_INVALID or CONFIG_INVALID with the option; GRAPH_INVALID where the network can't be one
   *   for such samples
   */
  static async create(options: ClassifierOptions): Promise<IncrementalClassifier> {
    return new IncrementalClassifier(await IncrementalClassifier.newParts(options));
  }

  /**
   * Reads what {@link toFiles} gave.
   *
   * @param options the runtime; the network and the parts, where they were the application's own
   * @throws {ItamlError} FILE_INVALID where a file is missing, damaged or doesn't fit the others; INPUT_INVALID,
   *   GRAPH_INVALID where the network is missing or can't be one for such samples
   */
  static async fromFiles(
    files: ClassifierFiles,
    options: OpenOptions,
  ): Promise<IncrementalClassifier> {
    return new IncrementalClassifier(await IncrementalClassifier.savedParts(files, options));
  }

  protected static async newParts(options: ClassifierOptions): Promise<ClassifierParts> {
    checkOptions(options, "create");
    const own = ownOptions(options);
    const extractor = extractorOf(own);
    return { options: own, extractor, taught: await createTaught(extractor, own) };
  }

  /** @param place a file's name, for messages */
  protected static async savedParts(
    files: ClassifierFiles,
    { runtime, network, parts }: OpenOptions,
    place = (name: string) => name,
  ): Promise<ClassifierParts> {
    const description = decodeDescription(files, place);
    // Older files have no built-in network among the options: there was one only.
    const builtIn = description.options.network !== undefined || description.network === "mlp";
    if (!builtIn && network === undefined) {
      throw new ItamlError(
        "INPUT_INVALID",
        "the network of this classifier is not a built-in one",
        {
          where: place("classifier.json"),
          expected: `{ network } with the network "${description.network}"`,
        },
      );
    }
    const given = { ...(network !== undefined && { network }), ...(parts && { parts }) };
    const options = { ...description.options, ...given, runtime };
    checkOptions(options, place("classifier.json"));
    const extractor = extractorOf(options);
    const known = decodeKnowledge(files, description, extractor, place);
    return { options, extractor, taught: await createTaught(extractor, options, known) };
  }

  /** The classes that it knows, in the order of learning: how many samples each was learned from, and when. */
  classes(): KnownClass[] {
    const { tasks, history } = this.#state.knowledge;
    return knownClasses(tasks, history);
  }

  /** Labels of each task, in the order of learning. */
  get tasks(): readonly (readonly Label[])[] {
    return this.#state.knowledge.tasks.map((labels) => [...labels]);
  }

  /**
   * Teaches one task; where another one is being taught, after it. Labels that it knows already improve their classes, whose
   * exemplars are chosen anew; the new ones are a task. Where it fails, or is stopped, the classifier is as it was before.
   *
   * @param samples images and, for each, its label. They are copied at once
   * @throws {ItamlError} INPUT_INVALID, MEMORY_TOO_SMALL, LOSS_NOT_FINITE, INTERRUPTED, RELEASED
   */
  async learn(
    samples: { images: Images | Other; labels: readonly Label[] },
    hooks: LearnHooks = {},
  ): Promise<void> {
    this.#refuseReleased("learn");
    checkInput(samplesSchema, samples, "learn");
    checkInput(hooksSchema, hooks, "learn: hooks");
    const labels = takeLabels(samples.labels, "learn");
    const images = this.take(samples.images, this.#extractor.input, "learn", hooks);
    if (!isPromise(images)) this.#refuseOtherNumber(images, labels);
    await this.#teachInTurn(images, labels, hooks);
  }

  async #teachInTurn(
    images: SampleData | Promise<SampleData>,
    labels: readonly Label[],
    hooks: LearnHooks,
  ): Promise<void> {
    await this.#changes.next(async () => {
      const taken = await images;
      this.#refuseOtherNumber(taken, labels);
      await this.#change(() => this.#teach(taken, labels, hooks));
    });
  }

  #refuseOtherNumber(images: SampleData, labels: readonly Label[]): void {
    const count = images.length / elementCount(this.#extractor.input.shape);
    if (labels.length === count) return;
    throw new ItamlError("INPUT_INVALID", "images and labels differ in number", {
      where: "learn",
      expected: `${count} labels`,
      found: String(labels.length),
    });
  }

  /**
   * Forgets classes: their exemplars, their rows and their sums. What is left says of samples what it said before, but for
   * `ridge` and `slda`, whose λ is found anew from what is left, and `ridge`'s rows depend on all classes; a network that was
   * trained on their samples stays as it is. A task without classes is gone. Calls queue up with those of {@link learn}.
   *
   * @throws {ItamlError} LABEL_UNKNOWN, INPUT_INVALID, RELEASED
   */
  async forget(...labels: Label[]): Promise<void> {
    this.#refuseReleased("forget");
    const gone = takeLabels(labels, "forget");
    await this.#changes.next(() => this.#change(() => this.#forget(gone)));
  }

  /** Changes what is taught, while everything that reads sees a copy of what it was. */
  async #change(work: () => Promise<Taught>): Promise<void> {
    const before = this.#state;
    const copy = before.copy(this.#extractor, this.#options);
    this.#state = copy;
    try {
      await before.finished();
      this.#taught = await work();
    } finally {
      this.#state = State.of(this.#taught);
      await copy.release();
    }
  }

  async #teach(images: SampleData, labels: readonly Label[], hooks: LearnHooks): Promise<Taught> {
    const { tasks, history, learner, pool } = this.#taught;
    const positions = new Map(tasks.flat().map((label, position) => [label, position]));
    const given = new Map<Label, number[]>(labels.map((label) => [label, []]));
    try {
      pool.append(images).forEach((index, i) => {
        given.get(labels[i] as Label)?.push(index);
      });
      const more = new Map<number, number[]>();
      const brought = new Map<Label, number[]>();
      for (const [label, indices] of given) {
        const position = positions.get(label);
        if (position === undefined) brought.set(label, indices);
        else more.set(position, indices);
      }
      await learner.learn([...brought.values()], hooks, undefined, more);
      const learned = [...given].map(([label, { length }]): [Label, number] => [label, length]);
      return {
        ...this.#taught,
        tasks: brought.size > 0 ? [...tasks, [...brought.keys()]] : tasks,
        history: [...history, { time: new Date().toISOString(), learned }],
      };
    } finally {
      keepExemplars(this.#taught);
    }
  }

  async #forget(labels: readonly Label[]): Promise<Taught> {
    const { tasks, history, learner } = this.#taught;
    const known = tasks.flat();
    const stranger = labels.find((label) => !known.includes(label));
    if (stranger !== undefined) {
      throw new ItamlError("LABEL_UNKNOWN", `the label ${JSON.stringify(stranger)} is not known`, {
        where: "forget",
        expected:
          known.length > 0 ? known.map((label) => JSON.stringify(label)).join(", ") : "none",
      });
    }
    const gone = new Set(labels);
    await learner.forget([...gone].map((label) => known.indexOf(label)));
    keepExemplars(this.#taught);
    return {
      ...this.#taught,
      tasks: tasks
        .map((task) => task.filter((label) => !gone.has(label)))
        .filter(({ length }) => length > 0),
      history: [...history, { time: new Date().toISOString(), forgotten: [...gone] }],
    };
  }

  /**
   * Classifies a continuum: samples that all come from one task, which is not known. The more there are, the
   * surer is the task.
   *
   * @throws {ItamlError} INPUT_INVALID, RELEASED
   */
  async classify(images: Images | Other): Promise<Classification> {
    return await this.#read("classify", images, async (taught, source, rows) => {
      const { learner, inference } = taught;
      const { task, classes, scores } = await classifyContinuum(learner, inference, source, rows);
      return { task, labels: labelsOf(taught, classes), scores };
    });
  }

  /**
   * Classifies samples one by one, with no assumption about their tasks; less sure than {@link classify}.
   *
   * @throws {ItamlError} INPUT_INVALID, RELEASED
   */
  async classifyEach(images: Images | Other): Promise<Label[]> {
    return await this.#read("classifyEach", images, async (taught, source, rows) => {
      const { learner, inference } = taught;
      return labelsOf(taught, await classifyEach(learner, inference, source, rows));
    });
  }

  /**
   * The same, and how probable each label is, 0..1. Images of a class that was never learned get some label, too, but
   * seldom a probable one.
   *
   * @throws {ItamlError} INPUT_INVALID, also where outputs are no probabilities and there are no exemplars to make them such; RELEASED
   */
  async classifyWithConfidence(
    images: Images | Other,
  ): Promise<{ label: Label; confidence: number }[]> {
    return await this.#read("classifyWithConfidence", images, async (taught, source, rows) => {
      const { learner, inference } = taught;
      const found = await classifyWithConfidence(learner, inference, source, rows);
      const classes = found.map((one) => one.class);
      return labelsOf(taught, classes).map((label, i) => ({
        label,
        confidence: found[i]?.confidence as number,
      }));
    });
  }

  /**
   * Classifies samples of one unknown task or several together: surer than one by one, where each task has several.
   *
   * @throws {ItamlError} INPUT_INVALID, also where outputs are no probabilities and there are no exemplars to make them such; RELEASED
   */
  async classifyMixed(images: Images | Other): Promise<{ tasks: number[]; labels: Label[] }> {
    return await this.#read("classifyMixed", images, async (taught, source, rows) => {
      const { learner, inference } = taught;
      const { tasks, classes } = await classifyMixed(learner, inference, source, rows);
      return { tasks, labels: labelsOf(taught, classes) };
    });
  }

  /**
   * Everything that {@link fromFiles} needs, as files by their names.
   *
   * @throws {ItamlError} RELEASED, OUT_OF_MEMORY
   */
  async toFiles(): Promise<Map<string, Uint8Array>> {
    this.#refuseReleased("toFiles");
    const { runtime: _, ...portable } = this.#options;
    // Another version has other defaults.
    const { complete } = chosenLearner(portable, "IncrementalClassifier");
    const options = { ...portable, ...complete } as PortableOptions;
    return encodeClassifier(this.#state.knowledge, this.#extractor, options);
  }

  /**
   * The base model as an ONNX file with the labels in its metadata (see docs/library.md).
   *
   * @throws {ItamlError} INPUT_INVALID where nothing was learned yet; RELEASED
   */
  async toOnnx(): Promise<Uint8Array> {
    const state = this.#stateFor("toOnnx");
    return await state.read(async ({ learner, tasks }) =>
      exportOnnxModel(learner.model, await learner.head(), this.#extractor, tasks.flat()),
    );
  }

  /** Frees what the runtime holds, when the calls before it are done; calls after it are refused. */
  release(): Promise<void> {
    this.#released ??= this.#changes.next(async () => {
      await Promise.allSettled(this.#coming);
      await this.#state.release();
    });
    return this.#released;
  }

  async #waitFor(coming: Promise<SampleData>): Promise<SampleData> {
    this.#coming.add(coming);
    try {
      return await coming;
    } finally {
      this.#coming.delete(coming);
    }
  }

  async #read<T>(
    where: string,
    images: Images | Other,
    work: (taught: Taught, source: SampleSource, rows: readonly number[]) => Promise<T>,
  ): Promise<T> {
    this.#stateFor(where);
    const given = this.take(images, this.#extractor.input, where);
    // Nobody waits for pictures that are still to come; who makes them may ask the classifier himself.
    const taken = isPromise(given) ? await this.#waitFor(given) : given;
    return await this.#known(where).read(async (taught) => {
      const source = new SamplePool(this.#extractor.input, taken);
      const rows = Array.from({ length: source.length }, (_, row) => row);
      return await work(taught, source, rows);
    });
  }

  /**
   * Samples as an application has them, as one array of them that is the classifier's own.
   *
   * @param _hooks of the call that wants them, where it takes long
   * @throws {ItamlError} INPUT_INVALID, OUT_OF_MEMORY
   */
  protected take(
    images: unknown,
    { type, shape }: InputDescription,
    where: string,
    _hooks?: LearnHooks,
  ): SampleData | Promise<SampleData> {
    return takeImages(images, { type, sampleSize: elementCount(shape) }, where);
  }

  /** What was learned; it is to be something. */
  #stateFor(where: string): State {
    this.#refuseReleased(where);
    return this.#known(where);
  }

  #known(where: string): State {
    if (this.#state.knowledge.tasks.length === 0) {
      throw new ItamlError("INPUT_INVALID", "the classifier has not learned anything yet", {
        where,
        remedy: "Teach it classes first",
      });
    }
    return this.#state;
  }

  #refuseReleased(where: string): void {
    if (this.#released === undefined) return;
    throw new ItamlError("RELEASED", "the classifier was released", {
      where,
      remedy: "Load it again, or release it later",
    });
  }
}

/** Samples that are no exemplars go; after a failure the exemplars are those of before. */
function keepExemplars({ learner: { memory }, pool }: Taught): void {
  const exemplars = memory.classes.flat();
  pool.keep(exemplars);
  const position = new Map(exemplars.map((index, i) => [index, i]));
  memory.renumber((index) => position.get(index) as number);
}

function labelsOf({ tasks }: Taught, classes: readonly number[]): Label[] {
  const labels = tasks.flat();
  return classes.map((position) => labels[position] as Label);
}

/** A copy that nobody else changes: later the options are saved. */
function ownOptions({ runtime, parts, ...plain }: ClassifierOptions): ClassifierOptions {
  return { ...copyOf(plain), runtime, ...(parts && { parts }) };
}

function extractorOf(options: ClassifierOptions): FeatureExtractor {
  const { inputShape: shape, inputType: type = "uint8", mean = [0], std = [1] } = options;
  return new FeatureExtractor(chosenLearner(options, "IncrementalClassifier").network, {
    shape,
    type,
    mean,
    std,
  });
}

function isPromise<T>(value: T | Promise<T>): value is Promise<T> {
  return value instanceof Promise;
}
