import { ItamlError } from "../base/errors.js";
import { isFloat32Array } from "../base/typed-arrays.js";
import { type ElementType, elementCount, formatShape, type Shape } from "./shape.js";

/**
 * Maps the gradient of the loss by an operator's output to the gradient by one of its operands
 * (same shape as that operand).
 */
export type Gradient = (upstream: Tensor) => Tensor;

/** A symbolic value: one output of a node, an input or a constant of a graph. */
export class Tensor {
  readonly graph: Graph;
  readonly name: string;
  readonly type: ElementType;
  readonly shape: Shape;
  /** The operator that made it, as differentiation sees it; absent where nothing can be differentiated. */
  origin?: { operands: readonly Tensor[]; gradients: readonly Gradient[] };

  constructor(graph: Graph, name: string, type: ElementType, shape: Shape) {
    this.graph = graph;
    this.name = name;
    this.type = type;
    this.shape = shape;
  }

  /** Number of dimensions. */
  get rank(): number {
    return this.shape.length;
  }
}

/** States how a tensor depends on its operands: one gradient for each of them, in the same order. */
export function differentiable(
  output: Tensor,
  operands: readonly Tensor[],
  gradients: readonly Gradient[],
): Tensor {
  output.origin = { operands, gradients };
  return output;
}

export type Attribute = number | string | readonly number[] | { readonly float: number };

export interface GraphNode {
  readonly operator: string;
  readonly inputs: readonly Tensor[];
  readonly outputs: readonly Tensor[];
  readonly attributes: Readonly<Record<string, Attribute>>;
  /** The operator set that it belongs to; "" is ONNX's own. */
  readonly domain: string;
}

export type ConstantData = Float32Array | BigInt64Array;

export interface Constant {
  readonly tensor: Tensor;
  readonly data: ConstantData;
  readonly shape: readonly number[];
  /** Where it was given one. */
  readonly name: string | undefined;
}

/** A computation under construction: inputs, constants and nodes in an order in which they can run. */
export class Graph {
  readonly name: string;
  readonly inputs: Tensor[] = [];
  readonly constants: Constant[] = [];
  readonly nodes: GraphNode[] = [];
  readonly outputs = new Map<string, Tensor>();
  readonly #shared = new Map<string, Tensor>();
  #count = 0;

  constructor(name: string) {
    this.name = name;
  }

  /** A value that is given at every run. */
  input(name: string, type: ElementType, shape: Shape): Tensor {
    if (this.inputs.some((input) => input.name === name)) {
      throw new ItamlError("GRAPH_INVALID", `graph ${this.name} already has an input "${name}"`);
    }
    const tensor = new Tensor(this, name, type, shape);
    this.inputs.push(tensor);
    return tensor;
  }

  /** A value that is part of the graph. */
  constant(data: ConstantData, shape: readonly number[], name?: string): Tensor {
    if (data.length !== elementCount(shape)) {
      throw new ItamlError("GRAPH_INVALID", "constant: data and shape disagree", {
        expected: `${elementCount(shape)} values for ${formatShape(shape)}`,
        found: `${data.length}`,
      });
    }
    const type = isFloat32Array(data) ? "float32" : "int64";
    const tensor = new Tensor(this, name ?? this.#freshName(type), type, shape);
    this.constants.push({ tensor, data, shape, name });
    return tensor;
  }

  /** A float32 of shape []; equal scalars are one constant. */
  scalar(value: number): Tensor {
    return this.once(`scalar ${value}`, () => this.constant(Float32Array.of(value), []));
  }

  /** An int64 vector, as ONNX takes shapes and axes; equal vectors are one constant. */
  integers(values: readonly number[]): Tensor {
    return this.once(`integers ${values}`, () =>
      this.constant(BigInt64Array.from(values, BigInt), [values.length]),
    );
  }

  /** Adds a node with one output. */
  node(
    operator: string,
    inputs: readonly Tensor[],
    output: { type?: ElementType; shape: Shape },
    attributes: Readonly<Record<string, Attribute>> = {},
    domain = "",
  ): Tensor {
    return this.nodeWithOutputs(operator, inputs, [output], attributes, domain)[0] as Tensor;
  }

  /** Adds a node with several outputs. */
  nodeWithOutputs(
    operator: string,
    inputs: readonly Tensor[],
    outputs: readonly { type?: ElementType; shape: Shape }[],
    attributes: Readonly<Record<string, Attribute>> = {},
    domain = "",
  ): Tensor[] {
    for (const input of inputs) {
      if (input.graph !== this) {
        throw new ItamlError("GRAPH_INVALID", `${operator}: "${input.name}" is of another graph`, {
          expected: this.name,
          found: input.graph.name,
        });
      }
    }
    const tensors = outputs.map(
      ({ type, shape }) => new Tensor(this, this.#freshName(operator), type ?? "float32", shape),
    );
    this.nodes.push({ operator, inputs, outputs: tensors, attributes, domain });
    return tensors;
  }

  /** What was made under this key before, or else makes it. */
  once(key: string, make: () => Tensor): Tensor {
    const known = this.#shared.get(key);
    if (known) return known;
    const made = make();
    this.#shared.set(key, made);
    return made;
  }

  /** Names a tensor as a result of the graph. */
  output(name: string, tensor: Tensor): void {
    this.outputs.set(name, tensor);
  }

  #freshName(stem: string): string {
    return `${stem}_${this.#count++}`;
  }
}
