import { joinClassifiers, type Model, type TaskModel } from "../model/model.js";
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
  { backbone = model, classifier, bias }: Head,
): TaskModel {
  return { theta: backbone.theta, statistics: backbone.statistics, classifier, bias };
}
