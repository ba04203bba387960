import type { Tensor } from "../graph/graph.js";
import { concatenate, splitVector } from "../graph/operators/index.js";
import type { FeatureExtractor } from "../nn/feature-extractor.js";
import type { LayoutEntry } from "../nn/layout.js";

/** Binds a network to flat inputs: `theta`, and `statistics` where it has any. */
export function bindInputs(extractor: FeatureExtractor, theta: Tensor) {
  const { graph } = theta;
  const piecesOf = (vector: Tensor, entries: readonly LayoutEntry[]) =>
    new Map(
      splitVector(
        vector,
        entries.map(({ shape }) => shape),
      ).map((piece, i) => [(entries[i] as LayoutEntry).name, piece]),
    );
  const parameters = piecesOf(theta, extractor.parameters.entries);
  const { size, entries } = extractor.statistics;
  const statistics =
    size > 0 ? piecesOf(graph.input("statistics", "float32", [size]), entries) : undefined;
  return {
    /** In the layout's order. */
    parameters: [...parameters.values()],
    /** Tensors of the parameters' shapes, in the layout's order, as one vector like θ. */
    join: (tensors: readonly Tensor[]) => (tensors.length > 0 ? concatenate(tensors) : theta),
    binding: {
      parameter: ({ name }: LayoutEntry) => parameters.get(name) as Tensor,
      statistic: ({ name }: LayoutEntry) => statistics?.get(name) as Tensor,
    },
  };
}
