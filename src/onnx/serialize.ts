import type { Attribute, Constant, Graph, Tensor } from "../graph/graph.js";
import type { ElementType } from "../graph/shape.js";
import { type Lowering, lower } from "./lower.js";
import { ModelProto } from "./onnx-proto.js";

const ELEMENT_TYPES: Record<ElementType, number> = { float32: 1, uint8: 2, int64: 7, bool: 9 };

/** Number of ONNX's operator set that the graphs are written for. */
const OPERATOR_SET = 17;

/**
 * Serialises a graph as an ONNX model.
 *
 * @param lowering by which nodes it is computed
 * @param metadata strings that travel with the model (ONNX's `metadata_props`)
 */
export function serializeOnnx(
  source: Graph,
  lowering: Lowering,
  metadata: Readonly<Record<string, string>> = {},
): Uint8Array {
  const graph = lower(source, lowering);
  const { nameOf, copies } = nameOutputs(graph);
  return ModelProto.encode({
    ir_version: 8,
    producer_name: "itaml",
    opset_import: [
      { domain: "", version: OPERATOR_SET },
      ...otherDomains(graph).map((domain) => ({ domain, version: 1 })),
    ],
    metadata_props: Object.entries(metadata).map(([key, value]) => ({ key, value })),
    graph: {
      name: graph.name,
      node: [
        ...graph.nodes.map(({ operator, inputs, outputs, attributes, domain }) => ({
          op_type: operator,
          domain,
          input: inputs.map(nameOf),
          output: outputs.map(nameOf),
          attribute: Object.entries(attributes).map(([name, value]) => attribute(name, value)),
        })),
        ...copies.map(([name, tensor]) => ({
          op_type: "Identity",
          input: [nameOf(tensor)],
          output: [name],
        })),
      ],
      initializer: graph.constants.map((constant) =>
        initializer(constant, nameOf(constant.tensor)),
      ),
      input: graph.inputs.map((tensor) => valueInfo(tensor.name, tensor)),
      output: [...graph.outputs].map(([name, tensor]) => valueInfo(name, tensor)),
    },
  }).finish();
}

/** Operator sets beside ONNX's own. */
function otherDomains({ nodes }: Graph): string[] {
  return [...new Set(nodes.map(({ domain }) => domain))].filter((domain) => domain !== "");
}

/**
 * A node's result that is an output takes the output's name. What can't (an input, a constant, a second name of
 * one tensor) is copied: a copy of every output would cost as much as a step of the optimiser.
 */
function nameOutputs(graph: Graph): {
  nameOf: (tensor: Tensor) => string;
  copies: [string, Tensor][];
} {
  const results = new Set(graph.nodes.flatMap(({ outputs }) => outputs));
  const names = new Map<Tensor, string>();
  const copies: [string, Tensor][] = [];
  for (const [name, tensor] of graph.outputs) {
    if (results.has(tensor) && !names.has(tensor)) names.set(tensor, name);
    else copies.push([name, tensor]);
  }
  const taken = new Set([...graph.outputs.keys(), ...graph.inputs.map(({ name }) => name)]);
  for (const tensor of [...graph.constants.map((constant) => constant.tensor), ...results]) {
    if (names.has(tensor)) continue;
    const name = freeName(tensor.name, taken);
    taken.add(name);
    names.set(tensor, name);
  }
  return { nameOf: (tensor) => names.get(tensor) ?? tensor.name, copies };
}

/** A parameter may be called as another tensor is: networks are anybody's. */
function freeName(name: string, taken: ReadonlySet<string>): string {
  let free = name;
  for (let i = 1; taken.has(free); i++) free = `${name}.${i}`;
  return free;
}

function attribute(name: string, value: Attribute): object {
  if (typeof value === "number") return { name, type: 2, i: value };
  if (typeof value === "string") return { name, type: 3, s: new TextEncoder().encode(value) };
  if ("float" in value) return { name, type: 1, f: value.float };
  return { name, type: 7, ints: value };
}

function initializer({ tensor, data }: Constant, name: string): object {
  return {
    name,
    dims: tensor.shape,
    data_type: ELEMENT_TYPES[tensor.type],
    raw_data: new Uint8Array(data.buffer, data.byteOffset, data.byteLength),
  };
}

function valueInfo(name: string, { type, shape }: Tensor): object {
  const dim = shape.map((size) =>
    typeof size === "string" ? { dim_param: size } : { dim_value: size },
  );
  return { name, type: { tensor_type: { elem_type: ELEMENT_TYPES[type], shape: { dim } } } };
}
