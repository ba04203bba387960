import { allocationError } from "../base/allocation.js";
import { elementCount } from "../graph/shape.js";
import { ExemplarMemory, exemplarsPerClass } from "../incremental/exemplar-memory.js";
import type { LearnerContext } from "../model/context.js";
import {
  type LearnerState,
  type Model,
  newClassifier,
  newModel,
  orRestore,
  overwriteModel,
  splitClassifiers,
  type TaskModel,
  taskModel,
  taskSizes,
} from "../model/model.js";
import { type LearnHooks, throwIfAborted } from "../model/progress.js";
import { samplesOf, type TaskSession } from "../model/session.js";
import { byTask, type TaskColumns, taskColumns } from "../model/task-columns.js";
import type { Adaptation, Adapter } from "../prediction/adaptation.js";
import { type Head, headRows, refuseInfinite, trainedHead } from "../prediction/head.js";
import { headOfState, stateOfHead, stateWithoutHead } from "../prediction/head-state.js";
import type { TrainingSettings } from "../training/settings.js";
import { trainingLoop } from "../training/training-loop.js";
import type { Checkpointing } from "../training/training-state.js";
import { isBetter, isImbalanced } from "./better-model.js";
import { addExemplars } from "./exemplar-selection.js";
import { type Method, memoryOfMethod, sums, type TrainingMethod } from "./method.js";
import {
  headOfSums,
  OF_SUMS,
  refuseLarge,
  refuseWithoutSums,
  withoutClasses,
  withSamples,
} from "./summation.js";
import { holdOut, validationAccuracy } from "./validation.js";

/** All that a learner has learned. */
export interface SavedLearner {
  readonly model: Model;
  readonly memory: ExemplarMemory;
  readonly state: LearnerState;
}

/** What a method keeps of the tasks so far, beside the model. */
type Kept = Pick<SavedLearner, "memory" | "state">;

/** A class-incremental learner: taught task after task by a method, asked for predictions in between. */
export class Learner implements SavedLearner {
  readonly method: Method;
  readonly context: LearnerContext;
  readonly model: Model;
  readonly memory: ExemplarMemory;
  readonly #settings: TrainingSettings | undefined;
  readonly #adapted = new Map<number, TaskModel>();
  #state: LearnerState;
  #adapter: Promise<Adapter> | undefined;

  /**
   * @param settings how it trains, of a method that does
   * @param saved what an earlier learner had learned; default: nothing
   */
  constructor(
    method: Method,
    context: LearnerContext,
    settings: TrainingSettings | undefined,
    saved?: SavedLearner,
  ) {
    if (sums(method)) {
      refuseLarge(context.extractor.featureSize);
      if (saved) refuseWithoutSums(saved);
    }
    this.method = method;
    this.context = context;
    this.model = saved?.model ?? newModel(context.extractor, context.seed);
    this.memory = saved?.memory ?? new ExemplarMemory(memoryOfMethod(method).capacity);
    this.#settings = settings;
    this.#state = saved?.state ?? new Map();
  }

  /** What the method keeps of the tasks so far, and the head, where one was fitted. */
  get state(): LearnerState {
    return this.#state;
  }

  /**
   * Learns a new task, more samples of classes that it knows, or both. Where that fails, the learner is as it was before.
   *
   * @param newClasses for each new class the indices of its training samples; none: there is no new task
   * @param checkpointing default: none
   * @param more for classes that are known, by their positions among all, the indices of further samples. Default: none
   * @throws {ItamlError} LOSS_NOT_FINITE, INTERRUPTED, MEMORY_TOO_SMALL
   */
  async learn(
    newClasses: readonly (readonly number[])[],
    hooks: LearnHooks = {},
    checkpointing?: Checkpointing,
    more: TaskSession["more"] = new Map(),
  ): Promise<void> {
    const { memory } = this;
    exemplarsPerClass(memory.capacity, memory.classes.length + newClasses.length);
    // It holds as much memory as training takes, or more, and waits until the task is learned.
    await this.release();
    const learned = await orRestore(this.model, async (before) => {
      const session = this.#begin(newClasses, more, before);
      const after = await this.#train(session, hooks, checkpointing);
      const head = await this.#fitHead(after, hooks);
      // No gradient made the rows.
      if (head && sums(this.method)) splitClassifiers(head.classifier, this.model.classifiers);
      return { ...after, head };
    });
    memory.overwrite(learned.memory);
    this.#state = stateOfHead(learned.state, learned.head);
    this.#adapted.clear();
  }

  async #fitHead({ memory, state }: Kept, hooks: LearnHooks): Promise<Head | undefined> {
    const { method, model, context } = this;
    const head = sums(method)
      ? headOfSums(method.rule, state, context.extractor.featureSize)
      : await method.head.fit(model, memory, context, hooks);
    if (head) refuseInfinite(head, model.classifiers.length - 1);
    return head;
  }

  /**
   * Forgets classes: their exemplars, their rows, and their sums. Of the others nothing that is stored changes. Where that
   * fails, the learner is as it was before.
   */
  async forget(positions: readonly number[], hooks: LearnHooks = {}): Promise<void> {
    const { model, context, method } = this;
    const { featureSize } = context.extractor;
    const classes = byTask([...this.memory.classes.keys()], taskSizes(model, context.extractor));
    const classifiers = model.classifiers.map((rows, task) =>
      withoutRows(rows, positionsWithin(positions, classes[task] as number[]), featureSize),
    );
    const memory = this.memory.copy();
    memory.remove(positions);
    let state: LearnerState;
    if (sums(method)) {
      state = withoutClasses(stateWithoutHead(this.#state), positions, featureSize);
      if (memory.classes.length > 0) {
        state = stateOfHead(state, await this.#fitHead({ memory, state }, hooks));
      }
    } else state = withoutRowsOf(this.#state, this.memory.classes.length, positions);
    // All at once, when nothing can fail any more.
    model.classifiers.splice(
      0,
      model.classifiers.length,
      ...classifiers.filter(({ length }) => length > 0),
    );
    this.memory.overwrite(memory);
    this.#state = state;
    this.#adapted.clear();
  }

  /** Gives the model rows for the new classes. */
  #begin(
    newClasses: readonly (readonly number[])[],
    more: TaskSession["more"],
    before: Model,
  ): TaskSession {
    const { model, context } = this;
    const { extractor, seed } = context;
    const tasks = model.classifiers.length;
    const task = newClasses.length > 0 ? tasks : tasks - 1;
    const oldClasses = taskSizes(model, extractor).reduce((sum, size) => sum + size, 0);
    if (newClasses.length > 0) {
      const { featureSize } = extractor;
      model.classifiers.push(newClassifier(featureSize, newClasses.length, { seed, task }));
    }
    if (!sums(this.method) && this.method.startsFrom === "scratch") this.#startAgain();
    const state = stateWithoutHead(this.#state);
    return { context, task, model, before, newClasses, more, oldClasses, state };
  }

  /** Sums, or trains on what the method trains on; returns what the method keeps. */
  async #train(
    session: TaskSession,
    hooks: LearnHooks,
    checkpointing: Checkpointing | undefined,
  ): Promise<Kept> {
    const { method, model, context } = this;
    const { task, newClasses } = session;
    if (sums(method)) {
      const samples = samplesOf(session);
      const { rule } = method;
      const state = await withSamples(session.state, samples, rule, model, context, hooks);
      const memory = this.memory.copy();
      await memory.add(newClasses.length, () => []);
      return { memory, state };
    }
    // Chosen before training, they don't depend on where in it a run was stopped and resumed.
    const chosen = method.trainsOn === "memory" ? await this.#withExemplars(session) : undefined;
    const classes = chosen?.classes ?? this.#trainingClasses(session, method.trainsOn);
    if (checkpointing?.from) overwriteModel(model, checkpointing.from.model);
    const { seed } = context;
    // Only a method that sums has none.
    const settings = this.#settings as TrainingSettings;
    const { validation, continuum } = settings;
    const { training: own, heldOut } = holdOut(classes, validation, seed, task);
    const samples = own.flatMap((indices, position) =>
      indices.map((index) => ({ index, position })),
    );
    const { update } = method;
    const frozen = method.frozen?.(task);
    const begun = { ...session, samples, hooks };
    const typed = (error: unknown) => {
      const remedy = "Lower batchSize, or the size of the network";
      throw allocationError(error, { where: `task ${task + 1}`, remedy });
    };
    const training = await update.begin(begun, { ...settings, frozen }).catch(typed);
    try {
      await trainingLoop({
        ...{ model, task, samples, seed, hooks, checkpointing, training, settings },
        validate: () => validationAccuracy(context, model, heldOut, continuum),
      }).catch(typed);
    } finally {
      await training.release();
    }
    method.finish?.(session);
    const state = (await update.remember?.(begun)) ?? session.state;
    return { memory: chosen ?? (await this.#withExemplars(session)), state };
  }

  /** For each class seen the samples that train. */
  #trainingClasses(
    { newClasses, oldClasses, more }: TaskSession,
    trainsOn: TrainingMethod["trainsOn"],
  ): readonly (readonly number[])[] {
    const none = Array.from({ length: oldClasses }, () => []);
    const old = trainsOn === "new" ? none : this.memory.classes;
    const known = old.map((indices, position) => [...indices, ...(more.get(position) ?? [])]);
    return [...known, ...newClasses];
  }

  /** The parameters of an untrained model. */
  #startAgain(): void {
    const { extractor, seed } = this.context;
    const classifiers = taskSizes(this.model, extractor).map((size, task) =>
      newClassifier(extractor.featureSize, size, { seed, task }),
    );
    overwriteModel(this.model, { ...newModel(extractor, seed), classifiers });
  }

  /** The memory with exemplars of the new task, as a copy. */
  async #withExemplars(session: TaskSession): Promise<ExemplarMemory> {
    const memory = this.memory.copy();
    const { exemplars } = memoryOfMethod(this.method);
    if (memory.capacity > 0) {
      await addExemplars(memory, this.model, session, exemplars, this.context);
    } else await memory.add(session.newClasses.length, () => []);
    return memory;
  }

  /** What tells tasks apart, and classes where nothing is known about the task. */
  async head(hooks: LearnHooks = {}): Promise<Head> {
    const { model, memory, context, method } = this;
    const { taskEvidence } = sums(method) ? OF_SUMS : method.head;
    const known = headOfState(this.#state, model, memory.classes.length, taskEvidence);
    if (known) return known;
    const fitted = await this.#fitHead({ memory, state: this.#state }, hooks);
    this.#state = stateOfHead(this.#state, fitted);
    return fitted ?? trainedHead(model, context.extractor.featureSize);
  }

  /**
   * The model that tells classes of one task apart: adapted to it, where the method adapts. Where the task's classes differ much
   * in their numbers of exemplars, the head's rows do it unless the adapted model is better at it.
   */
  async modelFor(task: number, hooks: LearnHooks = {}): Promise<TaskModel> {
    const { model, context, method } = this;
    if (sums(method) || !method.adaptation) return this.#headRows(task, await this.head(hooks));
    const known = this.#adapted.get(task);
    if (known) return known;
    throwIfAborted(hooks.signal);
    const exemplars = byTask(this.memory.classes, taskSizes(model, context.extractor))[task] ?? [];
    const { adaptation } = method;
    const adapt = (to: readonly (readonly number[])[]) => this.#adapt(task, to, adaptation, hooks);
    const fit = async (to: readonly (readonly number[])[]) =>
      this.#headRows(task, await this.#headFrom(task, to, hooks));
    const adapts =
      !isImbalanced(exemplars) || (await isBetter(adapt, fit, exemplars, context, task));
    const chosen = adapts ? await adapt(exemplars) : this.#headRows(task, await this.head(hooks));
    this.#adapted.set(task, chosen);
    const tasks = model.classifiers.length;
    if (tasks > 1) hooks.onProgress?.({ kind: "adaptation", task: tasks - 1, adaptedTo: task });
    return chosen;
  }

  /** The base model, adapted to a task by these exemplars of its classes. */
  async #adapt(
    task: number,
    exemplars: readonly (readonly number[])[],
    adaptation: Adaptation,
    { signal }: LearnHooks,
  ): Promise<TaskModel> {
    const { model, context } = this;
    const base = taskModel(model, task);
    const tasks = model.classifiers.length;
    // Of the first task alone, the base model is as good as adapted.
    if (tasks === 1) return base;
    this.#adapter ??= adaptation.begin(context);
    const adapter = await this.#adapter.catch((error) => {
      this.#adapter = undefined;
      throw error;
    });
    return adapter.adapt(base, exemplars, [tasks - 1, task], signal);
  }

  /** The head as it is fitted with these exemplars of a task's classes in place of all. */
  async #headFrom(
    task: number,
    exemplars: readonly (readonly number[])[],
    hooks: LearnHooks,
  ): Promise<Head> {
    const { model, context } = this;
    const memory = this.memory.copy();
    const { start } = taskColumns(taskSizes(model, context.extractor))[task] as TaskColumns;
    memory.classes.splice(start, exemplars.length, ...exemplars.map((indices) => [...indices]));
    const fitted = await this.#fitHead({ memory, state: this.#state }, hooks);
    return fitted ?? trainedHead(model, context.extractor.featureSize);
  }

  #headRows(task: number, head: Head): TaskModel {
    return headRows(this.model, head, taskSizes(this.model, this.context.extractor), task);
  }

  /** Frees what predictions need; the next makes it again. */
  async release(): Promise<void> {
    const adapter = await this.#adapter;
    this.#adapter = undefined;
    await adapter?.release();
  }
}

/** Names of a state's tensors that have a row, or an element, for each class. */
const BY_CLASS = /[.](classifier|bias)$/;

/** A state whose tensors by class are without the rows of these. */
function withoutRowsOf(
  state: LearnerState,
  total: number,
  positions: readonly number[],
): LearnerState {
  return new Map(
    [...state].map(([name, { data, shape }]) => {
      const [rows, ...size] = shape as [number, ...number[]];
      if (rows !== total || !BY_CLASS.test(name)) return [name, { data, shape }];
      const kept = withoutRows(data as Float32Array, positions, elementCount(size));
      return [name, { data: kept, shape: [rows - positions.length, ...size] }];
    }),
  );
}

/** Which of some positions among all classes are among these, and where. */
function positionsWithin(positions: readonly number[], own: readonly number[]): number[] {
  return [...own.keys()].filter((row) => positions.includes(own[row] as number));
}

function withoutRows(rows: Float32Array, removed: readonly number[], size: number): Float32Array {
  return rows.filter((_, i) => !removed.includes(Math.floor(i / size)));
}
