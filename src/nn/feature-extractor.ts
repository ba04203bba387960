import { ItamlError } from "../base/errors.js";
import type { Random } from "../base/random.js";
import { isFloat32Array } from "../base/typed-arrays.js";
import { Graph, type GraphNode, type Tensor } from "../graph/graph.js";
import { add, cast, multiply, reverse } from "../graph/operators/index.js";
import { elementCount, formatShape, sameShape } from "../graph/shape.js";
import type { InputDescription } from "../samples/input-description.js";
import type { Initializer } from "./initialization.js";
import { Layout, type LayoutEntry } from "./layout.js";
import type { Network } from "./network.js";

/** The last axis of [batch, channels, height, width]. */
const WIDTH = 3;

/** Where the values of a network come from in one particular graph. */
export interface Binding {
  parameter(entry: LayoutEntry): Tensor;
  statistic(entry: LayoutEntry): Tensor;
}

/** The features of a batch, and what training needs besides. */
export interface Application {
  /** [batch, featureSize] */
  features: Tensor;
  /** New values of the statistics, in the layout's order. */
  statistics: Tensor[];
}

/** Numbers by names, as a file of weights has them. */
export type NamedTensors = ReadonlyMap<
  string,
  { readonly data: ArrayLike<number | bigint>; readonly shape: readonly number[] }
>;

/** A network for a kind of input: knows the layout of its parameters θ and statistics, and writes it into graphs. */
export class FeatureExtractor {
  readonly network: Network;
  readonly input: InputDescription;
  /** Layout of θ. */
  readonly parameters: Layout;
  /** Layout of the running statistics. */
  readonly statistics: Layout;
  readonly featureSize: number;
  /** Multiplications that the features of one sample take, in convolutions and matrix products. */
  readonly multiplications: number;
  readonly #initializers: Initializer[] = [];
  readonly #initialStatistics: number[] = [];
  readonly #start: NamedTensors | undefined;

  /**
   * @param start what the network starts from, where it names weights: tensors by the names of its parameters and
   * statistics; others are left aside. Without, it can't start, but go on from a model
   * @throws {ItamlError} GRAPH_INVALID; FILE_INVALID where the tensors don't fit
   */
  constructor(network: Network, input: InputDescription, start?: NamedTensors) {
    this.#start = start;
    this.network = network;
    this.input = input;
    // A first writing, in a graph that is thrown away, tells what the network asks for.
    const graph = new Graph("declaration");
    const parameters: { name: string; shape: readonly number[] }[] = [];
    const statistics: { name: string; shape: readonly number[] }[] = [];
    const features = network.features(
      {
        training: false,
        parameter: (name, shape, initialize) => {
          parameters.push({ name, shape });
          this.#initializers.push(initialize);
          return graph.input(`parameter ${name}`, "float32", shape);
        },
        statistic: (name, shape, initialValue) => {
          statistics.push({ name, shape });
          this.#initialStatistics.push(initialValue);
          return graph.input(`statistic ${name}`, "float32", shape);
        },
        updateStatistic: () => {},
      },
      graph.input("x", "float32", ["batch", ...input.shape]),
    );
    const [batch, size] = features.shape;
    if (features.rank !== 2 || batch !== "batch" || typeof size !== "number") {
      throw new ItamlError("GRAPH_INVALID", `network ${network.name}: wrong features`, {
        expected: "shape [batch, size]",
        found: formatShape(features.shape),
      });
    }
    this.parameters = new Layout(parameters);
    this.statistics = new Layout(statistics);
    this.featureSize = size;
    if (start) {
      const name = `the weights of ${network.name}`;
      for (const layout of [this.parameters, this.statistics]) checkTensors(start, layout, name);
    }
    this.multiplications = graph.nodes.reduce((sum, node) => sum + multiplications(node), 0);
  }

  /**
   * A new θ.
   *
   * @throws {ItamlError} INPUT_INVALID where the network starts from weights, and they weren't given
   */
  initialParameters(random: Random): Float32Array {
    const { name, weights } = this.network;
    if (weights !== undefined && !this.#start) {
      throw new ItamlError("INPUT_INVALID", "the network starts from weights that nobody read", {
        where: `network ${name}`,
        found: `weights: ${weights}`,
        remedy: "Leave weights out, or train it by a configuration (itaml train)",
      });
    }
    if (this.#start) return this.startingParameters();
    const theta = new Float32Array(this.parameters.size);
    this.parameters.entries.forEach(({ shape, offset }, i) => {
      theta.set((this.#initializers[i] as Initializer)(shape, random), offset);
    });
    return theta;
  }

  /** θ of the weights that it starts from. */
  startingParameters(): Float32Array {
    return gather(this.#start as NamedTensors, this.parameters);
  }

  initialStatistics(): Float32Array {
    if (this.#start) return gather(this.#start, this.statistics);
    const statistics = new Float32Array(this.statistics.size);
    this.statistics.entries.forEach(({ offset, length }, i) => {
      statistics.fill(this.#initialStatistics[i] as number, offset, offset + length);
    });
    return statistics;
  }

  /** Declares the input of a graph: [batch, ...shape], not yet normalised. */
  declareInput(graph: Graph): Tensor {
    return graph.input("x", this.input.type, ["batch", ...this.input.shape]);
  }

  /**
   * Writes normalisation and network into the graph of `x`.
   *
   * @param x as {@link declareInput} made it
   */
  apply(x: Tensor, binding: Binding, { training }: { training: boolean }): Application {
    return this.#write(this.#normalize(x), binding, training);
  }

  /**
   * The same where samples are looked at and not trained on: of a {@link Network.mirrored mirrored} network the mean of
   * both views (Krizhevsky et al. 2012, section 4.1, averages predictions so).
   *
   * @returns features, [batch, featureSize]
   */
  infer(x: Tensor, binding: Binding): Tensor {
    const normalized = this.#normalize(x);
    const { features } = this.#write(normalized, binding, false);
    if (!this.network.mirrored) return features;
    const mirror = this.#write(reverse(normalized, WIDTH), binding, false);
    return multiply(add(features, mirror.features), x.graph.scalar(0.5));
  }

  #write(x: Tensor, binding: Binding, training: boolean): Application {
    const updated = new Map<string, Tensor>();
    const features = this.network.features(
      {
        training,
        parameter: (name) => binding.parameter(this.parameters.entry(name)),
        statistic: (name) => {
          const tensor = binding.statistic(this.statistics.entry(name));
          updated.set(name, tensor);
          return tensor;
        },
        updateStatistic: (name, value) => updated.set(name, value),
      },
      x,
    );
    const statistics = this.statistics.entries.map(({ name }) => updated.get(name) as Tensor);
    return { features, statistics };
  }

  /** (x − mean) / std, with pixels scaled to 0..1 first, as one multiplication and one addition. */
  #normalize(x: Tensor): Tensor {
    const { shape, type, mean, std } = this.input;
    const unit = type === "uint8" ? 1 / 255 : 1;
    const perChannel = (values: readonly number[]) =>
      x.graph.constant(
        Float32Array.from(values),
        values.length === 1 ? [] : [values.length, ...shape.slice(1).map(() => 1)],
      );
    const scale = perChannel(std.map((s) => unit / s));
    const shift = perChannel(mean.map((m, i) => -m / (std[i] ?? (std[0] as number))));
    return add(multiply(type === "uint8" ? cast(x, "float32") : x, scale), shift);
  }
}

function multiplications({ operator, inputs, outputs }: GraphNode): number {
  if (operator !== "Conv" && operator !== "Gemm") return 0;
  const places = (outputs[0] as Tensor).shape.slice(2);
  // For one sample: the second factor may have a batch, too.
  const weights = (inputs[1] as Tensor).shape.filter((size) => typeof size === "number");
  return elementCount(weights) * elementCount(places);
}

/** @throws {ItamlError} FILE_INVALID where one is missing, or has another shape or type */
function checkTensors(tensors: NamedTensors, { entries }: Layout, where: string): void {
  for (const { name, shape } of entries) {
    const tensor = tensors.get(name);
    if (tensor && isFloat32Array(tensor.data) && sameShape(tensor.shape, shape)) continue;
    throw new ItamlError("FILE_INVALID", `tensor "${name}" doesn't fit the network`, {
      where,
      expected: `float32 ${formatShape(shape)}`,
      found: tensor ? formatShape(tensor.shape) : "nothing",
    });
  }
}

function gather(tensors: NamedTensors, layout: Layout): Float32Array {
  const buffer = new Float32Array(layout.size);
  for (const { name, offset } of layout.entries) {
    buffer.set(tensors.get(name)?.data as Float32Array, offset);
  }
  return buffer;
}
