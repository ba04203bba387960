import { ItamlError } from "../base/errors.js";
import type { ExemplarMemory } from "../incremental/exemplar-memory.js";
import type { LearnerContext } from "../model/context.js";
import { allFinite, joinClassifiers, type Model, type TaskModel } from "../model/model.js";
import type { LearnHooks } from "../model/progress.js";
import { type TaskColumns, taskColumns } from "../model/task-columns.js";
import type { TaskEvidence } from "./task-prediction.js";

/** Parameters θ and statistics that features come from. */
export type Backbone = Pick<TaskModel, "theta" | "statistics">;

/** A linear classifier of features, by which all classes seen are compared. */
export interface Head {
  /** Default: the base model's. */
  readonly backbone?: Backbone | undefined;
  /** [classes, featureSize] */
  readonly classifier: Float32Array;
  /** [classes] */
  readonly bias: Float32Array;
  /** Whether the rows are of the features' square roots. Default: of the features. */
  readonly ofRoots?: boolean | undefined;
  /** What a sample's logits say about its task. */
  readonly taskEvidence: TaskEvidence;
}

/** The rows that training made, φ (paper, Algorithm 2). */
export function trainedHead({ classifiers }: Model, featureSize: number): Head {
  const classifier = joinClassifiers(classifiers);
  const bias = new Float32Array(classifier.length / featureSize);
  return { classifier, bias, taskEvidence: "maximum" };
}

/** The base model with a head; θ and the statistics share its memory, or the head's. */
export function modelWithHead(
  model: Model,
  { backbone = model, classifier, bias, ofRoots }: Head,
): TaskModel {
  return { theta: backbone.theta, statistics: backbone.statistics, classifier, bias, ofRoots };
}

/** The base model with the rows of a head that are one task's: whoever is told the task compares its classes alone. */
export function headRows(
  model: Model,
  head: Head,
  sizes: readonly number[],
  task: number,
): TaskModel {
  const whole = modelWithHead(model, head);
  const { start, end } = taskColumns(sizes)[task] as TaskColumns;
  const size = whole.classifier.length / head.bias.length;
  return {
    ...whole,
    classifier: whole.classifier.subarray(start * size, end * size),
    bias: head.bias.subarray(start, end),
  };
}

/** @throws {ItamlError} LOSS_NOT_FINITE */
export function refuseInfinite({ classifier, bias }: Head, task: number): void {
  if (allFinite(classifier) && allFinite(bias)) return;
  throw notComputable("a head that is not finite", `task ${task + 1}`);
}

/** Samples of which there are numbers too large to go on with. */
export function notComputable(what: string, where: string): ItamlError {
  return new ItamlError("LOSS_NOT_FINITE", what, {
    where,
    expected: "samples whose values are of the same size",
    remedy:
      "Leave out samples with values far beyond those of others, which may stand for missing ones",
  });
}

/** How a head comes about after every task, as a value. */
export interface HeadFitter {
  readonly taskEvidence: TaskEvidence;
  /**
   * @param memory with exemplars of all classes seen
   * @returns undefined where there is no exemplar that can be read: the rows that training made are the head then
   * @throws {ItamlError} INTERRUPTED, LOSS_NOT_FINITE
   */
  fit(
    model: Model,
    memory: ExemplarMemory,
    context: LearnerContext,
    hooks: LearnHooks,
  ): Promise<Head | undefined>;
}
