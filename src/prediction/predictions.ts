import { ItamlError } from "../base/errors.js";
import { continua } from "../incremental/continuum.js";
import { type Inference, type Rows, readableRows } from "../model/inference.js";
import { allFinite, type Model, type TaskModel, taskModel, taskSizes } from "../model/model.js";
import { type TaskColumns, taskColumns } from "../model/task-columns.js";
import type { SampleSource } from "../samples/samples.js";
import { type Head, modelWithHead, trainedHead } from "./head.js";
import { isAmongTop, predictClass, predictTask, taskEvidence } from "./task-prediction.js";

/** Labelled samples of the tasks seen. */
export interface TestSet {
  readonly source: SampleSource;
  /** For each task, for each of its classes: indices of the samples. */
  readonly tasks: readonly (readonly (readonly number[])[])[];
}

/** What a model says about every sample of a test set; all accuracies come from it. */
export interface Predictions {
  /** k: a class counts as right where it is among the k largest logits. */
  readonly top: number;
  /** What each sample says for each task. */
  readonly evidence: Rows;
  /** Rows of each task's samples, without those that can't be read. */
  readonly rows: readonly (readonly number[])[];
  /** Each row's class, counted in the order of learning. */
  readonly classes: Int32Array;
  /** The class that each row is taken for among all classes seen, sample by sample. */
  readonly singleClass: Int32Array;
  /** Whether a row's class is right when its task is given. */
  readonly oracleRight: Uint8Array;
  /** Whether a row's class is right among all classes seen, sample by sample. */
  readonly singleRight: Uint8Array;
  /** Whether the first class is at least of the right task. */
  readonly singleTaskRight: Uint8Array;
}

/** Class and task accuracy, fractions of the samples, over all and for each task. */
export interface Accuracy {
  classAccuracy: number;
  taskAccuracy: number;
  perTask: number[];
}

export interface Accuracies {
  /** k: a class counts as right where it is among the k largest logits. */
  top: number;
  /** Samples that the accuracies are of. */
  testSamples: number;
  /** Continua of p samples of one unknown task. */
  continuum: Accuracy & {
    p: number;
    /** [task][predicted task]: numbers of continua. */
    taskConfusion: number[][];
  };
  /** Sample by sample, among all classes seen, by the base model. */
  single: Accuracy;
  /** The task is given. */
  oracle: Accuracy;
}

export interface PredictionOptions {
  /** Default: 1. */
  readonly top?: number;
  /** What compares all classes. Default: the model's own rows. */
  readonly head?: Head;
  /** The model that tells a task's classes apart. Default: the base model, without adaptation. */
  readonly modelFor?: (task: number) => TaskModel | Promise<TaskModel>;
}

/**
 * Predicts a test set: one pass of the base model over all samples, and one of each task's own model over the
 * task's samples.
 *
 * @throws {ItamlError} LOSS_NOT_FINITE where a model's logits are not finite
 */
export async function predict(
  model: Model,
  inference: Inference,
  { source, tasks }: TestSet,
  {
    top = 1,
    head = trainedHead(model, inference.extractor.featureSize),
    modelFor = (task) => taskModel(model, task),
  }: PredictionOptions = {},
): Promise<Predictions> {
  const columns = taskColumns(taskSizes(model, inference.extractor));
  const indices = tasks.flat(2);
  const oracleRight = new Uint8Array(indices.length);
  const singleRight = new Uint8Array(indices.length);
  const singleTaskRight = new Uint8Array(indices.length);
  const singleClass = new Int32Array(indices.length);
  const evidence = new Float32Array(indices.length * columns.length);
  const unreadable = new Set<number>();

  // Task and class, the latter among all classes seen, of each row.
  const taskOf = tasks.flatMap((classes, task) => classes.flat().map(() => task));
  const labels = Int32Array.from(
    tasks.flat().flatMap((samples, position) => samples.map(() => position)),
  );
  let first = 0;
  const base = modelWithHead(model, head);
  for await (const logits of inference.logitsByBatch(base, source, indices)) {
    refuseInfiniteLogits(logits, `task ${tasks.length}`);
    const ofBatch = taskEvidence(logits, columns, head.taskEvidence);
    evidence.set(ofBatch.data, first * columns.length);
    for (const row of logits.unreadable) unreadable.add(first + row);
    const samples = logits.data.length / logits.columns;
    for (let row = 0; row < samples; row++) {
      const { start, end } = columns[taskOf[first + row] as number] as TaskColumns;
      const single = predictClass(logits, row);
      singleClass[first + row] = single;
      singleRight[first + row] = Number(
        isAmongTop(logits, row, labels[first + row] as number, top),
      );
      singleTaskRight[first + row] = Number(start <= single && single < end);
    }
    first += samples;
  }

  first = 0;
  const rows: number[][] = [];
  for (const [task, classes] of tasks.entries()) {
    const { start } = columns[task] as TaskColumns;
    const samples = classes.flat();
    const logits = await inference.logits(await modelFor(task), source, samples);
    refuseInfiniteLogits(logits, `task ${tasks.length}, the model of task ${task + 1}`);
    samples.forEach((_, i) => {
      const label = (labels[first + i] as number) - start;
      oracleRight[first + i] = Number(isAmongTop(logits, i, label, top));
    });
    rows.push(samples.map((_, i) => first + i).filter((row) => !unreadable.has(row)));
    first += samples.length;
  }
  return {
    ...{ top, rows, classes: labels, singleClass, oracleRight, singleRight, singleTaskRight },
    evidence: { data: evidence, columns: columns.length, unreadable: [...unreadable] },
  };
}

/** What can't be compared would be right or wrong by how it is compared. */
function refuseInfiniteLogits(logits: Rows, where: string): void {
  if (allFinite(readableRows(logits))) return;
  throw new ItamlError("LOSS_NOT_FINITE", "logits of test samples are not finite", {
    where,
    remedy:
      "Use a smaller learningRate, or leave out samples with values far beyond those of others",
    setting: "learningRate",
  });
}

/**
 * The accuracies that are always reported side by side. A continuum's class is right where its task is and the
 * task's own model is: a sample of a wrongly predicted task can't get its class.
 */
export function measure(predictions: Predictions, options: ContinuumOptions): Accuracies {
  const { top, rows, oracleRight, singleRight, singleTaskRight } = predictions;
  const { classRight, taskRight, taskConfusion } = rightInContinua(predictions, options);
  const accuracy = (ofClasses: Uint8Array, ofTasks: Uint8Array): Accuracy => ({
    classAccuracy: share(rows.flat(), ofClasses),
    taskAccuracy: share(rows.flat(), ofTasks),
    perTask: rows.map((own) => share(own, ofClasses)),
  });
  return {
    top,
    testSamples: rows.flat().length,
    continuum: { p: options.p, ...accuracy(classRight, taskRight), taskConfusion },
    single: accuracy(singleRight, singleTaskRight),
    oracle: accuracy(oracleRight, new Uint8Array(oracleRight.length).fill(1)),
  };
}

/** Each task's share of samples whose first class is right, sample by sample: of top-1, whatever k is. */
export function firstClassRight({ rows, classes, singleClass }: Predictions): number[] {
  const right = Uint8Array.from(singleClass, (found, row) => Number(found === classes[row]));
  return rows.map((own) => share(own, right));
}

/** How continua are made: of p samples, shuffled by the seed. */
interface ContinuumOptions {
  readonly p: number;
  readonly seed: number;
}

/** Which rows get their class and their task right in continua, and the continua by task and predicted task. */
function rightInContinua(
  { evidence, rows, oracleRight }: Predictions,
  { p, seed }: ContinuumOptions,
) {
  const classRight = new Uint8Array(oracleRight.length);
  const taskRight = new Uint8Array(oracleRight.length);
  const taskConfusion = rows.map(() => rows.map(() => 0));
  rows.forEach((own, task) => {
    const predicted = taskConfusion[task] as number[];
    for (const continuum of continua(own, p, { seed, task })) {
      const found = predictTask(evidence, continuum);
      predicted[found] = (predicted[found] as number) + 1;
      if (found !== task) continue;
      for (const row of continuum) {
        taskRight[row] = 1;
        classRight[row] = oracleRight[row] as number;
      }
    }
  });
  return { classRight, taskRight, taskConfusion };
}

/** Accuracies of one class, fractions of its samples. */
export interface ClassAccuracy {
  /** In the order of learning. */
  class: number;
  testSamples: number;
  continuum: number;
  single: number;
  oracle: number;
}

/** Samples of a class that are taken for another one. */
export interface ConfusedClasses {
  class: number;
  predicted: number;
  samples: number;
}

/** What a test set says of each class. */
export interface ClassAccuracies {
  classes: ClassAccuracy[];
  /** Sample by sample; pairs that don't occur are left out. */
  confused: ConfusedClasses[];
}

/**
 * The accuracies class by class, of those that have test samples; and, sample by sample, which are taken for which.
 * Memory and time grow with the samples, not with pairs of classes.
 */
export function measureClasses(
  predictions: Predictions,
  options: ContinuumOptions,
): ClassAccuracies {
  const { rows, classes, singleClass, oracleRight, singleRight } = predictions;
  const { classRight } = rightInContinua(predictions, options);
  const byClass = new Map<number, number[]>();
  for (const row of rows.flat()) {
    const label = classes[row] as number;
    const own = byClass.get(label);
    if (own) own.push(row);
    else byClass.set(label, [row]);
  }
  const entries = [...byClass].sort(([a], [b]) => a - b);
  return {
    classes: entries.map(([label, own]) => ({
      class: label,
      testSamples: own.length,
      continuum: share(own, classRight),
      single: share(own, singleRight),
      oracle: share(own, oracleRight),
    })),
    confused: entries.flatMap(([label, own]) => {
      const counts = new Map<number, number>();
      for (const row of own) {
        const predicted = singleClass[row] as number;
        if (predicted !== label) counts.set(predicted, (counts.get(predicted) ?? 0) + 1);
      }
      return [...counts]
        .sort(([a], [b]) => a - b)
        .map(([predicted, samples]) => ({ class: label, predicted, samples }));
    }),
  };
}

/** Sizes of continua that accuracies are reported for beside the configured one (paper, table 5). */
const CONTINUUM_SIZES = [1, 2, 5, 10, 15, 20, 50] as const;

/** Continuum accuracy for one p. */
export interface SizeAccuracy {
  readonly p: number;
  readonly classAccuracy: number;
  readonly taskAccuracy: number;
}

/** Continuum accuracies over p, as far as every task has as many test samples. */
export function measureSizes(predictions: Predictions, seed: number): SizeAccuracy[] {
  const smallest = Math.min(...predictions.rows.map(({ length }) => length));
  return CONTINUUM_SIZES.filter((p) => p <= smallest).map((p) => {
    const { classRight, taskRight } = rightInContinua(predictions, { p, seed });
    const rows = predictions.rows.flat();
    return { p, classAccuracy: share(rows, classRight), taskAccuracy: share(rows, taskRight) };
  });
}

function share(rows: readonly number[], right: Uint8Array): number {
  return rows.reduce((sum, row) => sum + (right[row] as number), 0) / rows.length;
}
