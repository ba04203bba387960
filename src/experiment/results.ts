import { z } from "zod";
import { ItamlError } from "../base/errors.js";
import { SUMMARY_DEFINITIONS, type Summary, summarize } from "../incremental/metrics.js";
import type { Accuracies, SizeAccuracy } from "../prediction/predictions.js";

const count = z.int().min(0);
const fraction = z.number().min(0).max(1);
const accuracies = z.object({
  classAccuracy: fraction.describe("Share of samples whose class is right."),
  taskAccuracy: fraction.describe("Share of samples whose task is right."),
});
const continuum = z.object({
  p: count.describe("Samples of a continuum: a group from one unknown task."),
  ...accuracies.shape,
});
const matrix = z.array(z.array(fraction));
const seconds = z.number();

const taskSchema = z.object({
  task: count.describe("From 0."),
  classes: z
    .array(count)
    .describe("Classes that the task brought, as indices into the data set's."),
  testSamples: count.describe("Test samples of all classes seen."),
  continuum: continuum.describe("Samples in continua of the configured p."),
  single: accuracies.describe("Every sample alone, among all classes seen."),
  oracle: z
    .object({ classAccuracy: accuracies.shape.classAccuracy })
    .describe("The task is given."),
  sizes: z
    .array(continuum)
    .optional()
    .describe("The accuracies over p. Runs of version 0.1.0 don't have them."),
  taskConfusion: z
    .array(z.array(count))
    .optional()
    .describe(
      "[task][predicted task]: numbers of continua of the configured p. Runs of version 0.1.0 don't have them.",
    ),
  seconds: z.object({ train: seconds, adapt: seconds, evaluate: seconds }),
});

/** results.json; docs/results.schema.json is made of it. */
export const resultsSchema = z
  .object({
    version: z.literal(1),
    dataset: z.string(),
    seed: z.number(),
    learner: z.string(),
    top: count.optional().describe("k of top-k accuracies, where it isn't 1."),
    tasks: z.array(taskSchema).describe("The accuracies after each task."),
    matrix: z
      .object({ continuum: matrix, single: matrix, oracle: matrix })
      .describe(
        "[task][earlier task or itself]: class accuracy on its test samples after that task.",
      ),
    summary: z
      .object({
        averageAccuracy: z.number().describe(SUMMARY_DEFINITIONS.averageAccuracy),
        averageIncrementalAccuracy: z
          .number()
          .describe(SUMMARY_DEFINITIONS.averageIncrementalAccuracy),
        forgetting: z.number().describe(SUMMARY_DEFINITIONS.forgetting),
        backwardTransfer: z.number().describe(SUMMARY_DEFINITIONS.backwardTransfer),
      })
      .describe("Of the continuum matrix, R."),
  })
  .describe("The results of a run of itaml: accuracies are fractions 0..1, times seconds.");

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
  sizes: readonly SizeAccuracy[],
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
    sizes: [...sizes],
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
