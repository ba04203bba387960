import { ExemplarMemory } from "../incremental/exemplar-memory.js";
import { createOptimizer } from "../optim/index.js";
import { type Head, trainedHead } from "./head.js";
import type {
  Learner,
  LearnerContext,
  LearnHooks,
  SavedLearner,
  TrainingSettings,
} from "./learner.js";
import { readMicroBatch } from "./micro-batch.js";
import {
  copyTaskModel,
  emptyTaskModel,
  type Model,
  newClassifier,
  newModel,
  orRestore,
  overwriteModel,
  splitClassifiers,
  type TaskModel,
  taskModel,
  wholeModel,
} from "./model.js";
import { trainingLoop } from "./training-loop.js";
import type { Checkpointing } from "./training-state.js";
import { TrainingStep } from "./training-step.js";
import { holdOut, validationAccuracy } from "./validation.js";

/**
 * Fine-tuning, the lower bound of class-incremental learning: the same network and loss, over all classes seen,
 * trained on the new task alone. No memory, no meta-update, no adaptation.
 */
export class FineTuning implements Learner {
  readonly name = "finetuning";
  readonly model: Model;
  readonly memory = new ExemplarMemory(0);
  readonly state = new Map();
  readonly #context: LearnerContext;
  readonly #settings: TrainingSettings;
  readonly #step: TrainingStep;

  private constructor(
    context: LearnerContext,
    settings: TrainingSettings,
    model: Model,
    step: TrainingStep,
  ) {
    this.#context = context;
    this.#settings = settings;
    this.model = model;
    this.#step = step;
  }

  static async create(
    context: LearnerContext,
    settings: TrainingSettings,
    saved?: SavedLearner,
  ): Promise<FineTuning> {
    const { runtime, extractor, seed } = context;
    const step = await TrainingStep.compile(
      runtime,
      extractor,
      createOptimizer(settings.optimizer),
      settings.gradientNorm,
    );
    return new FineTuning(context, settings, saved?.model ?? newModel(extractor, seed), step);
  }

  learn(
    newClasses: readonly (readonly number[])[],
    hooks: LearnHooks = {},
    checkpointing?: Checkpointing,
  ): Promise<void> {
    return orRestore(this.model, () => this.#train(newClasses, hooks, checkpointing));
  }

  async #train(
    newClasses: readonly (readonly number[])[],
    hooks: LearnHooks,
    checkpointing: Checkpointing | undefined,
  ): Promise<void> {
    const { seed, extractor, source } = this.#context;
    const { model } = this;
    const task = model.classifiers.length;
    const { featureSize } = extractor;
    model.classifiers.push(newClassifier(featureSize, newClasses.length, { seed, task }));
    if (checkpointing?.from) overwriteModel(model, checkpointing.from.model);
    let current = copyTaskModel(wholeModel(model));
    let next = emptyTaskModel(current);
    const state = this.#step.newState(current);
    const classes = current.classifier.length / featureSize;
    const firstNew = classes - newClasses.length;
    const { training, heldOut } = holdOut(newClasses, this.#settings.validation, seed, task);
    const old = Array.from({ length: firstNew }, () => []);
    await trainingLoop({
      ...{ model, task, seed, hooks, checkpointing, settings: this.#settings },
      optimizers: [state],
      samples: training.flatMap((indices, i) =>
        indices.map((index) => ({ index, position: firstNew + i })),
      ),
      load: async (batch, epoch) => {
        const data = await readMicroBatch(
          source,
          batch.map(({ index }) => index),
          batch.map(({ position }) => position),
          classes,
          [task, epoch],
        );
        return { data, unreadable: data.unreadable };
      },
      train: async (microBatch, learningRate) => {
        if (microBatch.samples === 0) return [];
        const loss = await this.#step.run(current, next, state, microBatch, learningRate);
        [current, next] = [next, current];
        model.theta.set(current.theta);
        model.statistics.set(current.statistics);
        splitClassifiers(current.classifier, model.classifiers);
        return [loss];
      },
      validate: () =>
        validationAccuracy(this.#context, model, [...old, ...heldOut], this.#settings.continuum),
    });
  }

  async head(): Promise<Head> {
    return trainedHead(this.model, this.#context.extractor.featureSize);
  }

  async modelFor(task: number): Promise<TaskModel> {
    return taskModel(this.model, task);
  }

  release(): Promise<void> {
    return this.#step.release();
  }
}
