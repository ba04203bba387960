import {
  ExemplarMemory,
  type ExemplarSelection,
  exemplarsPerClass,
} from "../../incremental/exemplar-memory.js";
import type { LearnerContext } from "../../model/context.js";
import { readMicroBatch } from "../../model/micro-batch.js";
import {
  type LearnerState,
  type Model,
  newClassifier,
  newModel,
  orRestore,
  overwriteModel,
  splitClassifiers,
  type TaskModel,
  taskSizes,
  wholeModel,
} from "../../model/model.js";
import type { LearnHooks } from "../../model/progress.js";
import { createOptimizer } from "../../optim/index.js";
import { type Head, trainedHead } from "../../prediction/head.js";
import { type TaskColumns, taskColumns } from "../../prediction/task-prediction.js";
import { ModelTraining } from "../../training/model-training.js";
import type { TrainingSettings } from "../../training/settings.js";
import { trainingLoop } from "../../training/training-loop.js";
import type { Checkpointing } from "../../training/training-state.js";
import { TrainingStep } from "../../training/training-step.js";
import { addExemplars } from "../exemplar-selection.js";
import type { Learner, SavedLearner } from "../learner.js";
import { holdOut, validationAccuracy } from "../validation.js";
import type { Method, Session } from "./method.js";

export interface BaselineSettings extends TrainingSettings {
  /** Exemplars in all, of methods that keep some. */
  readonly memory: number;
  readonly exemplars: ExemplarSelection;
}

/** A learner of one model, one loss over all classes seen and one optimiser a task; all else is its method's. */
export class Baseline implements Learner {
  readonly name: string;
  readonly model: Model;
  readonly memory: ExemplarMemory;
  readonly #method: Method;
  readonly #context: LearnerContext;
  readonly #settings: BaselineSettings;
  #state: LearnerState;
  #head: Head | undefined;

  /** @param saved what an earlier learner had learned; default: nothing */
  constructor(
    method: Method,
    context: LearnerContext,
    settings: BaselineSettings,
    saved?: SavedLearner,
  ) {
    const { extractor, seed } = context;
    this.name = method.name;
    this.model = saved?.model ?? newModel(extractor, seed);
    this.memory = saved?.memory ?? new ExemplarMemory(capacityOf(method, settings));
    this.#state = saved?.state ?? new Map();
    this.#method = method;
    this.#context = context;
    this.#settings = settings;
  }

  get state(): LearnerState {
    return this.#state;
  }

  async learn(
    newClasses: readonly (readonly number[])[],
    hooks: LearnHooks = {},
    checkpointing?: Checkpointing,
  ): Promise<void> {
    const { memory } = this;
    exemplarsPerClass(memory.capacity, memory.classes.length + newClasses.length);
    await orRestore(this.model, (before) => this.#train(newClasses, before, hooks, checkpointing));
    this.#head = undefined;
  }

  async #train(
    newClasses: readonly (readonly number[])[],
    before: Model,
    hooks: LearnHooks,
    checkpointing: Checkpointing | undefined,
  ): Promise<void> {
    const { runtime, extractor, seed } = this.#context;
    const { model, memory } = this;
    const method = this.#method;
    const task = model.classifiers.length;
    const oldClasses = taskSizes(model, extractor).reduce((sum, size) => sum + size, 0);
    const { featureSize } = extractor;
    model.classifiers.push(newClassifier(featureSize, newClasses.length, { seed, task }));
    if (method.startsFrom === "scratch") this.#startAgain();
    const session: Session = {
      ...{ context: this.#context, model, before, newClasses, oldClasses, state: this.#state },
    };
    // Chosen before training, it doesn't depend on where in it a run was stopped and resumed.
    const chosen = method.trainsOn === "memory" ? await this.#withExemplars(newClasses) : undefined;
    const old = Array.from({ length: oldClasses }, () => []);
    const classes = {
      new: [...old, ...newClasses],
      "new and memory": [...memory.classes, ...newClasses],
      memory: chosen?.classes ?? [],
    }[method.trainsOn];
    if (checkpointing?.from) overwriteModel(model, checkpointing.from.model);
    const { gradientNorm } = this.#settings;
    const step = await TrainingStep.compile(
      runtime,
      extractor,
      createOptimizer(this.#settings.optimizer),
      { loss: method.loss, gradientNorm, frozen: method.frozen?.(task) },
    );
    try {
      await this.#runEpochs(step, session, classes, hooks, checkpointing);
    } finally {
      await step.release();
    }
    const state = (await method.finish?.(session)) ?? this.#state;
    memory.overwrite(chosen ?? (await this.#withExemplars(newClasses)));
    this.#state = state;
  }

  /** @param classes for each class seen the indices of the samples that train */
  async #runEpochs(
    step: TrainingStep,
    session: Session,
    classes: readonly (readonly number[])[],
    hooks: LearnHooks,
    checkpointing: Checkpointing | undefined,
  ): Promise<void> {
    const { seed, source } = this.#context;
    const { model } = session;
    const task = model.classifiers.length - 1;
    const { training, heldOut } = holdOut(classes, this.#settings.validation, seed, task);
    const complete = this.#method.complete?.(session) ?? ((batch) => batch);
    const update = await ModelTraining.start(wholeModel(model), step);
    await trainingLoop({
      ...{ model, task, seed, hooks, checkpointing, settings: this.#settings },
      optimizers: [update.optimizer],
      samples: training.flatMap((indices, position) =>
        indices.map((index) => ({ index, position })),
      ),
      load: async (batch, epoch) => {
        const data = await readMicroBatch(
          source,
          batch.map(({ index }) => index),
          batch.map(({ position }) => position),
          classes.length,
          [task, epoch],
        );
        return { data, unreadable: data.unreadable };
      },
      train: async (microBatch, learningRate) => {
        if (microBatch.samples === 0) return [];
        return [await update.train(await complete(microBatch), learningRate)];
      },
      read: async () => {
        const { theta, statistics, classifier } = await update.read();
        model.theta.set(theta);
        model.statistics.set(statistics);
        splitClassifiers(classifier, model.classifiers);
      },
      validate: () => validationAccuracy(this.#context, model, heldOut, this.#settings.continuum),
    });
    update.release();
  }

  /** The parameters of an untrained model. */
  #startAgain(): void {
    const { extractor, seed } = this.#context;
    const { featureSize } = extractor;
    const classifiers = taskSizes(this.model, extractor).map((size, task) =>
      newClassifier(featureSize, size, { seed, task }),
    );
    overwriteModel(this.model, { ...newModel(extractor, seed), classifiers });
  }

  /** The memory with exemplars of the new task, as a copy. */
  async #withExemplars(newClasses: readonly (readonly number[])[]): Promise<ExemplarMemory> {
    const memory = this.memory.copy();
    if (memory.capacity > 0) {
      await addExemplars(
        memory,
        this.model,
        newClasses,
        this.#method.keeps === "everything" ? "first" : this.#settings.exemplars,
        this.#context,
      );
    }
    return memory;
  }

  async head(): Promise<Head> {
    const { model, memory } = this;
    const context = this.#context;
    this.#head ??=
      (await this.#method.head?.(model, memory, context)) ??
      trainedHead(model, context.extractor.featureSize);
    return this.#head;
  }

  /** The rows of the head that are the task's: whoever is told the task compares its classes alone. */
  async modelFor(task: number): Promise<TaskModel> {
    const { theta, statistics } = this.model;
    const { extractor } = this.#context;
    const { classifier, bias } = await this.head();
    const { start, end } = taskColumns(taskSizes(this.model, extractor))[task] as TaskColumns;
    const { featureSize } = extractor;
    return {
      ...{ theta, statistics },
      classifier: classifier.subarray(start * featureSize, end * featureSize),
      bias: bias.subarray(start, end),
    };
  }

  async release(): Promise<void> {}
}

/** Joint training's memory has room for every sample. */
function capacityOf({ keeps }: Method, { memory }: BaselineSettings): number {
  return { nothing: 0, exemplars: memory, everything: Number.MAX_SAFE_INTEGER }[keeps];
}
