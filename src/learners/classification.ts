import type { SampleSource } from "../data/samples.js";
import { modelWithHead } from "./head.js";
import type { Inference } from "./inference.js";
import { type Learner, taskSizes } from "./learner.js";
import {
  predictClass,
  predictTask,
  type TaskColumns,
  taskColumns,
  taskEvidence,
  taskScores,
} from "./task-prediction.js";

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
  const head = await learner.head();
  const logits = await inference.logits(modelWithHead(learner.model, head), source, indices);
  const columns = taskColumns(taskSizes(learner.model, inference.extractor));
  const evidence = taskEvidence(logits, columns, head.taskEvidence);
  const rows = indices.map((_, row) => row);
  const task = predictTask(evidence, rows);
  const own = await inference.logits(await learner.modelFor(task), source, indices);
  const { start } = columns[task] as TaskColumns;
  return {
    task,
    classes: rows.map((row) => start + predictClass(own, row)),
    scores: taskScores(evidence, rows),
  };
}

/** Classifies samples one by one: each one's class, counted over all classes seen. */
export async function classifyEach(
  learner: Learner,
  inference: Inference,
  source: SampleSource,
  indices: readonly number[],
): Promise<number[]> {
  const model = modelWithHead(learner.model, await learner.head());
  const logits = await inference.logits(model, source, indices);
  return indices.map((_, row) => predictClass(logits, row));
}
