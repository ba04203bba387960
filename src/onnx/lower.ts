import { ItamlError } from "../base/errors.js";
import { ABSTRACT, Graph, type GraphNode, type Tensor } from "../graph/graph.js";

/**
 * Writes a node down as those that a backend computes it by.
 *
 * @param inputs the node's, in the graph that is written
 * @returns its outputs there; undefined: the node stays as it is
 */
export type Rule = (
  inputs: readonly Tensor[],
  node: GraphNode,
) => Tensor | readonly Tensor[] | undefined;

/** By which ONNX nodes a backend computes what a graph says: a rule for each operator that doesn't stay as it is. */
export type Lowering = Readonly<Record<string, Rule>>;

/** The same computation in a backend's nodes, without what no output needs. */
export function lower(source: Graph, lowering: Lowering): Graph {
  const target = new Graph(source.name);
  const lowered = new Map<Tensor, Tensor>(
    source.inputs.map((input) => [input, target.input(input.name, input.type, input.shape)]),
  );
  const constants = new Map(source.constants.map((constant) => [constant.tensor, constant]));
  const find = (tensor: Tensor): Tensor => {
    const constant = constants.get(tensor);
    if (constant && !lowered.has(tensor)) {
      const { data, shape, name } = constant;
      lowered.set(tensor, target.constant(data, shape, name));
    }
    return lowered.get(tensor) as Tensor;
  };
  for (const node of neededNodes(source)) {
    const inputs = node.inputs.map(find);
    const results = lowering[node.operator]?.(inputs, node) ?? copy(target, inputs, node);
    const outputs = Array.isArray(results) ? results : [results];
    node.outputs.forEach((output, i) => {
      lowered.set(output, outputs[i] as Tensor);
    });
  }
  for (const [name, tensor] of source.outputs) target.output(name, find(tensor));
  return target;
}

function copy(target: Graph, inputs: readonly Tensor[], node: GraphNode): Tensor[] {
  const { operator, attributes, domain } = node;
  if (domain === ABSTRACT) {
    throw new ItamlError("GRAPH_INVALID", `lower: no rule for ${operator}`, {
      remedy: "Add one to the lowering: ONNX has no such operator",
    });
  }
  const derivative = "not differentiable";
  const outputs = node.outputs.map(({ type, shape }) => ({ type, shape, derivative }) as const);
  return target.nodeWithOutputs(operator, inputs, outputs, attributes, domain);
}

function neededNodes({ nodes, outputs }: Graph): GraphNode[] {
  const needed = new Set<Tensor>(outputs.values());
  return nodes
    .toReversed()
    .filter((node) => {
      if (!node.outputs.some((output) => needed.has(output))) return false;
      for (const input of node.inputs) needed.add(input);
      return true;
    })
    .reverse();
}
