import { chunks } from "../base/chunks.js";
import { Graph } from "../graph/graph.js";
import { linear, signedRoot } from "../graph/operators/index.js";
import type { FeatureExtractor } from "../nn/feature-extractor.js";
import type { Memory, Program, Runtime } from "../runtime/runtime.js";
import { allocateSamples, type SampleSource, type Unreadable } from "../samples/samples.js";
import { bindInputs } from "./bind-inputs.js";
import type { TaskModel } from "./model.js";
import { prefetch } from "./prefetch.js";
import { modelHandles } from "./resident-model.js";

/** Samples of one run: so many, or fewer where they are large, since a network's features grow with them. */
function batchSizeFor({ sampleSize }: SampleSource): number {
  return Math.min(Math.max(Math.floor(2 ** 22 / sampleSize), 16), 256);
}

/** One row of numbers for each sample. */
export interface Rows {
  /** [samples, columns], row-major. */
  readonly data: Float32Array;
  readonly columns: number;
  /** Rows of samples that can't be read: their numbers mean nothing. */
  readonly unreadable: Unreadable;
}

/** A network in evaluation mode, for any parameters of its layout. */
export class Inference {
  readonly extractor: FeatureExtractor;
  readonly #memory: Memory;
  readonly #program: Program;

  private constructor(memory: Memory, extractor: FeatureExtractor, program: Program) {
    this.#memory = memory;
    this.extractor = extractor;
    this.#program = program;
  }

  static async compile(runtime: Runtime, extractor: FeatureExtractor): Promise<Inference> {
    const graph = new Graph("inference");
    const x = extractor.declareInput(graph);
    const theta = graph.input("theta", "float32", [extractor.parameters.size]);
    const classifier = graph.input("classifier", "float32", ["rows", extractor.featureSize]);
    const bias = graph.input("bias", "float32", ["rows"]);
    const { binding } = bindInputs(extractor, theta);
    const features = extractor.infer(x, binding);
    graph.output("features", features);
    graph.output("logits", linear(features, classifier, bias));
    graph.output("logitsOfRoots", linear(signedRoot(features), classifier, bias));
    const program = await runtime.compile(graph);
    return new Inference(runtime.memory, extractor, program);
  }

  /** Logits of samples for the rows of a model's classifier. */
  logits(model: TaskModel, source: SampleSource, indices: readonly number[]): Promise<Rows> {
    return joinRows(this.logitsByBatch(model, source, indices));
  }

  /** The same, batch by batch: of many samples and classes all logits may be too large for memory. */
  logitsByBatch(
    model: TaskModel,
    source: SampleSource,
    indices: readonly number[],
  ): AsyncGenerator<Rows> {
    return this.#run(model.ofRoots ? "logitsOfRoots" : "logits", model, source, indices);
  }

  /** Features of samples, before the classifier. */
  features(model: TaskModel, source: SampleSource, indices: readonly number[]): Promise<Rows> {
    return joinRows(this.#run("features", model, source, indices));
  }

  release(): Promise<void> {
    return this.#program.release();
  }

  async *#run(
    output: "features" | "logits" | "logitsOfRoots",
    { theta, statistics, classifier, bias }: TaskModel,
    source: SampleSource,
    indices: readonly number[],
  ): AsyncGenerator<Rows> {
    const { input, featureSize } = this.extractor;
    const classes = classifier.length / featureSize;
    // They stay in the device's memory for all batches.
    const resident = {
      theta: await this.#memory.upload(theta, [theta.length]),
      statistics: await this.#memory.upload(statistics, [statistics.length]),
      classifier: await this.#memory.upload(classifier, [classes, featureSize]),
    };
    const biases = await this.#memory.upload(bias ?? new Float32Array(classes), [classes]);
    const parameters = { ...modelHandles("", resident), bias: biases };
    const batches = chunks(indices, batchSizeFor(source));
    const read = async (batch: readonly number[]) => {
      const data = allocateSamples(source, batch.length);
      return { data, unreadable: await source.read(batch, data) };
    };
    try {
      for await (const { value } of prefetch(batches, read)) {
        const { data, unreadable } = value;
        const samples = data.length / source.sampleSize;
        const x = { data, shape: [samples, ...input.shape] };
        const results = await this.#program.run({ x, ...parameters }, [output]);
        const rows = results[output].data as Float32Array;
        yield { data: rows, columns: rows.length / samples, unreadable };
      }
    } finally {
      this.#memory.free(biases, ...Object.values(resident));
    }
  }
}

/** The numbers of the rows whose samples can be read. */
export function readableRows({ data, columns, unreadable }: Rows): Float32Array {
  if (unreadable.length === 0) return data;
  return data.filter((_, i) => !unreadable.includes(Math.floor(i / columns)));
}

async function joinRows(batches: AsyncIterable<Rows>): Promise<Rows> {
  const parts: Float32Array[] = [];
  const unreadable: number[] = [];
  let [length, columns, rows] = [0, 0, 0];
  for await (const batch of batches) {
    parts.push(batch.data);
    unreadable.push(...batch.unreadable.map((row) => rows + row));
    length += batch.data.length;
    columns = batch.columns;
    rows += batch.data.length / columns;
  }
  const data = new Float32Array(length);
  let offset = 0;
  for (const part of parts) {
    data.set(part, offset);
    offset += part.length;
  }
  return { data, columns, unreadable };
}
