import { allocateSamples, type SampleSource } from "../data/samples.js";
import { Graph } from "../graph/graph.js";
import { serializeOnnx } from "../graph/onnx.js";
import { linear } from "../graph/operators/index.js";
import type { FeatureExtractor } from "../nn/feature-extractor.js";
import type { Program, Runtime, Value } from "../runtime/runtime.js";
import type { TaskModel } from "./model.js";
import { bindInputs } from "./training-step.js";

/** Samples of one run. */
const BATCH_SIZE = 256;

/** Rows of one number for each sample. */
export interface Rows {
  /** [samples, columns], row-major. */
  readonly data: Float32Array;
  readonly columns: number;
}

/** A network in evaluation mode, for any parameters of its layout. */
export class Inference {
  readonly extractor: FeatureExtractor;
  readonly #program: Program;

  private constructor(extractor: FeatureExtractor, program: Program) {
    this.extractor = extractor;
    this.#program = program;
  }

  static async compile(runtime: Runtime, extractor: FeatureExtractor): Promise<Inference> {
    const graph = new Graph("inference");
    const x = extractor.declareInput(graph);
    const theta = graph.input("theta", "float32", [extractor.parameters.size]);
    const classifier = graph.input("classifier", "float32", ["rows", extractor.featureSize]);
    const { binding } = bindInputs(extractor, theta);
    const { features } = extractor.apply(x, binding, { training: false });
    graph.output("features", features);
    graph.output("logits", linear(features, classifier));
    return new Inference(extractor, await runtime.compile(serializeOnnx(graph)));
  }

  /** Logits of samples for the rows of a model's classifier. */
  logits(model: TaskModel, source: SampleSource, indices: readonly number[]): Promise<Rows> {
    const columns = model.classifier.length / this.extractor.featureSize;
    return this.#run("logits", columns, model, source, indices);
  }

  /** Features of samples, before the classifier. */
  features(model: TaskModel, source: SampleSource, indices: readonly number[]): Promise<Rows> {
    return this.#run("features", this.extractor.featureSize, model, source, indices);
  }

  release(): Promise<void> {
    return this.#program.release();
  }

  async #run(
    output: "features" | "logits",
    columns: number,
    { theta, statistics, classifier }: TaskModel,
    source: SampleSource,
    indices: readonly number[],
  ): Promise<Rows> {
    const { input, featureSize } = this.extractor;
    const data = new Float32Array(indices.length * columns);
    const x = allocateSamples(source, Math.min(BATCH_SIZE, indices.length));
    const parameters: Record<string, Value> = {
      theta: { data: theta, shape: [theta.length] },
      classifier: { data: classifier, shape: [classifier.length / featureSize, featureSize] },
      ...(statistics.length > 0 && {
        statistics: { data: statistics, shape: [statistics.length] },
      }),
    };
    for (let start = 0; start < indices.length; start += BATCH_SIZE) {
      const batch = indices.slice(start, start + BATCH_SIZE);
      await source.read(batch, x);
      const samples = {
        data: x.subarray(0, batch.length * source.sampleSize),
        shape: [batch.length, ...input.shape],
      };
      const results = await this.#program.run({ x: samples, ...parameters }, [output]);
      data.set(results[output].data, start * columns);
    }
    return { data, columns };
  }
}
