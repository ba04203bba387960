import { oncePer } from "../base/once.js";
import { Graph, type Tensor } from "../graph/graph.js";
import {
  concatenateAlong,
  linear,
  logSoftmax,
  signedRoot,
  slice,
  sumOver,
} from "../graph/operators/index.js";
import type { Model } from "../model/model.js";
import { taskSizes } from "../model/model.js";
import { taskColumns } from "../model/task-columns.js";
import type { FeatureExtractor } from "../nn/feature-extractor.js";
import type { Layout, LayoutEntry } from "../nn/layout.js";
import { textbook } from "../onnx/lowerings.js";
import { serializeOnnx } from "../onnx/serialize.js";
import { type Head, modelWithHead } from "../prediction/head.js";

/**
 * The base model with its head as one ONNX file, normalisation included. Input `x` [batch, ...input shape]; outputs `logits`
 * [batch, classes] and `task_scores` [tasks], the scores of the whole batch as one continuum (Algorithm 2).
 * Metadata: `labels` (JSON, one for each column), `tasks` (JSON, number of classes of each task).
 */
export function exportOnnxModel(
  model: Model,
  head: Head,
  extractor: FeatureExtractor,
  labels: readonly (string | number)[],
): Uint8Array {
  const { theta, statistics } = modelWithHead(model, head);
  const graph = new Graph("itaml");
  const constants = (buffer: Float32Array, layout: Layout) =>
    oncePer((entry: LayoutEntry) =>
      graph.constant(layout.view(buffer, entry.name), entry.shape, entry.name),
    );
  const features = extractor.infer(extractor.declareInput(graph), {
    parameter: constants(theta, extractor.parameters),
    statistic: constants(statistics, extractor.statistics),
  });
  const classifier = graph.constant(
    head.classifier,
    [labels.length, extractor.featureSize],
    "classifier.weight",
  );
  const bias = graph.constant(head.bias, [labels.length], "classifier.bias");
  const logits = linear(head.ofRoots ? signedRoot(features) : features, classifier, bias);
  const sizes = taskSizes(model, extractor);
  graph.output("logits", logits);
  graph.output("task_scores", taskScoresOf(logits, sizes, head.taskEvidence));
  return serializeOnnx(graph, textbook, {
    labels: JSON.stringify(labels),
    tasks: JSON.stringify(sizes),
  });
}

/** For each task the sum over the batch of what the samples say for it, [tasks]. */
function taskScoresOf(
  logits: Tensor,
  sizes: readonly number[],
  evidence: Head["taskEvidence"],
): Tensor {
  const { graph } = logits;
  const [scores, reduction] =
    evidence === "maximum" ? [logits, "ReduceMax"] : [logSoftmax(logits), "ReduceLogSumExp"];
  const [batch] = logits.shape;
  const ofTasks = taskColumns(sizes).map(({ start, end }) =>
    graph.node(
      reduction,
      [slice(scores, 1, start, end)],
      { shape: [batch as string, 1], derivative: "not differentiable" },
      { axes: [1], keepdims: 1 },
    ),
  );
  return sumOver(concatenateAlong(1, ofTasks), [0], { keepDimensions: false });
}
