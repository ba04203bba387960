import { ItamlError } from "../base/errors.js";
import * as z from "../base/schema.js";
import { ExemplarMemory } from "../incremental/exemplar-memory.js";
import { allFinite, type LearnerState, type Model, type StateShapes } from "../model/model.js";
import type { FeatureExtractor } from "../nn/feature-extractor.js";
import type { Layout } from "../nn/layout.js";
import { decodeSafetensors, encodeSafetensors, type StoredTensor } from "./safetensors.js";

const FORMAT = "itaml-model-1";
const STATE_FORMAT = "itaml-learner-1";

/** A model as safetensors: `theta.NAME`, `statistics.NAME`, and `classifier.I` for each task. */
export function encodeModel(model: Model, extractor: FeatureExtractor): Uint8Array {
  const tensors = modelTensors(model, extractor);
  return encodeSafetensors(tensors, { format: FORMAT, network: extractor.network.name });
}

/** The tensors of a model; they share its memory. */
export function modelTensors(
  model: Model,
  extractor: FeatureExtractor,
  prefix = "",
): Map<string, StoredTensor> {
  const tensors = new Map<string, StoredTensor>();
  const store = (group: string, layout: Layout, buffer: Float32Array) => {
    for (const { name, shape } of layout.entries) {
      tensors.set(`${prefix}${group}.${name}`, { data: layout.view(buffer, name), shape });
    }
  };
  store("theta", extractor.parameters, model.theta);
  store("statistics", extractor.statistics, model.statistics);
  model.classifiers.forEach((classifier, task) => {
    const shape = [classifier.length / extractor.featureSize, extractor.featureSize];
    tensors.set(`${prefix}classifier.${task}`, { data: classifier, shape });
  });
  return tensors;
}

/**
 * @param file its name, for messages
 * @throws {ItamlError} FILE_INVALID where it isn't a model of this network with finite numbers
 */
export function decodeModel(bytes: Uint8Array, extractor: FeatureExtractor, file: string): Model {
  return takeModel(tensorsOf(bytes, FORMAT, "not a model of itaml", file), extractor, file);
}

/** Tensors of a file that must have this format. */
function tensorsOf(bytes: Uint8Array, format: string, otherwise: string, file: string) {
  const { tensors, metadata } = decodeSafetensors(bytes, file);
  if (metadata.format === format) return tensors;
  throw new ItamlError("FILE_INVALID", otherwise, {
    where: file,
    expected: `format ${format}`,
    found: String(metadata.format),
  });
}

/**
 * A model of {@link modelTensors}.
 *
 * @throws {ItamlError} FILE_INVALID
 */
export function takeModel(
  tensors: ReadonlyMap<string, StoredTensor>,
  extractor: FeatureExtractor,
  file: string,
  prefix = "",
): Model {
  const take = (name: string, shape: readonly (number | undefined)[]) =>
    takeTensor(tensors, `${prefix}${name}`, shape, file);
  const gather = (group: string, layout: Layout) => {
    // All are in the file before there is room made for them: the network may be one of any size.
    const parts = layout.entries.map(({ name, shape }) => take(`${group}.${name}`, shape));
    const buffer = new Float32Array(layout.size);
    layout.entries.forEach(({ offset }, i) => {
      buffer.set(parts[i] as Float32Array, offset);
    });
    return buffer;
  };
  const classifiers: Float32Array[] = [];
  while (tensors.has(`${prefix}classifier.${classifiers.length}`)) {
    classifiers.push(take(`classifier.${classifiers.length}`, [undefined, extractor.featureSize]));
  }
  return {
    theta: gather("theta", extractor.parameters),
    statistics: gather("statistics", extractor.statistics),
    classifiers,
  };
}

/**
 * A tensor of finite numbers.
 *
 * @param shape sizes; undefined: any number of classes
 * @throws {ItamlError} FILE_INVALID
 */
export function takeTensor(
  tensors: ReadonlyMap<string, StoredTensor>,
  name: string,
  shape: readonly (number | undefined)[],
  file: string,
): Float32Array {
  const tensor = tensors.get(name);
  const fits =
    tensor?.data instanceof Float32Array &&
    tensor.shape.length === shape.length &&
    shape.every((size, axis) => size === undefined || size === tensor.shape[axis]);
  if (!fits) {
    throw new ItamlError("FILE_INVALID", `tensor "${name}" doesn't fit the network`, {
      where: file,
      expected: `float32 [${shape.map((size) => size ?? "classes").join(", ")}]`,
      found: tensor ? `[${tensor.shape.join(", ")}]` : "nothing",
    });
  }
  return finite(tensor.data as Float32Array, name, file);
}

function finite<Data extends Float32Array | Float64Array>(
  data: Data,
  name: string,
  file: string,
): Data {
  if (allFinite(data)) return data;
  throw new ItamlError("FILE_INVALID", `tensor "${name}" has values that are not finite`, {
    where: file,
  });
}

/** What a learner knows beside model and memory, as safetensors. */
export function encodeLearnerState(state: LearnerState): Uint8Array {
  return encodeSafetensors(state, { format: STATE_FORMAT });
}

/**
 * @param shapes of tensors that are known by their names. Default: of none
 * @throws {ItamlError} FILE_INVALID where there are tensors of other types or shapes, or numbers that are not finite
 */
export function decodeLearnerState(
  bytes: Uint8Array,
  file: string,
  shapes: StateShapes = {},
): LearnerState {
  const tensors = tensorsOf(bytes, STATE_FORMAT, "not a learner's state", file);
  return new Map(
    [...tensors].map(([name, { data, shape }]) => {
      const expected = shapes[name] ?? shape;
      if (expected.join() !== shape.join()) {
        throw new ItamlError("FILE_INVALID", `tensor "${name}" doesn't fit the model`, {
          where: file,
          expected: `[${expected.join(", ")}]`,
          found: `[${shape.join(", ")}]`,
        });
      }
      const wide = data instanceof Float64Array && finite(data, name, file);
      return [name, { data: wide || takeTensor(tensors, name, shape, file), shape }];
    }),
  );
}

const memorySchema = z.strictObject({
  version: z.literal(1),
  capacity: z.int().min(0),
  /** For each class, in the order of learning: indices of training samples. */
  classes: z.array(z.array(z.int().min(0))),
});

export function encodeMemory({ capacity, classes }: ExemplarMemory): string {
  return `${JSON.stringify({ version: 1, capacity, classes } satisfies z.output<typeof memorySchema>)}\n`;
}

/**
 * @param samples number of samples that indices may point to
 * @throws {ItamlError} FILE_INVALID
 */
export function decodeMemory(text: string, samples: number, file: string): ExemplarMemory {
  const fail = (summary: string, found?: string): never => {
    throw new ItamlError("FILE_INVALID", summary, { where: file, ...(found && { found }) });
  };
  let content: unknown;
  try {
    content = JSON.parse(text);
  } catch {
    fail("not valid JSON");
  }
  const result = memorySchema.safeParse(content);
  if (!result.success) {
    const [issue] = result.error.issues;
    return fail("not an exemplar memory", `${issue?.path.join(".")}: ${issue?.message}`);
  }
  const stray = result.data.classes.flat().find((index) => index >= samples);
  if (stray !== undefined) fail(`the data set has only ${samples} samples`, `index ${stray}`);
  const memory = new ExemplarMemory(result.data.capacity);
  memory.classes.push(...result.data.classes);
  return memory;
}
