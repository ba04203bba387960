import * as z from "../base/schema.js";
import { EXEMPLAR_SELECTIONS } from "../incremental/exemplar-memory.js";
import { Itaml, type ItamlSettings, META_RULES, TASK_PREDICTIONS } from "../learners/itaml.js";
import type { Learner, SavedLearner } from "../learners/learner.js";
import type { LearnerContext } from "../model/context.js";

/** How an {@link IncrementalClassifier} learns unless it is told otherwise: as configs/strokes.yaml. */
export const DEFAULT_SETTINGS: Omit<ItamlSettings, "memory"> = {
  optimizer: { name: "sgd", momentum: 0.9 },
  learningRate: 0.05,
  epochs: 20,
  milestones: [10, 15],
  factor: 0.2,
  batchSize: 64,
  validation: 0,
  continuum: 20,
  rule: "paper",
  classifier: "own",
  beta: 0,
  innerSteps: 1,
  exemplars: "random",
  taskPrediction: "head",
  headTuning: { epochs: 5, learningRate: 1e-3, batchSize: 64 },
  adaptation: { epochs: 1, learningRate: 1e-4, batchSize: 64 },
};

/** Whatever should differ from {@link DEFAULT_SETTINGS}. */
export type Settings = Partial<Omit<ItamlSettings, "memory">>;

const count = z.int().min(1);
const positive = z.number().positive();
const share = z.number().min(0).lt(1);
const perTask = <T extends z.ZodType>(value: T) => z.union([value, z.array(value).min(1)]);
const moments = { beta1: share.optional(), beta2: share.optional(), epsilon: positive.optional() };

/** Of {@link Settings}. */
export const settingsSchema = z.strictObject({
  optimizer: z
    .discriminatedUnion("name", [
      z.strictObject({
        name: z.literal("sgd"),
        momentum: share.optional(),
        weightDecay: z.number().min(0).optional(),
      }),
      z.strictObject({ name: z.literal("adam"), ...moments }),
      z.strictObject({ name: z.literal("radam"), ...moments }),
    ])
    .optional(),
  learningRate: perTask(positive).optional(),
  epochs: perTask(count).optional(),
  milestones: z.array(z.int().min(0)).optional(),
  factor: positive.optional(),
  gradientNorm: positive.optional(),
  batchSize: count.optional(),
  validation: share.optional(),
  continuum: count.optional(),
  rule: z.enum(META_RULES).optional(),
  classifier: z.enum(["own", "interpolate"]).optional(),
  beta: z.number().min(0).optional(),
  innerSteps: perTask(count).optional(),
  exemplars: z.enum(EXEMPLAR_SELECTIONS).optional(),
  taskPrediction: z.enum(TASK_PREDICTIONS).optional(),
  headTuning: z
    .strictObject({ epochs: count, learningRate: positive, batchSize: count })
    .optional(),
  adaptation: z
    .strictObject({
      epochs: count.optional(),
      steps: count.optional(),
      learningRate: positive,
      batchSize: count,
    })
    .optional(),
});

/** The learner of a classifier: nothing else knows which it is. */
export function createLearner(
  context: LearnerContext,
  { memory = 2000, settings }: { memory?: number | undefined; settings?: Settings | undefined },
  saved?: SavedLearner,
): Promise<Learner> {
  return Itaml.create(context, { ...DEFAULT_SETTINGS, memory, ...settings }, saved);
}
