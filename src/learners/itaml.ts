import {
  ExemplarMemory,
  type ExemplarSelection,
  exemplarsPerClass,
} from "../incremental/exemplar-memory.js";
import type { LearnerContext } from "../model/context.js";
import { readMicroBatch, type TaskBatch } from "../model/micro-batch.js";
import {
  type LearnerState,
  type Model,
  newClassifier,
  newModel,
  orRestore,
  overwriteModel,
  type TaskModel,
  taskModel,
  taskSizes,
} from "../model/model.js";
import type { LearnHooks } from "../model/progress.js";
import { createOptimizer } from "../optim/index.js";
import { forTask, type PerTask } from "../optim/schedule.js";
import { Adaptation, type AdaptationSettings } from "../prediction/adaptation.js";
import { fitHead, headOfState, stateOfHead } from "../prediction/fitted-head.js";
import { type Head, trainedHead } from "../prediction/head.js";
import { byTask, taskColumns } from "../prediction/task-prediction.js";
import type { Variation } from "../samples/samples.js";
import { FirstOrderMaml } from "../training/first-order-maml.js";
import { MetaTraining, type MetaUpdate, metaStepSize } from "../training/meta-training.js";
import { ReleasedRule } from "../training/released-rule.js";
import { reptile } from "../training/reptile.js";
import type { TrainingSettings } from "../training/settings.js";
import {
  type LoadedBatch,
  type TrainingSample,
  throwIfAborted,
  trainingLoop,
} from "../training/training-loop.js";
import type { Checkpointing } from "../training/training-state.js";
import { TrainingStep } from "../training/training-step.js";
import { addExemplars } from "./exemplar-selection.js";
import type { Learner, SavedLearner } from "./learner.js";
import { holdOut, validationAccuracy } from "./validation.js";

/** How a mini-batch changes the model. */
export const META_RULES = ["paper", "released", "reptile", "fomaml"] as const;

export type MetaRule = (typeof META_RULES)[number];

/**
 * What compares classes of different tasks: the `logits` that training makes (the paper), a `head` fitted on the base
 * model's features of the memory, or a `tuned-head` on those of a copy that was trained on the memory first.
 */
export const TASK_PREDICTIONS = ["logits", "head", "tuned-head"] as const;

export type TaskPrediction = (typeof TASK_PREDICTIONS)[number];

export interface ItamlSettings extends TrainingSettings {
  /**
   * `paper`: a common base for the tasks of a mini-batch; `released`: the published program's rule; `reptile` and
   * `fomaml`: other meta-learning in the place of the paper's.
   */
  readonly rule: MetaRule;
  /** What becomes of φ_i after a mini-batch; rules beside `paper` know `interpolate` only. */
  readonly classifier: "own" | "interpolate";
  /** β of η = exp(−β·t/T). */
  readonly beta: number;
  /** r: optimiser steps of an inner loop. */
  readonly innerSteps: PerTask<number>;
  /** Exemplars in all. */
  readonly memory: number;
  readonly exemplars: ExemplarSelection;
  readonly taskPrediction: TaskPrediction;
  /** How the `tuned-head`'s copy of the base model is trained on the memory. */
  readonly headTuning: Omit<AdaptationSettings, "steps">;
  readonly adaptation: AdaptationSettings;
}

/** iTAML: incremental task-agnostic meta-learning (Rajasegaran et al. 2020). */
export class Itaml implements Learner {
  readonly name = "itaml";
  readonly model: Model;
  readonly memory: ExemplarMemory;
  readonly #context: LearnerContext;
  readonly #settings: ItamlSettings;
  readonly #step: TrainingStep;
  readonly #adaptation: Adaptation;
  readonly #adapted = new Map<number, TaskModel>();
  #state: LearnerState;

  private constructor(
    context: LearnerContext,
    settings: ItamlSettings,
    parts: SavedLearner & { step: TrainingStep; adaptation: Adaptation },
  ) {
    this.#context = context;
    this.#settings = settings;
    this.model = parts.model;
    this.memory = parts.memory;
    this.#state = parts.state;
    this.#step = parts.step;
    this.#adaptation = parts.adaptation;
  }

  /** The head, where one was fitted. */
  get state(): LearnerState {
    return this.#state;
  }

  /** @param saved what an earlier learner had learned; default: nothing */
  static async create(
    context: LearnerContext,
    settings: ItamlSettings,
    saved?: SavedLearner,
  ): Promise<Itaml> {
    const { runtime, extractor, seed } = context;
    return new Itaml(context, settings, {
      model: saved?.model ?? newModel(extractor, seed),
      memory: saved?.memory ?? new ExemplarMemory(settings.memory),
      state: saved?.state ?? new Map(),
      step: await TrainingStep.compile(runtime, extractor, createOptimizer(settings.optimizer), {
        gradientNorm: settings.gradientNorm,
      }),
      adaptation: await Adaptation.compile(context, settings.adaptation),
    });
  }

  async learn(
    newClasses: readonly (readonly number[])[],
    hooks: LearnHooks = {},
    checkpointing?: Checkpointing,
  ): Promise<void> {
    const task = this.model.classifiers.length;
    exemplarsPerClass(this.#settings.memory, this.memory.classes.length + newClasses.length);
    const memory = this.memory.copy();
    const head = await orRestore(this.model, async () => {
      await this.#train(newClasses, task, hooks, checkpointing);
      const { exemplars } = this.#settings;
      await addExemplars(memory, this.model, newClasses, exemplars, this.#context);
      return await this.#fitHead(memory, hooks);
    });
    this.memory.overwrite(memory);
    this.#state = head ? stateOfHead(head) : new Map();
    this.#adapted.clear();
  }

  /** Meta-training on D(t) ∪ M. */
  async #train(
    newClasses: readonly (readonly number[])[],
    task: number,
    hooks: LearnHooks,
    checkpointing: Checkpointing | undefined,
  ): Promise<void> {
    const { seed, extractor } = this.#context;
    const { model, memory } = this;
    model.classifiers.push(newClassifier(extractor.featureSize, newClasses.length, { seed, task }));
    if (checkpointing?.from) overwriteModel(model, checkpointing.from.model);
    const { training, heldOut } = holdOut(
      [...memory.classes, ...newClasses],
      this.#settings.validation,
      seed,
      task,
    );
    const update = await this.#metaUpdate(task);
    try {
      await trainingLoop({
        ...{ model, task, seed, hooks, checkpointing, settings: this.#settings },
        optimizers: update.optimizers,
        samples: training.flatMap((indices, position) =>
          indices.map((index) => ({ index, position })),
        ),
        load: (batch, epoch) => this.#readByTask(batch, [task, epoch]),
        train: async (batches, learningRate) =>
          batches.length > 0 ? update.train(batches, learningRate) : [],
        read: () => update.read(),
        validate: () => validationAccuracy(this.#context, model, heldOut, this.#settings.continuum),
      });
    } finally {
      await update.release();
    }
  }

  /** As configured; where there is no exemplar to fit a head on, by the logits. */
  async head(hooks: LearnHooks = {}): Promise<Head> {
    const { model, memory } = this;
    const known = headOfState(this.#state, model, memory.classes.length);
    if (known) return known;
    const fitted = await this.#fitHead(memory, hooks);
    if (fitted) this.#state = stateOfHead(fitted);
    return fitted ?? trainedHead(model, this.#context.extractor.featureSize);
  }

  async #fitHead(memory: ExemplarMemory, hooks: LearnHooks): Promise<Head | undefined> {
    const { taskPrediction, headTuning } = this.#settings;
    if (taskPrediction === "logits") return undefined;
    const tuning = taskPrediction === "tuned-head" ? headTuning : undefined;
    if (tuning) hooks.onProgress?.({ kind: "tuning", task: this.model.classifiers.length - 1 });
    return await fitHead(this.model, memory, this.#context, tuning, hooks.signal);
  }

  /** The base model adapted to a task with its exemplars; of the first task alone, the base model. */
  async modelFor(task: number, hooks: LearnHooks = {}): Promise<TaskModel> {
    const base = taskModel(this.model, task);
    const tasks = this.model.classifiers.length;
    if (tasks === 1) return base;
    const known = this.#adapted.get(task);
    if (known) return known;
    throwIfAborted(hooks.signal);
    const exemplars = byTask(this.memory.classes, taskSizes(this.model, this.#context.extractor));
    const adapted = await this.#adaptation.adapt(base, exemplars[task] ?? [], [tasks - 1, task]);
    this.#adapted.set(task, adapted);
    hooks.onProgress?.({ kind: "adaptation", task: tasks - 1, adaptedTo: task });
    return adapted;
  }

  async release(): Promise<void> {
    await this.#step.release();
    await this.#adaptation.release();
  }

  async #metaUpdate(task: number): Promise<MetaUpdate> {
    const { plannedTasks = task + 1 } = this.#context;
    const { model } = this;
    const { rule, classifier, beta } = this.#settings;
    const innerSteps = forTask(this.#settings.innerSteps, task);
    const eta = metaStepSize(beta, task, plannedTasks);
    switch (rule) {
      case "paper":
        return MetaTraining.start(model, this.#step, { innerSteps, eta, classifier });
      case "released":
        return ReleasedRule.start(model, this.#step, { innerSteps, eta });
      case "reptile":
        return reptile(model, this.#step, innerSteps);
      case "fomaml":
        return FirstOrderMaml.start(model, this.#step, innerSteps);
    }
  }

  /** B_i for each task i with a sample in the mini-batch. */
  async #readByTask(
    batch: readonly TrainingSample[],
    variation: Variation,
  ): Promise<LoadedBatch<TaskBatch[]>> {
    const columns = taskColumns(taskSizes(this.model, this.#context.extractor));
    const read = columns.map(async ({ start, end }, task) => {
      const own = batch.filter(({ position }) => start <= position && position < end);
      const microBatch = await readMicroBatch(
        this.#context.source,
        own.map(({ index }) => index),
        own.map(({ position }) => position - start),
        end - start,
        variation,
      );
      return { task, ...microBatch };
    });
    const taskBatches = await Promise.all(read);
    return {
      data: taskBatches.filter(({ samples }) => samples > 0),
      unreadable: taskBatches.reduce((sum, { unreadable }) => sum + unreadable, 0),
    };
  }
}
