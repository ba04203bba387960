import { gradients } from "../graph/differentiate.js";
import { Graph, type Tensor } from "../graph/graph.js";
import { add, linear, multiply } from "../graph/operators/index.js";
import type { Shape } from "../graph/shape.js";
import { selectRandom } from "../incremental/exemplar-memory.js";
import { bindInputs } from "../model/bind-inputs.js";
import { readMicroBatch } from "../model/micro-batch.js";
import { type Parameters, wholeModel } from "../model/model.js";
import { throwIfAborted } from "../model/progress.js";
import { samplesOf, type TrainingSession } from "../model/session.js";
import type { FeatureExtractor } from "../nn/feature-extractor.js";
import type { Value } from "../runtime/runtime.js";
import { crossEntropy } from "./cross-entropy.js";

/** Samples of a task that tell how important parameters are: each takes a run of its own. */
const SAMPLES = 1000;

/**
 * The diagonal of the empirical Fisher information: for each parameter the mean over samples of the new task of the
 * squared derivative of −log p(class | sample), the network in evaluation mode.
 *
 * @throws {ItamlError} INTERRUPTED
 */
export async function importancesOf(session: TrainingSession): Promise<Parameters> {
  const { context, model, hooks } = session;
  const { runtime, extractor, source, seed } = context;
  const { theta, statistics, classifier } = wholeModel(model);
  const { featureSize } = extractor;
  const rows = classifier.length / featureSize;
  const classOf = new Map(
    [...samplesOf(session)].flatMap(([position, indices]) =>
      indices.map((index) => [index, position] as const),
    ),
  );
  const task = model.classifiers.length - 1;
  const chosen = selectRandom([...classOf.keys()], SAMPLES, seed, "importances", task);
  const tell = (seen: number) =>
    hooks.onProgress?.({ kind: "samples", task, samples: seen, of: chosen.length });
  const program = await runtime.compile(squaredGradients(extractor));
  try {
    let samples = 0;
    const shaped = (data: Float32Array) => ({ data, shape: [rows, featureSize] });
    const vector = (data: Float32Array) => ({ data, shape: [data.length] });
    const parameters = {
      theta: vector(theta),
      classifier: shaped(classifier),
      ...(statistics.length > 0 && { statistics: vector(statistics) }),
    };
    let [sum, next] = [0, 1].map(() => ({
      theta: new Float32Array(theta.length),
      classifier: new Float32Array(classifier.length),
    })) as [Parameters, Parameters];
    for (const [seen, index] of chosen.entries()) {
      throwIfAborted(hooks.signal);
      tell(seen);
      const column = classOf.get(index) as number;
      const batch = await readMicroBatch(source, [index], [column], rows, ["importances", task]);
      if (batch.samples === 0) continue;
      const inputs: Record<string, Value> = {
        x: { data: batch.x, shape: [1, ...extractor.input.shape] },
        targets: { data: batch.targets, shape: [1, rows] },
        ...parameters,
        "sum.theta": vector(sum.theta),
        "sum.classifier": shaped(sum.classifier),
      };
      await program.run(inputs, {
        "next.theta": vector(next.theta),
        "next.classifier": shaped(next.classifier),
      });
      [sum, next] = [next, sum];
      samples++;
    }
    tell(chosen.length);
    const mean = (values: Float32Array) => values.map((value) => value / Math.max(samples, 1));
    return { theta: mean(sum.theta), classifier: mean(sum.classifier) };
  } finally {
    await program.release();
  }
}

/** Adds the squared derivatives of one sample's loss to sums. */
function squaredGradients(extractor: FeatureExtractor): Graph {
  const graph = new Graph("squared gradients");
  const x = extractor.declareInput(graph);
  const targets = graph.input("targets", "float32", ["batch", "rows"]);
  const theta = graph.input("theta", "float32", [extractor.parameters.size]);
  const classifier = graph.input("classifier", "float32", ["rows", extractor.featureSize]);
  const { parameters, binding, join } = bindInputs(extractor, theta);
  const { features } = extractor.apply(x, binding, { training: false });
  const logits = linear(features, classifier);
  const input = (name: string, shape: Shape) => graph.input(name, "float32", shape);
  const loss = crossEntropy.build({ logits, targets, parameters, classifier, input });
  const [ofClassifier, ...ofTheta] = gradients(loss, [classifier, ...parameters]);
  const accumulate = (name: string, gradient: Tensor) => {
    const sum = graph.input(`sum.${name}`, "float32", gradient.shape);
    graph.output(`next.${name}`, add(sum, multiply(gradient, gradient)));
  };
  accumulate("theta", join(ofTheta));
  accumulate("classifier", ofClassifier as Tensor);
  return graph;
}
