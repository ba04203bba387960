import { joinClassifiers, type Model, type TaskModel } from "./model.js";
import type { TaskEvidence } from "./task-prediction.js";

/** A linear classifier of the base model's features, by which all classes seen are compared. */
export interface Head {
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

/** The base model with a head; θ and the statistics share the model's memory. */
export function modelWithHead(model: Model, { classifier, bias }: Head): TaskModel {
  return { theta: model.theta, statistics: model.statistics, classifier, bias };
}
