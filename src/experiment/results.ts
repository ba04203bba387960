import { z } from "zod";
import { ItamlError } from "../errors.js";
import { type Summary, summarize } from "../incremental/metrics.js";
import type { Accuracies, measureSizes } from "../learners/predictions.js";

const fraction = z.number().min(0).max(1);
const accuracies = z.object({ classAccuracy: fraction, taskAccuracy: fraction });
const matrix = z.array(z.array(fraction));

const resultsSchema = z.object({
  version: z.literal(1),
  dataset: z.string(),
  seed: z.number(),
  learner: z.string(),
  /** k of top-k accuracies, where it isn't 1. */
  top: z.int().optional(),
  tasks: z.array(
    z.object({
      task: z.int(),
      /** Classes that the task brought, as indices into the data set's. */
      classes: z.array(z.int()),
      /** Test samples of all classes seen. */
      testSamples: z.int(),
      continuum: z.object({ p: z.int(), ...accuracies.shape }),
      single: accuracies,
      oracle: z.object({ classAccuracy: fraction }),
      /** Continuum accuracies over p. Runs of version 0.1.0 don't have them. */
      sizes: z.array(z.object({ p: z.int(), ...accuracies.shape })).optional(),
      /** [task][predicted task]: numbers of continua of the configured p; likewise. */
      taskConfusion: z.array(z.array(z.int())).optional(),
      seconds: z.object({ train: z.number(), adapt: z.number(), evaluate: z.number() }),
    }),
  ),
  matrix: z.object({ continuum: matrix, single: matrix, oracle: matrix }),
  /** Of the continuum matrix. */
  summary: z.object({
    averageAccuracy: z.number(),
    averageIncrementalAccuracy: z.number(),
    forgetting: z.number(),
    backwardTransfer: z.number(),
  }),
});

/** results.json: fractions 0..1, seconds. */
export type Results = z.output<typeof resultsSchema>;
export type TaskResult = Results["tasks"][number];

export function emptyResults(run: {
  dataset: string;
  seed: number;
  learner: string;
  top: number;
}): Results {
  return {
    version: 1,
    dataset: run.dataset,
    seed: run.seed,
    learner: run.learner,
    ...(run.top !== 1 && { top: run.top }),
    tasks: [],
    matrix: { continuum: [], single: [], oracle: [] },
    summary: summarize([]) satisfies Summary,
  };
}

/** The results with one task more. */
export function addTask(
  results: Results,
  classes: readonly number[],
  { testSamples, continuum, single, oracle }: Accuracies,
  sizes: ReturnType<typeof measureSizes>,
  seconds: TaskResult["seconds"],
): Results {
  const matrix = {
    continuum: [...results.matrix.continuum, continuum.perTask],
    single: [...results.matrix.single, single.perTask],
    oracle: [...results.matrix.oracle, oracle.perTask],
  };
  const task: TaskResult = {
    task: results.tasks.length,
    classes: [...classes],
    testSamples,
    continuum: {
      p: continuum.p,
      classAccuracy: continuum.classAccuracy,
      taskAccuracy: continuum.taskAccuracy,
    },
    single: { classAccuracy: single.classAccuracy, taskAccuracy: single.taskAccuracy },
    oracle: { classAccuracy: oracle.classAccuracy },
    sizes,
    taskConfusion: continuum.taskConfusion,
    seconds,
  };
  return {
    ...results,
    tasks: [...results.tasks, task],
    matrix,
    summary: summarize(matrix.continuum),
  };
}

/** The results of the first tasks alone. */
export function firstTasks(results: Results, tasks: number): Results {
  const matrix = {
    continuum: results.matrix.continuum.slice(0, tasks),
    single: results.matrix.single.slice(0, tasks),
    oracle: results.matrix.oracle.slice(0, tasks),
  };
  return {
    ...results,
    tasks: results.tasks.slice(0, tasks),
    matrix,
    summary: summarize(matrix.continuum),
  };
}

export function formatResults(results: Results): string {
  return `${JSON.stringify(results, undefined, 2)}\n`;
}

/** @throws {ItamlError} FILE_INVALID, with the remedy */
export function parseResults(
  text: string,
  file: string,
  remedy: { remedy?: string } = {},
): Results {
  let content: unknown;
  try {
    content = JSON.parse(text);
  } catch (cause) {
    throw new ItamlError("FILE_INVALID", "not valid JSON", { where: file, ...remedy }, { cause });
  }
  const result = resultsSchema.safeParse(content);
  if (result.success) {
    checkMatrices(result.data, file);
    return result.data;
  }
  const issue = result.error.issues[0];
  throw new ItamlError("FILE_INVALID", `not a results file: ${issue?.message}`, {
    where: `${file}: ${issue?.path.join(".")}`,
    ...remedy,
  });
}

/** Each matrix has a row for each task, with a number for each task so far. */
function checkMatrices({ tasks, matrix }: Results, file: string): void {
  const sizes = tasks.map((_, task) => task + 1).join();
  for (const [name, rows] of Object.entries(matrix)) {
    const found = rows.map(({ length }) => length).join();
    if (found === sizes) continue;
    throw new ItamlError("FILE_INVALID", "not a results file: tasks and matrix don't fit", {
      where: `${file}: matrix.${name}`,
      expected: `rows of ${sizes || "no"} numbers`,
      found: found || "none",
    });
  }
}
