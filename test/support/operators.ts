import { seededRandom } from "../../src/base/random.js";
import { gradients } from "../../src/graph/differentiate.js";
import { Graph, type Tensor } from "../../src/graph/graph.js";
import { multiply, sum } from "../../src/graph/operators/index.js";
import { elementCount } from "../../src/graph/shape.js";
import { createOnnxRuntime } from "../../src/runtime/node/onnxruntime-node.js";
import type { Value } from "../../src/runtime/runtime.js";

const runtime = createOnnxRuntime({ threads: 2 });

/** An operator with inputs of these shapes. */
export type Build = (...inputs: Tensor[]) => Tensor;

export interface Evaluation {
  out: Float32Array;
  /** sum(out · cotangent) */
  loss: number;
  /** Of the loss, by each input. */
  gradients: Float32Array[];
}

/** Compiles sum(out · cotangent) with its gradients by all inputs. */
export async function compileWithGradients(
  shapes: readonly (readonly number[])[],
  build: Build,
  cotangent: Float32Array,
): Promise<(data: readonly Float32Array[]) => Promise<Evaluation>> {
  const graph = new Graph("test");
  const inputs = shapes.map((shape, i) => graph.input(`in${i}`, "float32", shape));
  const out = build(...inputs);
  const loss = sum(multiply(out, graph.constant(cotangent, out.shape as number[])));
  graph.output("out", out);
  graph.output("loss", loss);
  gradients(loss, inputs).forEach((gradient, i) => {
    graph.output(`grad${i}`, gradient);
  });
  const program = await runtime.compile(graph);
  return async (data) => {
    const feeds = shapes.map((shape, i): [string, Value] => [
      `in${i}`,
      { data: data[i] as Float32Array, shape },
    ]);
    const names = ["out", "loss", ...shapes.map((_, i) => `grad${i}`)];
    const results = await program.run(Object.fromEntries(feeds), names);
    const numbers = (name: string) => (results[name] as Value).data as Float32Array;
    return {
      out: numbers("out"),
      loss: numbers("loss")[0] as number,
      gradients: shapes.map((_, i) => numbers(`grad${i}`)),
    };
  };
}

/**
 * The largest difference between an operator's gradients and central differences of its loss, at a seeded point,
 * relative to 1 + 5·|difference|.
 */
export async function gradientError(
  name: string,
  shapes: readonly (readonly number[])[],
  build: Build,
  range: readonly [number, number] = [-1.5, 1.5],
): Promise<number> {
  const random = seededRandom("operators", name);
  const data = shapes.map((shape) =>
    Float32Array.from({ length: elementCount(shape) }, () => {
      const value = random.uniform(...range);
      // Away from 0, where relu has no derivative.
      return Math.abs(value) < 0.05 ? value + 0.1 : value;
    }),
  );
  const shapeOnly = new Graph("shape");
  const out = build(...shapes.map((shape, i) => shapeOnly.input(`in${i}`, "float32", shape)));
  const cotangent = Float32Array.from({ length: elementCount(out.shape) }, () =>
    random.uniform(-1, 1),
  );
  const evaluate = await compileWithGradients(shapes, build, cotangent);
  const { gradients: found } = await evaluate(data);
  const step = 1 / 64;
  let worst = 0;
  for (const [i, values] of data.entries()) {
    for (let j = 0; j < values.length; j++) {
      const lossAt = async (delta: number) => {
        const moved = data.map((array) => array.slice());
        (moved[i] as Float32Array)[j] = (values[j] as number) + delta;
        return (await evaluate(moved)).loss;
      };
      const difference = ((await lossAt(step)) - (await lossAt(-step))) / (2 * step);
      const error = Math.abs((found[i]?.[j] as number) - difference);
      // NaN must not count as close.
      const relative = Number.isNaN(error) ? Infinity : error / (1 + 5 * Math.abs(difference));
      worst = Math.max(worst, relative);
    }
  }
  return worst;
}
