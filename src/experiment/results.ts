import { z } from "zod";
import { ItamlError } from "../base/errors.js";
import {
  ACCURACIES,
  defined,
  type Metric,
  SUMMARIES,
  type Summary,
  summarize,
  TIMES,
} from "../incremental/metrics.js";
import type { TaskOutcome } from "../learners/scenario.js";

const count = z.int().min(0);
const fraction = z.number().min(0).max(1);
const taskNumber = count.describe("From 0; tables and messages count from 1.");
const classNumber = count.describe("Index into the data set's classes, from 0.");

/** Metrics as keys, each a number with its definition. */
function numbers<Name extends string>(metrics: Readonly<Record<Name, Metric>>) {
  const shape = Object.entries<Metric>(metrics).map(([name, metric]) => {
    return [name, z.number().describe(defined(metric))] as const;
  });
  return z.object(Object.fromEntries(shape) as Record<Name, z.ZodNumber>);
}

const accuracy = (metric: Metric) => fraction.describe(defined(metric));
const continuum = z.object({
  p: count.describe("Samples of a continuum: a group from one unknown task."),
  classAccuracy: accuracy(ACCURACIES.continuum),
  taskAccuracy: accuracy(ACCURACIES.task),
});
const matrix = z.array(z.array(fraction));

const taskSchema = z.object({
  task: taskNumber,
  classes: z
    .array(count)
    .describe("Classes that the task brought, as indices into the data set's, from 0."),
  testSamples: count.describe("Test samples of all classes seen."),
  continuum: continuum.describe("Samples in continua of the configured p."),
  single: z
    .object({
      classAccuracy: accuracy(ACCURACIES.single),
      taskAccuracy: fraction.describe(
        "Share of samples whose class is at least of the right task.",
      ),
    })
    .describe("Every sample alone, among all classes seen."),
  oracle: z.object({ classAccuracy: accuracy(ACCURACIES.oracle) }).describe("The task is given."),
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
  seconds: numbers(TIMES),
});

const classSchema = z.object({
  class: classNumber,
  name: z.string(),
  task: taskNumber,
  testSamples: count,
  continuum: accuracy(ACCURACIES.continuum),
  single: accuracy(ACCURACIES.single),
  oracle: accuracy(ACCURACIES.oracle),
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
    classes: z
      .array(classSchema)
      .optional()
      .describe(
        "The accuracies of each class that has test samples, after the last task, in the order of learning. Runs of version 0.2.0 and before don't have them.",
      ),
    confusedClasses: z
      .array(z.object({ class: classNumber, predicted: classNumber, samples: count.min(1) }))
      .optional()
      .describe(
        "Test samples that are taken for another class, each alone, after the last task; pairs of classes that don't occur are left out. Runs of version 0.2.0 and before don't have them.",
      ),
    matrix: z
      .object({ continuum: matrix, single: matrix, oracle: matrix })
      .describe(
        "[task][earlier task or itself]: class accuracy on its test samples after that task.",
      ),
    summary: numbers(SUMMARIES).describe("Of the continuum matrix, R."),
  })
  .describe("The results of a run of itaml: accuracies are fractions 0..1, times seconds.");

/** results.json: fractions 0..1, seconds. */
export type Results = z.output<typeof resultsSchema>;
export type TaskResult = Results["tasks"][number];
export type ClassResult = NonNullable<Results["classes"]>[number];

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

/**
 * The results with one task more.
 *
 * @param names of all classes of the data set
 */
export function addTask(
  results: Results,
  { classes, accuracies, sizes, byClass, seconds }: Omit<TaskOutcome, "task" | "predictions">,
  names: readonly string[],
): Results {
  const { testSamples, continuum, single, oracle } = accuracies;
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
  const tasks = [...results.tasks, task];
  const learned = tasks.flatMap((own) => own.classes.map((label) => ({ label, task: own.task })));
  const at = (position: number) => learned[position] as (typeof learned)[number];
  // In the order of the schema, as results that were read have it: the same run writes the same bytes.
  const { matrix: _, summary: __, ...run } = results;
  return {
    ...run,
    tasks,
    classes: byClass.classes.map(({ class: position, ...own }) => ({
      class: at(position).label,
      name: names[at(position).label] as string,
      task: at(position).task,
      ...own,
    })),
    confusedClasses: byClass.confused.map(({ class: position, predicted, samples }) => ({
      class: at(position).label,
      predicted: at(predicted).label,
      samples,
    })),
    matrix,
    summary: summarize(matrix.continuum),
  };
}

/** The results of the first tasks alone. */
export function firstTasks(results: Results, tasks: number): Results {
  if (tasks === results.tasks.length) return results;
  const matrix = {
    continuum: results.matrix.continuum.slice(0, tasks),
    single: results.matrix.single.slice(0, tasks),
    oracle: results.matrix.oracle.slice(0, tasks),
  };
  // Classes are those after the last task.
  const { classes: _, confusedClasses: __, ...others } = results;
  return {
    ...others,
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
