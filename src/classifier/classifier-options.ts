import { ItamlError } from "../base/errors.js";
import * as z from "../base/schema.js";
import type { Runtime } from "../runtime/runtime.js";
import type { Augmentation } from "../samples/augmentation.js";
import type { InputDescription } from "../samples/input-description.js";
import { checkInput } from "./check-input.js";
import { chosenLearner, isNetwork, type LearningOptions } from "./learner.js";

/** What a classifier is, wherever it runs. */
export interface PortableOptions extends LearningOptions {
  /** Shape of one sample, channels first: [1, 28, 28] for a grey image, [512] for a feature vector. */
  readonly inputShape: readonly number[];
  /** Default: `uint8`, pixels 0..255. */
  readonly inputType?: InputDescription["type"] | undefined;
  /** Subtracted from values (of pixels: scaled to 0..1), one for each channel or one for all. Default: 0. */
  readonly mean?: readonly number[] | undefined;
  /** What values are divided by then, likewise. Default: 1. */
  readonly std?: readonly number[] | undefined;
  /** How images are varied in training; they must be square then, of pixels. Default: not at all. */
  readonly augmentation?: Augmentation | undefined;
  /** Default: 1. */
  readonly seed?: number | undefined;
  /** Number of tasks to come, where it is known: T of the step size η = exp(−β·t/T). */
  readonly plannedTasks?: number | undefined;
}

export interface ClassifierOptions extends PortableOptions {
  /** What runs its graphs. */
  readonly runtime: Runtime;
}

/** Elements of a sample; a picture of 8192 × 8192 has fewer. */
const MAXIMUM_SAMPLE = 2 ** 28;

const count = z.int().min(1);

/** A part by its name or its settings, which are checked when it is chosen among the parts at hand. */
const chosen = z.union([z.string(), z.looseObject({ name: z.string() })]);

/** The options that are saved. */
export const savedOptionsSchema = z.strictObject({
  inputShape: z
    .array(count)
    .min(1)
    .max(8)
    .refine((shape) => shape.reduce((a, b) => a * b, 1) <= MAXIMUM_SAMPLE, "too large a sample"),
  inputType: z.enum(["uint8", "float32"]).optional(),
  mean: z.array(z.number()).min(1).optional(),
  std: z.array(z.number().positive()).min(1).optional(),
  network: chosen.optional(),
  learner: chosen.optional(),
  augmentation: z
    .strictObject({
      crop: z.enum(["padded", "resized"]).optional(),
      padding: count.optional(),
      flip: z.boolean().optional(),
      rotation: z.number().positive().max(180).optional(),
      brightness: z.number().min(0).lt(1).optional(),
    })
    .optional(),
  memory: z.int().min(0).optional(),
  seed: z.int().min(0).optional(),
  plannedTasks: count.optional(),
  settings: z.record(z.string(), z.unknown()).optional(),
});

/** The options that an application gives: a network and parts of its own, too. */
export const portableOptionsSchema = savedOptionsSchema.extend({
  network: z
    .union([chosen, z.custom(isNetwork, "expected a network: { name, features }")])
    .optional(),
  parts: z.record(z.string(), z.array(z.looseObject({ name: z.string() }))).optional(),
});

const optionsSchema = portableOptionsSchema.extend({
  runtime: z.custom<Runtime>(
    (value) => typeof (value as Runtime | undefined)?.compile === "function",
    "expected a runtime",
  ),
});

/** @throws {ItamlError} INPUT_INVALID with the option, what was expected and what was found */
export function checkOptions(options: ClassifierOptions, where: string): void {
  checkInput(optionsSchema, options, where);
  chosenLearner(options, where);
  const { inputShape, mean, std, augmentation } = options;
  const [channels] = inputShape;
  for (const [name, values] of Object.entries({ mean, std })) {
    if (values === undefined || values.length === 1 || values.length === channels) continue;
    throw new ItamlError("INPUT_INVALID", `${name} has another number of channels`, {
      where,
      expected: `1 number, or ${channels}, one for each channel of inputShape`,
      found: String(values.length),
    });
  }
  if (augmentation && (augmentation.crop === "padded") !== (augmentation.padding !== undefined)) {
    throw new ItamlError("INPUT_INVALID", "crop: padded and padding belong together", {
      where: `${where}: augmentation`,
      expected: "crop: padded with padding: 4, for example, or neither",
    });
  }
}
