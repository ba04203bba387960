import { isDeepStrictEqual } from "node:util";
import { stringify } from "yaml";
import { z } from "zod";
import { checkBySchema } from "../base/check.js";
import { didYouMean, ItamlError } from "../base/errors.js";
import { oncePer } from "../base/once.js";
import { count, positive, share, threads } from "../base/settings.js";
import { imageSettingsSchema } from "../data/image-settings.js";
import { featuresSchema } from "../features/index.js";
import {
  learnerShape,
  refuseUnused,
  summingLearner,
  TRAINING_KEYS,
  type TrainingKey,
} from "../learners/settings.js";
import { DEVICES } from "../runtime/runtime.js";
import { isOldConfig, oldKeys, upgradeConfig } from "../storage/old-settings.js";
import { LOG_FORMATS } from "./log-formats.js";
import { builtInParts, type Parts } from "./parts.js";

/** The schema of a configuration: every key with its meaning and its default. */
export function configSchema(parts: Parts) {
  return z.strictObject({
    dataset: z.string().describe("Name of a data set (`itaml data list`)."),
    data: z.string().optional().describe("Folder of its files. Without: `data/NAME`."),
    plugins: z
      .array(z.string())
      .optional()
      .describe("Modules that bring further parts ([plugins.md](plugins.md))."),
    seed: z
      .int()
      .min(0)
      .default(1)
      .describe("Of everything random: initial parameters, order, exemplars, continua."),

    classes: z
      .string()
      .optional()
      .describe(
        "Of picture files: a file with the names of the classes to take, one a line, in their order. Without: all.",
      ),
    split: z
      .union([
        z.strictObject({ testShare: z.number().gt(0).lt(1) }),
        z.strictObject({ moreThan: z.int().min(0), train: count, test: count }),
      ])
      .optional()
      .describe(
        "Of picture files without a test folder: `{testShare: 0.2}`, the share of each class that is for testing, or `{moreThan: 45, train: 30, test: 15}`, so many of each class with more than `moreThan`. It doesn't depend on the seed.",
      ),
    images: imageSettingsSchema
      .optional()
      .describe("How picture files become samples; required for them."),
    normalization: z
      .strictObject({
        mean: z.array(z.number()).min(1).describe("Subtracted."),
        std: z.array(positive).min(1).describe("Divided by."),
      })
      .optional()
      .describe("In 0..1, one number for each channel or one for all. Without: the data set's."),
    augmentation: z
      .strictObject({
        crop: z
          .enum(["padded", "resized"])
          .optional()
          .describe(
            "`padded`: a window anywhere on the picture with a black border; `resized`: a window of 8 to 100 % of the area, scaled.",
          ),
        padding: count.optional().describe("Width of the border of `crop: padded`."),
        flip: z.boolean().optional().describe("Whether half of the pictures are mirrored."),
        rotation: positive.max(180).optional().describe("Degrees at most."),
        brightness: share.optional().describe("Share at most."),
      })
      .default({})
      .describe(
        "How training pictures are varied, seeded by sample and epoch. Without: not at all.",
      ),

    features: featuresSchema(parts.extractors)
      .optional()
      .describe(
        "A frozen network that turns pictures into features, on which the learner stands ([features.md](features.md)): one of these by its name or with settings, or an ONNX file. Without: pictures themselves are learned.",
      ),

    classesPerTask: z
      .union([count, z.array(count).min(1)])
      .describe(
        "Classes of each task: a number (a remainder makes a smaller last task), or a list.",
      ),
    tasks: count.optional().describe("Number of tasks. Without: all that there are classes for."),
    classOrder: z
      .enum(["natural", "shuffled"])
      .default("natural")
      .describe("`natural`, or `shuffled` by the seed."),

    ...learnerShape(parts),
    top: count
      .default(1)
      .describe(
        "k: a class counts as right among the k largest logits (5 for ImageNet and MS-Celeb in the paper); less than the classes of the smallest task.",
      ),

    device: z
      .enum(DEVICES)
      .default("cpu")
      .describe("Where it runs; an error where it isn't there."),
    threads: threads.optional().describe("Threads of the CPU. Without: one for each core."),
    logs: z
      .array(z.enum(LOG_FORMATS))
      .optional()
      .describe(
        "What a run writes for other programs while it trains: `csv` (`metrics.csv`), `tensorboard` (`tensorboard/`); [results.md](results.md). Without: nothing.",
      ),
  });
}

type ConfigSchema = ReturnType<typeof configSchema>;

type Complete = z.output<ConfigSchema>;

/** A complete configuration; of a learner that sums without settings of training. */
export type Config = Omit<Complete, TrainingKey> & Partial<Pick<Complete, TrainingKey>>;

/** What a configuration may leave out. */
export type ConfigInput = z.input<ConfigSchema>;

/**
 * Checks a configuration and fills in what it leaves out.
 *
 * @param where its file, for messages
 * @param parts what it can choose among. Default: what comes with the program
 * @throws {ItamlError} CONFIG_INVALID with the key, what was expected and what was found
 */
export function resolveConfig(input: unknown, where: string, parts: Parts = builtInParts): Config {
  if (isOldConfig(input as object)) throw oldForm(input as Record<string, unknown>, where);
  const content = withIdentity(input);
  const summing = summingLearner((content as Content | null)?.learner, parts);
  if (summing !== undefined) {
    refuseUnused(summing, unusedKeys(content as Content), where);
  }
  const config: Config =
    summing === undefined
      ? checkBySchema(schemaOf(parts), content, where)
      : checkBySchema(summingSchemaOf(parts), content, where);
  const { crop, padding } = config.augmentation;
  if ((crop === "padded") !== (padding !== undefined)) {
    throw new ItamlError("CONFIG_INVALID", "crop: padded and padding belong together", {
      where: `${where}: augmentation`,
      expected: "crop: padded with padding: 4, for example, or neither",
    });
  }
  if (config.features && Object.keys(config.augmentation).length > 0) {
    throw new ItamlError("CONFIG_INVALID", "features can't be augmented", {
      where: `${where}: augmentation`,
      expected: "no augmentation beside features, which are computed once for each picture",
      remedy: "Remove augmentation, or features",
    });
  }
  if (config.features && config.normalization) {
    throw new ItamlError("CONFIG_INVALID", "features are not normalised", {
      where: `${where}: normalization`,
      expected: "no normalization beside features, whose network has its own",
      remedy: "Remove normalization, or write mean and std in features of a network of yours",
    });
  }
  return config;
}

type Content = Record<string, unknown>;

const OF_TRAINING = Object.fromEntries(TRAINING_KEYS.map((key) => [key, true])) as Record<
  TrainingKey,
  true
>;

// Schemas take long to build, beside what they check: a sweep of fifty runs has those of one.
const schemaOf = oncePer(configSchema);
const summingSchemaOf = oncePer((parts: Parts) => schemaOf(parts).omit(OF_TRAINING));

/** Varies what is passed over several times. */
const AUGMENTATION = "augmentation";

/** What a configuration sets that a learner which trains nothing has no use for. */
function unusedKeys(content: Content): string[] {
  return [...TRAINING_KEYS, AUGMENTATION].filter(
    (key) => content[key] !== undefined && !isDeepStrictEqual(content[key], {}),
  );
}

/**
 * A configuration without what its learner has no use for.
 *
 * @param kept keys that stay, to be refused
 */
export function withoutUnused(
  content: Content,
  parts: Parts,
  kept: readonly string[] = [],
): Content {
  if (summingLearner(content.learner, parts) === undefined) return content;
  const unused = unusedKeys(content).filter((key) => !kept.includes(key));
  const used = Object.entries(content).filter(([key]) => !unused.includes(key));
  return {
    ...Object.fromEntries(used),
    ...(unused.includes(AUGMENTATION) && { [AUGMENTATION]: {} }),
  };
}

/** On features no further network stands unless one is named. */
function withIdentity(input: unknown): unknown {
  const hasFeatures = (input as { features?: unknown } | null)?.features !== undefined;
  return hasFeatures ? { network: "identity", ...(input as object) } : input;
}

/** What a learner is told that stood beside it up to version 0.2, by the same name. */
const OF_LEARNERS = ["memory", "exemplars", "adaptation"];

/** A configuration of version 0.2 or before is refused with its new form. */
function oldForm(input: Record<string, unknown>, where: string): ItamlError {
  const old = oldKeys(input);
  // Beside a learner in today's form it is what is easily forgotten.
  if (typeof input.learner === "object" && old.every((key) => OF_LEARNERS.includes(key))) {
    return new ItamlError("CONFIG_INVALID", "a setting of the learner", {
      where: `${where}: ${old.join(", ")}`,
      ...didYouMean(old.map((key) => `learner.${key}`).join('", "')),
    });
  }
  const { learner, schedule } = upgradeConfig(input);
  return new ItamlError("CONFIG_INVALID", "a configuration in the form of version 0.2", {
    where,
    expected: "a learner with settings of its own, and a schedule",
    found: old.join(", "),
    remedy: `In place of these write\n\n${stringify({ learner, schedule })}`,
  });
}

export function formatConfig(config: Config): string {
  return stringify(config);
}
