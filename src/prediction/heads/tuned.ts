import { part } from "../../base/part.js";
import { count, positive } from "../../base/settings.js";
import type { ExemplarMemory } from "../../incremental/exemplar-memory.js";
import { crossEntropy } from "../../losses/cross-entropy.js";
import type { LearnerContext } from "../../model/context.js";
import { type Model, wholeModel } from "../../model/model.js";
import type { LearnHooks } from "../../model/progress.js";
import { ExemplarTraining } from "../exemplar-training.js";
import type { Backbone, HeadFitter } from "../head.js";
import { discriminantHead } from "./discriminant.js";

/** How a copy of the base model is trained on the memory first, by the cross-entropy over all classes. */
export interface TuningSettings {
  readonly epochs: number;
  readonly learningRate: number;
  readonly batchSize: number;
}

/** The discriminant of the features of a copy of the base model that was trained on the memory. */
export function tuned(settings: TuningSettings): HeadFitter {
  return {
    taskEvidence: "probability",
    async fit(model, memory, context, hooks) {
      hooks.onProgress?.({ kind: "tuning", task: model.classifiers.length - 1 });
      const backbone = await tunedBackbone(model, memory, context, settings, hooks);
      return discriminantHead(model, memory, context, backbone);
    },
  };
}

async function tunedBackbone(
  model: Model,
  memory: ExemplarMemory,
  context: LearnerContext,
  settings: TuningSettings,
  { signal }: LearnHooks,
): Promise<Backbone> {
  const training = await ExemplarTraining.compile(context, settings, "learner.head", crossEntropy);
  try {
    const task = model.classifiers.length - 1;
    const copy = await training.train(wholeModel(model), memory.classes, [task], signal);
    return { theta: copy.theta, statistics: copy.statistics };
  } finally {
    await training.release();
  }
}

/** `head: tuned`. */
export const tunedPart = part({
  name: "tuned",
  title: "tuned discriminant analysis",
  source:
    "docs/task-prediction.md: of the features of a copy that was trained on the memory by Adam",
  settings: {
    epochs: count.default(5).describe("Passes over the memory."),
    learningRate: positive.default(1e-3).describe("Of Adam."),
    batchSize: count.default(64).describe("Samples of a mini-batch."),
  },
  create: tuned,
});
