import { Lexer, Parser, parseDocument, stringify } from "yaml";
import { z } from "zod";
import { ItamlError, nearestName } from "../base/errors.js";
import { EXEMPLAR_SELECTIONS, type ExemplarSelection } from "../incremental/exemplar-memory.js";
import { METHOD_NAMES } from "../learners/baselines/index.js";
import { META_RULES, TASK_PREDICTIONS } from "../learners/itaml.js";
import { REDUCED_WIDTHS } from "../nn/reduced-resnet.js";
import { DEVICES } from "../runtime/runtime.js";
import { LOG_FORMATS } from "./log-formats.js";

/** Levels of YAML in a configuration, which has four: the parser calls itself for each of them. */
const MAXIMUM_DEPTH = 50;

const count = z.int().min(1);
const positive = z.number().positive();
const share = z.number().min(0).lt(1);
/** One value for all tasks, or one for each; the last of a list holds for the tasks after it. */
const perTask = <T extends z.ZodType>(value: T) => z.union([value, z.array(value).min(1)]);

const adamOptions = {
  beta1: share.default(0.9),
  beta2: share.default(0.999),
  epsilon: positive.default(1e-8),
};

/** Every key of a configuration, with its default; docs/configuration.md explains them. */
export const configSchema = z.strictObject({
  dataset: z.string(),
  data: z.string().optional(),
  learner: z.enum(["itaml", ...METHOD_NAMES]).default("itaml"),
  seed: z.int().min(0).default(1),

  classes: z.string().optional(),
  split: z
    .union([
      z.strictObject({ testShare: z.number().gt(0).lt(1) }),
      z.strictObject({ moreThan: z.int().min(0), train: count, test: count }),
    ])
    .optional(),
  images: z
    .strictObject({
      size: count,
      resize: count.optional(),
      testResize: count.optional(),
      background: z
        .string()
        .regex(/^(white|black|#[0-9a-f]{6})$/i, "expected white, black or #rrggbb")
        .optional(),
      broken: z.enum(["error", "skip"]).default("error"),
    })
    .optional(),
  normalization: z
    .strictObject({ mean: z.array(z.number()).min(1), std: z.array(positive).min(1) })
    .optional(),
  augmentation: z
    .strictObject({
      crop: z.enum(["padded", "resized"]).optional(),
      padding: count.optional(),
      flip: z.boolean().optional(),
      rotation: positive.max(180).optional(),
      brightness: share.optional(),
    })
    .default({}),

  classesPerTask: z.union([count, z.array(count).min(1)]),
  tasks: count.optional(),
  classOrder: z.enum(["natural", "shuffled"]).default("natural"),

  network: z
    .discriminatedUnion("name", [
      z.strictObject({
        name: z.literal("mlp"),
        hidden: z.array(count).max(100).default([400, 400]),
      }),
      z.strictObject({
        name: z.literal("reduced-resnet18"),
        widths: z
          .array(count)
          .length(4)
          .default([...REDUCED_WIDTHS]),
      }),
      z.strictObject({ name: z.literal("resnet18") }),
      z.strictObject({ name: z.literal("resnet32") }),
    ])
    .default({ name: "mlp", hidden: [400, 400] }),
  optimizer: z.discriminatedUnion("name", [
    z.strictObject({
      name: z.literal("sgd"),
      momentum: share.default(0),
      weightDecay: z.number().min(0).default(0),
    }),
    z.strictObject({ name: z.literal("adam"), ...adamOptions }),
    z.strictObject({ name: z.literal("radam"), ...adamOptions }),
  ]),
  learningRate: perTask(positive),
  epochs: perTask(count),
  milestones: z.array(z.int().min(0)).default([]),
  factor: positive.default(1),
  gradientNorm: positive.optional(),
  batchSize: count,
  validation: share.default(0),

  rule: z.enum(META_RULES).default("paper"),
  classifier: z.enum(["own", "interpolate"]).optional(),
  beta: z.number().min(0).default(1),
  innerSteps: perTask(count).default(1),
  memory: z.int().min(0).default(2000),
  exemplars: z.enum(EXEMPLAR_SELECTIONS).optional(),
  taskPrediction: z.enum(TASK_PREDICTIONS).default("head"),
  headTuning: z
    .strictObject({
      epochs: count.default(5),
      learningRate: positive.default(1e-3),
      batchSize: count.default(64),
    })
    .default({ epochs: 5, learningRate: 1e-3, batchSize: 64 }),
  adaptation: z
    .strictObject({
      epochs: count.optional(),
      steps: count.optional(),
      learningRate: positive.default(1e-3),
      batchSize: count.default(64),
    })
    .default({ learningRate: 1e-3, batchSize: 64 }),
  ewc: z.strictObject({ lambda: z.number().min(0).default(100) }).default({ lambda: 100 }),
  continuum: count.default(20),
  top: count.default(1),

  device: z.enum(DEVICES).default("cpu"),
  threads: count.optional(),
  logs: z.array(z.enum(LOG_FORMATS)).optional(),
});

/** A complete configuration. */
export type Config = z.output<typeof configSchema> & {
  classifier: "own" | "interpolate";
  exemplars: ExemplarSelection;
};

/** What a configuration may leave out. */
export type ConfigInput = z.input<typeof configSchema>;

/**
 * Checks a configuration and fills in what it leaves out.
 *
 * @param where its file, for messages
 * @throws {ItamlError} CONFIG_INVALID with the key, what was expected and what was found
 */
export function resolveConfig(input: unknown, where: string): Config {
  const config = checkBySchema(configSchema, input, where);
  const { learner, rule, innerSteps, adaptation } = config;
  if (rule !== "paper" && config.classifier === "own") {
    throw new ItamlError("CONFIG_INVALID", `the rule ${rule} has no classifiers of their own`, {
      where: `${where}: classifier`,
      expected: `"interpolate", or none, with rule: ${rule}`,
      found: '"own"',
    });
  }
  if (rule === "fomaml" && [innerSteps].flat().some((steps) => steps < 2)) {
    throw new ItamlError(
      "CONFIG_INVALID",
      "the rule fomaml moves by the step after the inner loop",
      {
        where: `${where}: innerSteps`,
        expected: "at least 2, that step among them",
        found: JSON.stringify(innerSteps),
      },
    );
  }
  if ((learner === "gdumb" || learner === "icarl") && config.memory === 0) {
    throw new ItamlError("CONFIG_INVALID", `${learner} is nothing without exemplars`, {
      where: `${where}: memory`,
      expected: "at least one sample for each class",
      found: "0",
    });
  }
  if (adaptation.epochs !== undefined && adaptation.steps !== undefined) {
    throw new ItamlError("CONFIG_INVALID", "adaptation has both epochs and steps", {
      where: `${where}: adaptation`,
      expected: "one of them",
    });
  }
  const { crop, padding } = config.augmentation;
  if ((crop === "padded") !== (padding !== undefined)) {
    throw new ItamlError("CONFIG_INVALID", "crop: padded and padding belong together", {
      where: `${where}: augmentation`,
      expected: "crop: padded with padding: 4, for example, or neither",
    });
  }
  return {
    ...config,
    classifier: config.classifier ?? (rule === "paper" ? "own" : "interpolate"),
    exemplars: config.exemplars ?? (learner === "icarl" ? "herding" : "random"),
  };
}

/**
 * Checks what was read from YAML.
 *
 * @throws {ItamlError} CONFIG_INVALID with the key, what was expected and what was found
 */
export function checkBySchema<Schema extends z.ZodObject>(
  schema: Schema,
  input: unknown,
  where: string,
): z.output<Schema> {
  const result = schema.safeParse(input);
  if (result.success) return result.data;
  throw invalidBySchema(schema, result.error.issues[0] as z.core.$ZodIssue, input, where);
}

/**
 * Reads a configuration from YAML.
 *
 * @throws {ItamlError} CONFIG_INVALID with the line
 */
export function parseConfigText(text: string, where: string): Record<string, unknown> {
  checkDepth(text, where);
  const document = parseDocument(text);
  const invalid = (error: Error, line?: number) =>
    new ItamlError("CONFIG_INVALID", "not valid YAML", {
      where: line === undefined ? where : `${where}, line ${line}`,
      found: error.message.split("\n")[0] as string,
    });
  const [error] = document.errors;
  if (error) throw invalid(error, error.linePos?.[0].line);
  let content: unknown;
  try {
    // Aliases could make a small file expand without end.
    content = document.toJS({ maxAliasCount: 0 });
  } catch (aliasError) {
    throw invalid(aliasError as Error);
  }
  if (typeof content !== "object" || content === null || Array.isArray(content)) {
    throw new ItamlError("CONFIG_INVALID", "not a configuration", {
      where,
      expected: "keys with values, such as dataset: mnist",
    });
  }
  return content as Record<string, unknown>;
}

/** The lexer and the first parser work with a stack of their own. */
function checkDepth(text: string, where: string): void {
  const parser = new Parser();
  for (const lexeme of new Lexer().lex(text)) {
    for (const _ of parser.next(lexeme));
    if (parser.stack.length > 2 * MAXIMUM_DEPTH) {
      throw new ItamlError("CONFIG_INVALID", "too many levels", {
        where,
        expected: `at most ${MAXIMUM_DEPTH}`,
      });
    }
  }
}

export function formatConfig(config: Config): string {
  return stringify(config);
}

/**
 * Applies `key=value`, or `key.key=value`, to a configuration; the value is read as YAML.
 *
 * @throws {ItamlError} USAGE where there is no `=`; CONFIG_INVALID where a key can't be one
 */
export function applySetting(config: Record<string, unknown>, setting: string): void {
  const equals = setting.indexOf("=");
  if (equals < 1) {
    throw new ItamlError("USAGE", "not a setting", {
      where: "--set",
      expected: "key=value, such as --set beta=0.5 or --set adaptation.steps=1",
      found: setting,
    });
  }
  const path = setting.slice(0, equals).split(".");
  // What objects inherit is no key of theirs.
  const inherited = path.find((key) => key in {});
  if (inherited !== undefined) {
    throw new ItamlError("CONFIG_INVALID", `unknown key "${inherited}"`, { where: "--set" });
  }
  const last = path.pop() as string;
  let target = config;
  for (const key of path) {
    const inner = target[key];
    const object = typeof inner === "object" && inner !== null ? { ...inner } : {};
    target[key] = object;
    target = object as Record<string, unknown>;
  }
  const { value } = parseConfigText(`value: ${setting.slice(equals + 1)}`, "--set");
  target[last] = value;
}

function invalidBySchema(
  schema: z.ZodObject,
  issue: z.core.$ZodIssue,
  input: unknown,
  where: string,
): ItamlError {
  // Of a union only the branch that came furthest says what is wrong.
  if (issue.code === "invalid_union" && issue.errors.length > 0) {
    const inner = issue.errors
      .map((issues) => issues[0] as z.core.$ZodIssue)
      .reduce((best, other) => (other.path.length > best.path.length ? other : best));
    if (inner.path.length > 0) {
      const path = [...issue.path, ...inner.path];
      return invalidBySchema(schema, { ...inner, path }, input, where);
    }
  }
  if (issue.code === "unrecognized_keys") {
    const key = issue.keys[0] as string;
    const known = knownKeys(schema, issue.path);
    const nearest = nearestName(key, known);
    return new ItamlError("CONFIG_INVALID", `unknown key "${[...issue.path, key].join(".")}"`, {
      where,
      ...(nearest
        ? { remedy: `Did you mean "${nearest}"` }
        : { expected: `one of ${known.join(", ")}` }),
    });
  }
  const found = issue.path.reduce<unknown>(
    (value, key) => (value as Record<PropertyKey, unknown> | undefined)?.[key],
    input,
  );
  return new ItamlError("CONFIG_INVALID", issue.message.replace(/^Invalid (input|option): /, ""), {
    where: issue.path.length > 0 ? `${where}: ${issue.path.join(".")}` : where,
    found: found === undefined ? "nothing" : JSON.stringify(found),
  });
}

/** The keys that a section of a file knows. */
function knownKeys(file: z.ZodObject, path: readonly PropertyKey[]): string[] {
  let schema: unknown = file;
  for (const key of path) schema = unwrap((schema as z.ZodObject).shape[key as string]);
  const options = (schema as { options?: z.ZodObject[] }).options ?? [schema as z.ZodObject];
  return [...new Set(options.flatMap((option) => Object.keys(option.shape ?? {})))];
}

function unwrap(schema: unknown): unknown {
  const inner = schema as { def?: { type: string; innerType?: unknown } };
  return inner.def?.innerType ? unwrap(inner.def.innerType) : schema;
}
