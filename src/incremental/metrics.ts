/**
 * A number that is reported. results.json and its schema, tables, csv, TensorBoard and the report take what they call
 * it, what they say it is, and how they write it from here.
 */
export interface Metric {
  /** In files for other programs. */
  readonly name: string;
  /** For people. */
  readonly title: string;
  /** What is counted, and how: libraries differ. */
  readonly definition: string;
  /** Where the definition comes from. */
  readonly source?: Source;
  /** What the value is. People read fractions in %, and bytes in MB. */
  readonly format: "fraction" | "seconds" | "bytes" | "number";
}

export interface Source {
  /** Author and year, and the place in it. */
  readonly name: string;
  /** Its number there. */
  readonly arxiv: string;
}

/** An accuracy after a task, over the test samples of all classes seen. */
export interface AccuracyMetric extends Metric {
  readonly format: "fraction";
  /** The definition in a few words. */
  readonly brief: string;
  /** Whether it depends on p, the size of a continuum. */
  readonly byContinuum: boolean;
  /** Whether it is of classes, and so of the k that are counted as right. */
  readonly byTop: boolean;
  of(task: TaskAccuracies): number;
}

/** The accuracies of a task as results.json and events.jsonl have them. */
export interface TaskAccuracies {
  readonly continuum: { readonly classAccuracy: number; readonly taskAccuracy: number };
  readonly single: { readonly classAccuracy: number };
  readonly oracle: { readonly classAccuracy: number };
}

const ITAML = { name: "Rajasegaran 2020, section 3.3", arxiv: "2003.11652" };
const ICARL = { name: "Rebuffi 2017", arxiv: "1611.07725" };
const GEM = { name: "Lopez-Paz 2017", arxiv: "1706.08840" };

/** Always shown side by side, in this order. */
export const ACCURACIES = {
  continuum: {
    ...{ name: "continuum", title: "continuum", format: "fraction" },
    brief: "class right, in groups of samples of one unknown task",
    definition:
      "share of samples whose class is right, in continua: a task's test samples, shuffled by the seed and cut into groups of p, of which the program isn't told the task; the remainder is a shorter group and counts",
    source: ITAML,
    ...{ byContinuum: true, byTop: true },
    of: ({ continuum }) => continuum.classAccuracy,
  },
  task: {
    ...{ name: "task", title: "task", format: "fraction" },
    brief: "task of such a group right",
    definition: "share of samples in continua whose task is right",
    source: ITAML,
    ...{ byContinuum: true, byTop: false },
    of: ({ continuum }) => continuum.taskAccuracy,
  },
  single: {
    ...{ name: "single-sample", title: "single-sample", format: "fraction" },
    brief: "class right, each sample alone",
    definition:
      "share of samples whose class is right among all classes seen, each alone, by the model without adaptation: the number that other class-incremental methods report",
    source: ICARL,
    ...{ byContinuum: false, byTop: true },
    of: ({ single }) => single.classAccuracy,
  },
  oracle: {
    ...{ name: "oracle", title: "oracle", format: "fraction" },
    brief: "class right, the task is given",
    definition:
      "share of samples whose class is right when their task is given: task-incremental learning",
    source: { name: "van de Ven 2019", arxiv: "1904.07734" },
    ...{ byContinuum: false, byTop: true },
    of: ({ oracle }) => oracle.classAccuracy,
  },
} as const satisfies Readonly<Record<string, AccuracyMetric>>;

export type AccuracyName = keyof typeof ACCURACIES;

export const ACCURACY_NAMES = Object.keys(ACCURACIES) as AccuracyName[];

/** R[t][i]: accuracy, 0..1, on task i's test samples after task t was learned; row t has t + 1 entries. */
export type AccuracyMatrix = readonly (readonly number[])[];

/** What one number says about a whole accuracy matrix. */
export interface Summary {
  averageAccuracy: number;
  averageIncrementalAccuracy: number;
  forgetting: number;
  backwardTransfer: number;
}

export type SummaryName = keyof Summary;

/** Of an accuracy matrix. */
export const SUMMARIES: Readonly<Record<SummaryName, Metric>> = {
  averageAccuracy: {
    ...{ name: "average-accuracy", title: "average accuracy", format: "fraction" },
    definition: "mean over tasks after the last task",
    source: GEM,
  },
  averageIncrementalAccuracy: {
    ...{ name: "average-incremental-accuracy", title: "average incremental accuracy" },
    ...{ format: "fraction", definition: "mean over t of the mean accuracy after task t" },
    source: ICARL,
  },
  forgetting: {
    ...{ name: "forgetting", title: "forgetting", format: "fraction" },
    definition: "mean over earlier tasks of best minus last accuracy",
    source: { name: "Chaudhry 2018", arxiv: "1801.10112" },
  },
  backwardTransfer: {
    ...{ name: "backward-transfer", title: "backward transfer", format: "fraction" },
    definition: "mean over earlier tasks of last minus first accuracy",
    source: GEM,
  },
};

export const SUMMARY_NAMES = Object.keys(SUMMARIES) as SummaryName[];

/** What a task took. */
export const TIMES = {
  train: {
    ...{ name: "train-seconds", title: "training", format: "seconds" },
    definition: "training on the task",
  },
  adapt: {
    ...{ name: "adapt-seconds", title: "adaptation", format: "seconds" },
    definition: "adaptation to each task so far, to evaluate",
  },
  evaluate: {
    ...{ name: "evaluate-seconds", title: "evaluation", format: "seconds" },
    definition: "predicting the test samples of all tasks so far",
  },
} as const satisfies Readonly<Record<string, Metric>>;

export type TimeName = keyof typeof TIMES;

export const TIME_NAMES = Object.keys(TIMES) as TimeName[];

/** Of each epoch, by the keys of its event. */
export const EPOCH_METRICS = {
  loss: {
    ...{ name: "training/loss", title: "loss", format: "number" },
    definition: "the learner's loss, mean over the epoch's optimiser steps",
  },
  learningRate: {
    ...{ name: "training/learning-rate", title: "learning rate", format: "number" },
    definition: "the optimiser's, in that epoch",
  },
  samplesPerSecond: {
    ...{ name: "training/samples-per-second", title: "samples a second", format: "number" },
    definition: "the task's training samples by the seconds of an epoch",
  },
  validationAccuracy: {
    ...{ name: "validation/accuracy", title: "validation accuracy", format: "fraction" },
    definition:
      "continuum accuracy on held-out training samples, without adaptation: the mean of the tasks'",
  },
  residentBytes: {
    ...{ name: "memory/resident-bytes", title: "resident memory", format: "bytes" },
    definition: "physical memory of the process after the epoch",
  },
} as const satisfies Readonly<Record<string, Metric>>;

export type EpochMetricName = keyof typeof EPOCH_METRICS;

export const EPOCH_METRIC_NAMES = Object.keys(EPOCH_METRICS) as EpochMetricName[];

/** A definition with its source. */
export function defined({ definition, source }: Metric): string {
  return source === undefined ? definition : `${definition} (${source.name})`;
}

/** All four summaries; forgetting and backward transfer of a single task are 0. */
export function summarize(matrix: AccuracyMatrix): Summary {
  const last = matrix.at(-1) ?? [];
  const earlier = last.slice(0, -1);
  const column = (i: number) => matrix.slice(i, -1).map((row) => row[i] as number);
  return {
    averageAccuracy: mean(last),
    averageIncrementalAccuracy: mean(matrix.map(mean)),
    forgetting: mean(earlier.map((accuracy, i) => Math.max(...column(i)) - accuracy)),
    backwardTransfer: mean(earlier.map((accuracy, i) => accuracy - (column(i)[0] as number))),
  };
}

/** The arithmetic mean; 0 of nothing. */
export function mean(values: readonly number[]): number {
  return values.length === 0 ? 0 : values.reduce((sum, value) => sum + value, 0) / values.length;
}
