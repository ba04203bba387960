import type { SampleSource } from "../data/samples.js";
import { continua } from "../incremental/continuum.js";
import type { Inference, Rows } from "./inference.js";
import { type Learner, type LearnHooks, taskSizes } from "./learner.js";
import { type Model, type TaskModel, taskModel, wholeModel } from "./model.js";
import { predictClass, predictTask, type TaskColumns, taskColumns } from "./task-prediction.js";

/** Labelled samples of the tasks seen. */
export interface TestSet {
  readonly source: SampleSource;
  /** For each task, for each of its classes: indices of the samples. */
  readonly tasks: readonly (readonly (readonly number[])[])[];
}

/** What a model says about every sample of a test set; all accuracies come from it. */
export interface Predictions {
  /** Base logits for all classes seen, one row for each sample. */
  readonly logits: Rows;
  readonly columns: readonly TaskColumns[];
  /** Rows of each task's samples. */
  readonly rows: readonly (readonly number[])[];
  /** Whether a row's class is right when its task is given. */
  readonly oracleRight: Uint8Array;
  /** Whether a row's class is right among all classes seen, sample by sample. */
  readonly singleRight: Uint8Array;
  /** Whether that class is at least of the right task. */
  readonly singleTaskRight: Uint8Array;
}

/** Class and task accuracy, fractions of the samples, over all and for each task. */
export interface Accuracy {
  classAccuracy: number;
  taskAccuracy: number;
  perTask: number[];
}

export interface Accuracies {
  testSamples: number;
  /** Continua of p samples of one unknown task. */
  continuum: Accuracy & { p: number };
  /** Sample by sample, among all classes seen, by the base model. */
  single: Accuracy;
  /** The task is given. */
  oracle: Accuracy;
}

/**
 * Predicts a test set: one pass of the base model over all samples, and one of each task's own model over the
 * task's samples.
 *
 * @param modelFor the model that tells a task's classes apart
 */
export async function predict(
  model: Model,
  inference: Inference,
  { source, tasks }: TestSet,
  modelFor: (task: number) => TaskModel | Promise<TaskModel>,
): Promise<Predictions> {
  const columns = taskColumns(taskSizes(model, inference.extractor));
  const indices = tasks.flat(2);
  const labels = tasks.flat().flatMap((samples, position) => samples.map(() => position));
  const logits = await inference.logits(wholeModel(model), source, indices);
  const oracleRight = new Uint8Array(indices.length);
  const singleRight = new Uint8Array(indices.length);
  const singleTaskRight = new Uint8Array(indices.length);
  const rows: number[][] = [];
  let first = 0;
  for (const [task, classes] of tasks.entries()) {
    const { start, end } = columns[task] as TaskColumns;
    const samples = classes.flat();
    const own = samples.map((_, i) => first + i);
    const taskLogits = await inference.logits(await modelFor(task), source, samples);
    own.forEach((row, i) => {
      const label = labels[row] as number;
      const single = predictClass(logits, row);
      oracleRight[row] = Number(start + predictClass(taskLogits, i) === label);
      singleRight[row] = Number(single === label);
      singleTaskRight[row] = Number(start <= single && single < end);
    });
    rows.push(own);
    first += samples.length;
  }
  return { logits, columns, rows, oracleRight, singleRight, singleTaskRight };
}

/** Predicts with a learner's own models of the tasks, as Algorithm 2 does. */
export function predictWith(
  learner: Learner,
  inference: Inference,
  test: TestSet,
  hooks?: LearnHooks,
): Promise<Predictions> {
  return predict(learner.model, inference, test, (task) => learner.modelFor(task, hooks));
}

/** Predicts with the base model alone, without adaptation. */
export function predictWithBase(
  model: Model,
  inference: Inference,
  test: TestSet,
): Promise<Predictions> {
  return predict(model, inference, test, (task) => taskModel(model, task));
}

/**
 * The accuracies that are always reported side by side. A continuum's class is right where its task is and the
 * task's own model is: a sample of a wrongly predicted task can't get its class.
 */
export function measure(
  predictions: Predictions,
  { p, seed }: { p: number; seed: number },
): Accuracies {
  const { logits, columns, rows, oracleRight, singleRight, singleTaskRight } = predictions;
  const continuumRight = new Uint8Array(oracleRight.length);
  const continuumTaskRight = new Uint8Array(oracleRight.length);
  rows.forEach((own, task) => {
    for (const continuum of continua(own, p, { seed, task })) {
      if (predictTask(logits, continuum, columns) !== task) continue;
      for (const row of continuum) {
        continuumTaskRight[row] = 1;
        continuumRight[row] = oracleRight[row] as number;
      }
    }
  });
  const accuracy = (classRight: Uint8Array, taskRight: Uint8Array): Accuracy => ({
    classAccuracy: share(rows.flat(), classRight),
    taskAccuracy: share(rows.flat(), taskRight),
    perTask: rows.map((own) => share(own, classRight)),
  });
  return {
    testSamples: oracleRight.length,
    continuum: { p, ...accuracy(continuumRight, continuumTaskRight) },
    single: accuracy(singleRight, singleTaskRight),
    oracle: accuracy(oracleRight, new Uint8Array(oracleRight.length).fill(1)),
  };
}

function share(rows: readonly number[], right: Uint8Array): number {
  return rows.reduce((sum, row) => sum + (right[row] as number), 0) / rows.length;
}
