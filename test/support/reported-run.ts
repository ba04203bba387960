import { type Config, type ConfigInput, resolveConfig } from "../../src/experiment/config.js";
import type { EpochEvent, Machine } from "../../src/experiment/events.js";
import { addTask, emptyResults, type Results } from "../../src/experiment/results.js";
import { mean } from "../../src/incremental/metrics.js";
import type { ReportedRun } from "../../src/report/runs.js";

/** Rows of algorithm.md's check matrix: average .7840, average incremental .8476, forgetting .1675, BWT −.1525. */
export const CHECK_MATRIX = [
  [0.9],
  [0.8, 0.93],
  [0.95, 0.7, 0.92],
  [0.75, 0.94, 0.74, 0.9],
  [0.7, 0.72, 0.96, 0.66, 0.88],
];

/** A run with these accuracies; single-sample lies 0.2 lower, task and oracle at 0.97 and 0.99. */
export function reportedRun(
  changes: Partial<ConfigInput> = {},
  {
    title = "run",
    matrix = CHECK_MATRIX,
    ...others
  }: { title?: string; matrix?: number[][] } & Partial<ReportedRun> = {},
): ReportedRun {
  const config = resolveConfig(
    {
      dataset: "made",
      classesPerTask: 2,
      optimizer: { name: "sgd", momentum: 0.9 },
      learningRate: 0.1,
      epochs: 3,
      batchSize: 16,
      ...changes,
    },
    "test",
  );
  return {
    ...{ title, path: `runs/${title}`, config, finished: true },
    results: resultsOf(config, matrix),
    origin: { data: "0123456789abcdef", itaml: "0.2.0" },
    sittings: [
      { started: "2026-11-24T10:00:00.000Z", ended: "2026-11-24T11:00:00.000Z", machine: MACHINE },
    ],
    epochs: matrix.flatMap((_, task) => [0, 1, 2].map((epoch) => madeEpoch(task, epoch))),
    ...others,
  };
}

const MACHINE: Machine = {
  ...{ itaml: "0.2.0", node: "20.11.0", onnxruntime: "1.30.0" },
  ...{ system: "Linux 6.1.0 x64", processor: "Made 9000", cores: 2, memoryBytes: 8e9 },
};

const NAMES = ["ant", "bee", "cat", "dog", "elk", "fox", "gnu", "hen", "ibis", "jay"];

function resultsOf(config: Config, matrix: readonly number[][]): Results {
  const empty = emptyResults({ ...config, learner: config.learner.name });
  return matrix.reduce((results, row, task) => {
    const of = (perTask: number[], taskAccuracy: number) => ({
      ...{ classAccuracy: mean(perTask), taskAccuracy, perTask },
    });
    const accuracies = {
      top: config.top,
      testSamples: 100 * (task + 1),
      continuum: { p: config.continuum, ...of(row, 0.97), taskConfusion: confusion(task + 1) },
      single: of(
        row.map((accuracy) => accuracy - 0.2),
        0.8,
      ),
      oracle: of(
        row.map(() => 0.99),
        1,
      ),
    };
    const classes = [2 * task, 2 * task + 1];
    const sizes = [1, 5, 20].map((p) => ({
      ...{ p, classAccuracy: 1 - 0.4 / p, taskAccuracy: 1 - 0.3 / p },
    }));
    const seconds = { train: 10 + task, adapt: 0.5, evaluate: 1 };
    const byClass = measuredClasses(2 * task + 2);
    return addTask(results, { classes, accuracies, sizes, byClass, seconds }, NAMES);
  }, empty);
}

/** Of fifty samples of each class ten are taken for the class before it, and two for that after it. */
function measuredClasses(count: number) {
  const classes = Array.from({ length: count }, (_, label) => label);
  return {
    classes: classes.map((label) => ({
      ...{ class: label, testSamples: 50 },
      ...{ continuum: 0.9, single: label === 0 ? 0.96 : 0.76, oracle: 1 },
    })),
    confused: classes.flatMap((label) => [
      ...(label > 0 ? [{ class: label, predicted: label - 1, samples: 10 }] : []),
      ...(label + 1 < count ? [{ class: label, predicted: label + 1, samples: 2 }] : []),
    ]),
  };
}

/** Of ten continua of each task one is taken for the first task. */
function confusion(tasks: number): number[][] {
  return Array.from({ length: tasks }, (_, t) =>
    Array.from({ length: tasks }, (_, i) =>
      t === 0 && i === 0 ? 10 : i === t ? 9 : i === 0 ? 1 : 0,
    ),
  );
}

function madeEpoch(task: number, epoch: number): EpochEvent {
  return {
    ...{ kind: "epoch", task, epoch, learningRate: epoch < 2 ? 0.1 : 0.05, seconds: 3 },
    ...{ loss: 0.5 / (1 + task + epoch), residentBytes: 3e8 + 1e6 * task },
  };
}
