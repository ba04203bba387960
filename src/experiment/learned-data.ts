import { z } from "zod";
import { ItamlError } from "../base/errors.js";
import type { InputDescription } from "../samples/input-description.js";
import type { Dataset } from "../samples/samples.js";
import type { TaskSamples } from "./task-samples.js";

const channels = z.array(z.number()).min(1);
const learnedDataSchema = z.object({
  version: z.literal(1),
  /** What a sample is. */
  input: z.object({
    shape: z.array(z.int().min(1)).min(1),
    type: z.enum(["uint8", "float32"]),
    mean: channels,
    std: channels,
  }),
  /** Names of the classes of each task, in the order in which they were learned. */
  tasks: z.array(z.array(z.string()).min(1)).min(1),
  /** How many training samples each class has; runs of version 0.3 and before don't say. */
  samples: z.array(z.array(z.int().min(1))).optional(),
});

/** What a learner knows of its data set, without which nobody could use it. */
export interface LearnedData {
  readonly input: InputDescription;
  readonly tasks: readonly (readonly string[])[];
  /** Numbers of the training samples of these classes, where they were counted. */
  readonly samples?: readonly (readonly number[])[] | undefined;
}

/** What is known of a data set after the first tasks of its samples were learned. */
export function learnedDataOf(
  { input, classes }: Dataset,
  { tasks, train }: TaskSamples,
  learned: number,
): LearnedData {
  return {
    input,
    tasks: tasks.slice(0, learned).map((own) => own.map((label) => classes[label] as string)),
    samples: train.slice(0, learned).map((own) => own.map(({ length }) => length)),
  };
}

export function formatLearnedData({ input, tasks, samples }: LearnedData): string {
  const { shape, type, mean, std } = input;
  const content = { version: 1, input: { shape, type, mean, std }, tasks, samples };
  return `${JSON.stringify(content, undefined, 2)}\n`;
}

/** @throws {ItamlError} FILE_INVALID */
export function parseLearnedData(text: string, file: string): LearnedData {
  let content: unknown;
  try {
    content = JSON.parse(text);
  } catch (cause) {
    throw new ItamlError("FILE_INVALID", "not valid JSON", { where: file }, { cause });
  }
  const { success, data, error } = learnedDataSchema.safeParse(content);
  if (success) return data;
  const [issue] = error.issues;
  throw new ItamlError("FILE_INVALID", "not what a run learned", {
    where: file,
    found: `${issue?.path.join(".")}: ${issue?.message}`,
  });
}
