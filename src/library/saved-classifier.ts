import { z } from "zod";
import { ItamlError } from "../base/errors.js";
import { configSchema } from "../experiment/config.js";
import type { ClassifierOptions } from "./classifier-options.js";
import type { Label } from "./label.js";

/** Elements of a sample; a picture of 8192 × 8192 has fewer. */
const MAXIMUM_SAMPLE = 2 ** 28;

const { augmentation, device, memory, network, seed, threads } = configSchema.shape;

const settings = configSchema
  .pick({
    ...{ optimizer: true, learningRate: true, epochs: true, milestones: true, factor: true },
    ...{ batchSize: true, validation: true, continuum: true, rule: true, classifier: true },
    ...{ beta: true, innerSteps: true, exemplars: true, taskPrediction: true },
    ...{ headTuning: true, adaptation: true },
  })
  .partial();

const optionsSchema = z.strictObject({
  inputShape: z
    .array(z.int().min(1))
    .min(1)
    .max(8)
    .refine((shape) => shape.reduce((a, b) => a * b, 1) <= MAXIMUM_SAMPLE, "too large a sample"),
  inputType: z.enum(["uint8", "float32"]).optional(),
  mean: z.array(z.number()).min(1).optional(),
  std: z.array(z.number().positive()).min(1).optional(),
  network: z.union([z.string(), network]).optional(),
  augmentation: augmentation.optional(),
  memory: memory.optional(),
  seed: seed.optional(),
  plannedTasks: z.int().min(1).optional(),
  settings: settings.optional(),
  device: device.optional(),
  threads,
});

const savedSchema = z.object({
  version: z.literal(1),
  /** Its name, also where it is one of the application's own. */
  network: z.string(),
  options: optionsSchema,
  /** Labels of each task. */
  tasks: z.array(z.array(z.union([z.string(), z.number()])).min(1)),
});

/** classifier.json: what a classifier is made from again, beside its numbers and samples. */
export interface SavedClassifier {
  readonly version: 1;
  readonly network: string;
  readonly options: ClassifierOptions;
  readonly tasks: Label[][];
}

/** @throws {ItamlError} FILE_INVALID where it isn't JSON, or an option isn't one that a classifier can have */
export function parseSavedClassifier(bytes: Uint8Array, file: string): SavedClassifier {
  let content: unknown;
  try {
    content = JSON.parse(new TextDecoder().decode(bytes));
  } catch (cause) {
    throw new ItamlError("FILE_INVALID", "not valid JSON", { where: file }, { cause });
  }
  const { success, error } = savedSchema.safeParse(content);
  if (!success) {
    const [issue] = error.issues;
    throw new ItamlError("FILE_INVALID", "not a saved classifier", {
      where: file,
      found: `${issue?.path.join(".")}: ${issue?.message}`,
    });
  }
  // As it was saved: the schema's defaults are those of a configuration.
  return content as SavedClassifier;
}
