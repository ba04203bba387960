import type { LearnHooks } from "../model/progress.js";
import { byTask } from "../model/task-columns.js";
import {
  type Accuracies,
  type ClassAccuracies,
  measure,
  measureClasses,
  measureSizes,
  type Predictions,
  type SizeAccuracy,
  type TestSet,
} from "../prediction/predictions.js";
import { indicesByClass, type LabelledSamples } from "../samples/samples.js";
import type { Checkpointing } from "../training/training-state.js";
import type { Learner } from "./learner.js";
import { predictWith } from "./predict-with.js";

/** One task of a scenario. */
export interface ScenarioTask {
  /** From 0. */
  readonly task: number;
  /** As indices into the data set's classes. */
  readonly classes: readonly number[];
  /** For each of them the indices of its training samples. */
  readonly training: readonly (readonly number[])[];
  /** The test samples of this task and of those before it. */
  readonly test: TestSet;
}

/** Tasks that come one after another, each with new classes of a data set; iterable, and to be sliced. */
export class Scenario implements Iterable<ScenarioTask> {
  readonly #samples: { readonly train: LabelledSamples; readonly test: LabelledSamples };
  readonly #tasks: readonly (readonly number[])[];
  readonly #start: number;

  /**
   * @param samples the labels of train and test are indices into the data set's classes
   * @param tasks the classes of each task, in the order in which they are learned
   */
  constructor(
    samples: { readonly train: LabelledSamples; readonly test: LabelledSamples },
    tasks: readonly (readonly number[])[],
    start = 0,
  ) {
    this.#samples = samples;
    this.#tasks = tasks;
    this.#start = start;
  }

  /** Number of its tasks. */
  get length(): number {
    return Math.max(0, this.#tasks.length - this.#start);
  }

  /** Some of its tasks, which keep their numbers and what is tested after them. */
  slice(start: number, end = this.length): Scenario {
    const last = this.#start + Math.min(end, this.length);
    return new Scenario(this.#samples, this.#tasks.slice(0, last), this.#start + start);
  }

  *[Symbol.iterator](): Generator<ScenarioTask> {
    const { train, test } = this.#samples;
    const classes = this.#tasks.flat();
    const sizes = this.#tasks.map(({ length }) => length);
    const trainings = byTask(indicesByClass(train.labels, classes), sizes);
    const tests = byTask(indicesByClass(test.labels, classes), sizes);
    for (let task = this.#start; task < this.#tasks.length; task++) {
      yield {
        task,
        classes: this.#tasks[task] as readonly number[],
        training: trainings[task] as number[][],
        test: { source: test.source, tasks: tests.slice(0, task + 1) },
      };
    }
  }
}

/** What a learner knows after a task. */
export interface TaskOutcome {
  /** From 0. */
  readonly task: number;
  readonly classes: readonly number[];
  readonly predictions: Predictions;
  readonly accuracies: Accuracies;
  /** Continuum accuracies over p. */
  readonly sizes: readonly SizeAccuracy[];
  /** Class by class. */
  readonly byClass: ClassAccuracies;
  readonly seconds: { readonly train: number; readonly adapt: number; readonly evaluate: number };
}

export interface ProtocolOptions extends LearnHooks {
  /** Samples of a continuum. Default: 20. */
  readonly continuum?: number;
  /** k of top-k accuracies. Default: 1. */
  readonly top?: number;
  /** How a task's training is stored on the way. Default: not at all. */
  readonly checkpointing?: ((task: number) => Checkpointing | undefined) | undefined;
}

/**
 * The protocol of class-incremental learning: for each task the learner learns it, adapts to every task seen, predicts
 * their test samples, and is measured.
 *
 * @throws {ItamlError} as {@link Learner.learn} does; the learner is then as it was after the task before
 */
export async function* runScenario(
  learner: Learner,
  scenario: Iterable<ScenarioTask>,
  { continuum = 20, top = 1, checkpointing, ...hooks }: ProtocolOptions = {},
): AsyncGenerator<TaskOutcome> {
  const { seed } = learner.context;
  for (const { task, classes, training, test } of scenario) {
    const started = performance.now();
    await learner.learn(training, hooks, checkpointing?.(task));
    const trained = performance.now();
    for (let known = 0; known <= task; known++) await learner.modelFor(known, hooks);
    const adapted = performance.now();
    const predictions = await predictWith(learner, test, { top, hooks });
    yield {
      ...{ task, classes, predictions },
      accuracies: measure(predictions, { p: continuum, seed }),
      byClass: measureClasses(predictions, { p: continuum, seed }),
      sizes: measureSizes(predictions, seed),
      seconds: {
        train: (trained - started) / 1000,
        adapt: (adapted - trained) / 1000,
        evaluate: (performance.now() - adapted) / 1000,
      },
    };
  }
}
