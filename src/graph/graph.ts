import { ItamlError } from "../base/errors.js";
import { isFloat32Array } from "../base/typed-arrays.js";
import { type ElementType, elementCount, formatShape, type Shape } from "./shape.js";

/**
 * Maps the gradient of the loss by an operator's output to the gradient by one of its operands
 * (same shape as that operand).
 */
export type Gradient = (upstream: Tensor) => Tensor;

/**
 * How an output depends on a node's inputs: a gradient for each of them; `"constant"` where it doesn't by nature or has
 * the derivative 0 wherever it has one (a comparison, an index, a shape); or the gradient is refused.
 */
export type Derivative = readonly (Gradient | "constant")[] | "constant" | "not differentiable";

/** A symbolic value: one output of a node, an input or a constant of a graph. */
export class Tensor {
  readonly graph: Graph;
  readonly name: string;
  readonly type: ElementType;
  readonly shape: Shape;
  /** What made it, as differentiation sees it; absent of inputs and constants. */
  origin?: { operator: string; operands: readonly Tensor[]; derivative: Derivative };
  /** Whether every channel of it, a gradient [batch, channels, …], sums to 0 but for rounding. */
  sumsToZero = false;

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

/**
 * Gives what several nodes compute a derivative as a whole, in place of those of its nodes: simpler, or with less
 * rounding.
 *
 * @param operands all that it depends on
 * @param gradients one for each of them, in the same order
 * @throws {ItamlError} GRAPH_INVALID where it depends on something else, which would be taken for a constant
 */
export function differentiable(
  output: Tensor,
  operands: readonly Tensor[],
  gradients: readonly Gradient[],
): Tensor {
  if (!output.origin || operands.includes(output)) {
    throw new ItamlError(
      "GRAPH_INVALID",
      `differentiable: "${output.name}" is computed by no node`,
    );
  }
  const { operator } = output.origin;
  const known = new Set([...operands, ...output.graph.constants.map(({ tensor }) => tensor)]);
  const visit = (tensor: Tensor) => {
    if (known.has(tensor)) return;
    known.add(tensor);
    if (!tensor.origin) {
      throw new ItamlError("GRAPH_INVALID", `${operator}: no gradient by "${tensor.name}"`, {
        expected: "one for everything that the output depends on",
      });
    }
    for (const { operand } of dependencies(tensor)) visit(operand);
  };
  visit(output);
  output.origin = { operator, operands, derivative: gradients };
  return output;
}

/**
 * What a tensor depends on by what made it, and how: without a gradient where that is refused, as it is where JavaScript
 * declared none.
 */
export function dependencies({
  origin,
}: Tensor): { operand: Tensor; gradient: Gradient | undefined }[] {
  if (!origin || origin.derivative === "constant") return [];
  const { operands, derivative } = origin;
  return operands.flatMap((operand, i) => {
    const gradient = Array.isArray(derivative) ? derivative[i] : undefined;
    return gradient === "constant" ? [] : [{ operand, gradient }];
  });
}

export type Attribute = number | string | readonly number[] | { readonly float: number };

/** The set of operators that ONNX hasn't: a lowering writes them down as others. */
export const ABSTRACT = "itaml";

/** What a node gives. */
export interface Output {
  /** Default: float32. */
  readonly type?: ElementType;
  readonly shape: Shape;
  readonly derivative: Derivative;
}

export interface GraphNode {
  readonly operator: string;
  readonly inputs: readonly Tensor[];
  readonly outputs: readonly Tensor[];
  readonly attributes: Readonly<Record<string, Attribute>>;
  /** The operator set that it belongs to; "" is ONNX's own, {@link ABSTRACT} this program's. */
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
    output: Output,
    attributes: Readonly<Record<string, Attribute>> = {},
    domain = "",
  ): Tensor {
    return this.nodeWithOutputs(operator, inputs, [output], attributes, domain)[0] as Tensor;
  }

  /** Adds a node with several outputs. */
  nodeWithOutputs(
    operator: string,
    inputs: readonly Tensor[],
    outputs: readonly Output[],
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
    const tensors = outputs.map(({ type = "float32", shape, derivative }) => {
      const tensor = new Tensor(this, this.#freshName(operator), type, shape);
      tensor.origin = { operator, operands: inputs, derivative };
      return tensor;
    });
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
