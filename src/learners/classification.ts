import { ItamlError } from "../base/errors.js";
import type { Inference, Rows } from "../model/inference.js";
import { allFinite, type TaskModel, taskSizes } from "../model/model.js";
import { type TaskColumns, taskColumns } from "../model/task-columns.js";
import { type Head, modelWithHead } from "../prediction/head.js";
import { discriminantHead } from "../prediction/heads/discriminant.js";
import { splitContinuum } from "../prediction/mixed-continuum.js";
import {
  predictClass,
  predictTask,
  taskEvidence,
  taskScores,
} from "../prediction/task-prediction.js";
import type { SampleSource } from "../samples/samples.js";
import type { Learner } from "./learner.js";
import { sums } from "./method.js";

/** What is known about a continuum. */
export interface ClassifiedContinuum {
  /** The task that all samples were taken to come from, counted from 0. */
  readonly task: number;
  /** For each sample its class, counted over all classes seen. */
  readonly classes: number[];
  /** S_i of each task, by which the task was chosen (paper, Algorithm 2). */
  readonly scores: number[];
}

/** Classifies samples that all come from one unknown task (paper, Algorithm 2). */
export async function classifyContinuum(
  learner: Learner,
  inference: Inference,
  source: SampleSource,
  indices: readonly number[],
): Promise<ClassifiedContinuum> {
  const { evidence } = await taskEvidenceOf(learner, inference, source, indices);
  const rows = indices.map((_, row) => row);
  const task = predictTask(evidence, rows);
  const classes = await classifyWithin(learner, inference, source, indices, task);
  return { task, classes, scores: taskScores(evidence, rows) };
}

/**
 * Classifies samples of one unknown task or several: each one's task, and its class counted over all classes seen.
 *
 * Where the learner's head gives no probabilities, a discriminant is fitted on the memory.
 *
 * @throws {ItamlError} INPUT_INVALID where it can't be, for want of exemplars
 */
export async function classifyMixed(
  learner: Learner,
  inference: Inference,
  source: SampleSource,
  indices: readonly number[],
): Promise<{ tasks: number[]; classes: number[] }> {
  const head = await probabilityHead(learner);
  const { evidence } = await taskEvidenceOf(learner, inference, source, indices, head);
  const rows = indices.map((_, row) => row);
  const tasks = splitContinuum(evidence, rows);
  const classes = new Array<number>(rows.length);
  for (const task of new Set(tasks)) {
    const own = rows.filter((row) => tasks[row] === task);
    const samples = own.map((row) => indices[row] as number);
    const found = await classifyWithin(learner, inference, source, samples, task);
    own.forEach((row, i) => {
      classes[row] = found[i] as number;
    });
  }
  return { tasks, classes };
}

/** Classifies samples one by one: each one's class, counted over all classes seen. */
export async function classifyEach(
  learner: Learner,
  inference: Inference,
  source: SampleSource,
  indices: readonly number[],
): Promise<number[]> {
  const { logits } = await headLogits(learner, inference, source, indices);
  return indices.map((_, row) => predictClass(logits, row));
}

/**
 * The same, and how probable each class is. What is improbable is better called unknown: a sample of a class that was
 * never learned gets some class, too.
 *
 * Where the learner's head gives no probabilities, a discriminant is fitted on the memory.
 *
 * @throws {ItamlError} INPUT_INVALID where it can't be, for want of exemplars
 */
export async function classifyWithConfidence(
  learner: Learner,
  inference: Inference,
  source: SampleSource,
  indices: readonly number[],
): Promise<{ class: number; confidence: number }[]> {
  const head = await probabilityHead(learner);
  const { logits } = await headLogits(learner, inference, source, indices, head);
  const each = Array.from({ length: logits.columns }, (_, i) => ({ start: i, end: i + 1 }));
  const logProbabilities = taskEvidence(logits, each, "probability");
  return indices.map((_, row) => {
    const predicted = predictClass(logProbabilities, row);
    const at = row * logits.columns + predicted;
    return { class: predicted, confidence: Math.exp(logProbabilities.data[at] as number) };
  });
}

async function headLogits(
  learner: Learner,
  inference: Inference,
  source: SampleSource,
  indices: readonly number[],
  given?: Head,
) {
  const head = given ?? (await learner.head());
  return {
    head,
    logits: await finiteLogits(modelWithHead(learner.model, head), inference, source, indices),
  };
}

async function taskEvidenceOf(
  learner: Learner,
  inference: Inference,
  source: SampleSource,
  indices: readonly number[],
  given?: Head,
) {
  const { head, logits } = await headLogits(learner, inference, source, indices, given);
  const columns = taskColumns(taskSizes(learner.model, inference.extractor));
  return { head, evidence: taskEvidence(logits, columns, head.taskEvidence) };
}

/** Classes, counted over all classes seen, by the task's own model. */
async function classifyWithin(
  learner: Learner,
  inference: Inference,
  source: SampleSource,
  indices: readonly number[],
  task: number,
): Promise<number[]> {
  const logits = await finiteLogits(await learner.modelFor(task), inference, source, indices);
  const { start } = taskColumns(taskSizes(learner.model, inference.extractor))[task] as TaskColumns;
  return indices.map((_, row) => start + predictClass(logits, row));
}

/** Logits that can be compared: a sample's values may be so large that the network's are infinite. */
async function finiteLogits(
  model: TaskModel,
  inference: Inference,
  source: SampleSource,
  indices: readonly number[],
): Promise<Rows> {
  const logits = await inference.logits(model, source, indices);
  if (allFinite(logits.data)) return logits;
  const stray = logits.data.findIndex((value) => !Number.isFinite(value));
  throw new ItamlError("INPUT_INVALID", "a sample that the network can't compute", {
    where: `image ${Math.floor(stray / logits.columns)}`,
    expected: "values of the size of those that were learned",
    found: `a logit of ${logits.data[stray]}`,
  });
}

/** The learner's head, or one fitted for the purpose: logits that training never compared are no probabilities. */
async function probabilityHead(learner: Learner): Promise<Head> {
  const { method, model, memory, context } = learner;
  if (sums(method) || method.head.taskEvidence === "probability") {
    const own = await learner.head();
    if (own.taskEvidence === "probability") return own;
  }
  const fitted = await discriminantHead(model, memory, context);
  if (fitted) return fitted;
  throw new ItamlError("INPUT_INVALID", "these logits are no probabilities", {
    where: "learner.head",
    expected: "discriminant or tuned, or exemplars to fit one",
    remedy: "Learn with a learner that has a memory",
  });
}

/** Whether {@link classifyWithConfidence} compares classes as {@link classifyEach} does. */
export async function hasProbabilities(learner: Learner): Promise<boolean> {
  return (await learner.head()).taskEvidence === "probability";
}
