import { z } from "zod";
import { ItamlError } from "../base/errors.js";
import { sha256 } from "../files/checksums.js";
import type { FeatureExtractor } from "../nn/feature-extractor.js";
import { modelTensors, takeModel, takeTensor } from "../storage/model-files.js";
import { decodeSafetensors, encodeSafetensors } from "../storage/safetensors.js";
import type { OptimizerState } from "../training/optimizer-memory.js";
import type { TrainingState } from "../training/training-state.js";
import { type Origin, originSchema } from "./origin.js";

const FORMAT = "itaml-checkpoint-2";

/** A run in the middle of a task; what the learner knew before the task is in the run's tasks/NN. */
export interface Checkpoint {
  readonly training: TrainingState;
  /** Seconds that training of the task has taken. */
  readonly seconds: number;
  readonly origin: Origin;
}

const whole = z.int().min(0);
const seconds = z.number().min(0);
const stateSchema = z.strictObject({
  task: whole,
  position: z.strictObject({
    epoch: whole,
    batch: whole,
    lossSum: z.number(),
    steps: whole,
    unreadable: whole,
    seconds,
    dataSeconds: seconds,
  }),
  /** Of each optimiser: steps done, number of moments. */
  optimizers: z.array(z.strictObject({ steps: whole, moments: whole })),
  bestAccuracy: z.number().optional(),
  seconds,
});

/** Bytes of the checksum, which are the last ones: the tensor `sha256`, of all that is before it. */
const CHECKSUM = 32;

/**
 * A checkpoint as safetensors: the model's tensors as in model.safetensors, those of the best epoch with `best.` before
 * their names, moments as `optimizer.I.J.theta` and `optimizer.I.J.classifier`, and a checksum of everything.
 */
export function encodeCheckpoint(
  { training, seconds, origin }: Checkpoint,
  extractor: FeatureExtractor,
): Uint8Array {
  const { task, position, model, optimizers, best } = training;
  const tensors = modelTensors(model, extractor);
  for (const [name, tensor] of best ? modelTensors(best.model, extractor, "best.") : []) {
    tensors.set(name, tensor);
  }
  optimizers.forEach(({ moments }, i) => {
    moments.forEach(({ theta, classifier }, j) => {
      tensors.set(`optimizer.${i}.${j}.theta`, { data: theta, shape: [theta.length] });
      const shape = [classifier.length / extractor.featureSize, extractor.featureSize];
      tensors.set(`optimizer.${i}.${j}.classifier`, { data: classifier, shape });
    });
  });
  tensors.set("sha256", { data: new Uint8Array(CHECKSUM), shape: [CHECKSUM] });
  const state: z.output<typeof stateSchema> = {
    ...{ task, position, seconds },
    optimizers: optimizers.map(({ steps, moments }) => ({ steps, moments: moments.length })),
    ...(best && { bestAccuracy: best.accuracy }),
  };
  const bytes = encodeSafetensors(tensors, {
    format: FORMAT,
    network: extractor.network.name,
    state: JSON.stringify(state),
    origin: JSON.stringify(origin),
  });
  bytes.set(sha256(bytes.subarray(0, -CHECKSUM)), bytes.length - CHECKSUM);
  return bytes;
}

/**
 * @param file its name, for messages
 * @param accept looks at where the checkpoint came from, before it is believed to be of this network
 * @throws {ItamlError} FILE_INVALID; whatever `accept` throws
 */
export async function decodeCheckpoint(
  bytes: Uint8Array,
  extractor: FeatureExtractor,
  file: string,
  accept: (origin: Origin) => void | Promise<void>,
): Promise<Checkpoint> {
  const fail = (summary: string, problem: { expected?: string; found?: string } = {}): never => {
    throw new ItamlError("FILE_INVALID", summary, { where: file, ...problem });
  };
  const content = bytes.subarray(0, -CHECKSUM);
  if (!sha256(content).equals(bytes.subarray(-CHECKSUM))) {
    fail("the checkpoint is damaged", {
      expected: "its last 32 bytes to be the SHA-256 of the rest",
    });
  }
  const { tensors, metadata } = decodeSafetensors(bytes, file);
  if (metadata.format !== FORMAT) {
    fail("not a checkpoint", { expected: `format ${FORMAT}`, found: String(metadata.format) });
  }
  const parse = <T>(key: "origin" | "state", schema: z.ZodType<T>): T => {
    const parsed = schema.safeParse(parseJson(metadata[key] ?? ""));
    return parsed.success ? parsed.data : fail(`the checkpoint's ${key} can't be read`);
  };
  const origin = parse("origin", originSchema);
  await accept(origin);
  const state = parse("state", stateSchema);
  const take = (name: string, shape: readonly (number | undefined)[]) =>
    takeTensor(tensors, name, shape, file);
  const optimizers = state.optimizers.map(
    ({ steps, moments }, i): OptimizerState => ({
      steps,
      moments: Array.from({ length: moments }, (_, j) => ({
        theta: take(`optimizer.${i}.${j}.theta`, [extractor.parameters.size]),
        classifier: take(`optimizer.${i}.${j}.classifier`, [undefined, extractor.featureSize]),
      })),
    }),
  );
  const { task, position, bestAccuracy, seconds } = state;
  const model = takeModel(tensors, extractor, file);
  if (model.classifiers.length !== task + 1) fail("the checkpoint has a wrong number of tasks");
  const best = bestAccuracy !== undefined && {
    best: { accuracy: bestAccuracy, model: takeModel(tensors, extractor, file, "best.") },
  };
  return {
    training: { task, position, model, optimizers, ...best },
    ...{ seconds, origin },
  };
}

/** @returns undefined where it is none */
function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
