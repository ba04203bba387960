import { Graph } from "../graph/graph.js";
import type { InputDescription } from "../samples/input-description.js";
import { FeatureExtractor, type NamedTensors } from "./feature-extractor.js";
import type { Layout, LayoutEntry } from "./layout.js";
import type { Network } from "./network.js";

/**
 * A network as a graph with its numbers in it, which nothing trains: from `x` to `features`.
 *
 * @param tensors its parameters and statistics by their names; others are left aside
 * @throws {ItamlError} FILE_INVALID where they don't fit
 */
export function frozenGraph(
  network: Network,
  input: InputDescription,
  tensors: NamedTensors,
): { graph: Graph; featureSize: number } {
  const extractor = new FeatureExtractor(network, input, tensors);
  const graph = new Graph("frozen");
  const constants = (layout: Layout, numbers: Float32Array) => (entry: LayoutEntry) =>
    graph.constant(layout.view(numbers, entry.name), entry.shape);
  const binding = {
    parameter: constants(extractor.parameters, extractor.startingParameters()),
    statistic: constants(extractor.statistics, extractor.initialStatistics()),
  };
  const x = extractor.declareInput(graph);
  graph.output("features", extractor.apply(x, binding, { training: false }).features);
  return { graph, featureSize: extractor.featureSize };
}
