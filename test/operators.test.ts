import { describe, expect, test } from "vitest";
import { gradients } from "../src/graph/differentiate.js";
import { Graph } from "../src/graph/graph.js";
import { serializeOnnx } from "../src/graph/onnx.js";
import {
  add,
  binaryCrossEntropyWithLogits,
  concatenate,
  divide,
  flatten,
  linear,
  matrixMultiply,
  multiply,
  relu,
  reshape,
  splitVector,
  squareRoot,
  subtract,
  sum,
} from "../src/graph/operators/index.js";
import type { Tensor } from "../src/graph/tensor.js";
import { seededRandom } from "../src/random.js";
import { createOnnxRuntime } from "../src/runtime/onnxruntime-node.js";
import type { Value } from "../src/runtime/runtime.js";
import { expectClose } from "./support/close.js";
import { golden } from "./support/shared.js";

const runtime = createOnnxRuntime();

/** Values of sum(out · cotangent) and of its gradients. */
async function run(
  shapes: readonly (readonly number[])[],
  build: (...inputs: Tensor[]) => Tensor,
  data: readonly Float32Array[],
  cotangent: Float32Array,
) {
  const graph = new Graph("test");
  const inputs = shapes.map((shape, i) => graph.input(`in${i}`, "float32", shape));
  const out = build(...inputs);
  const weight = graph.constant(cotangent, out.shape as number[]);
  const loss = sum(multiply(out, weight));
  graph.output("out", out);
  graph.output("loss", loss);
  gradients(loss, inputs).forEach((gradient, i) => {
    graph.output(`grad${i}`, gradient);
  });
  const program = await runtime.compile(serializeOnnx(graph));
  const feeds = Object.fromEntries(
    shapes.map((shape, i): [string, Value] => [`in${i}`, { data: data[i] as Float32Array, shape }]),
  );
  const results = await program.run(feeds, [
    "out",
    "loss",
    ...inputs.map((_, i) => `grad${i}` as const),
  ]);
  await program.release();
  return results;
}

const cases: [
  name: string,
  shapes: number[][],
  build: (...inputs: Tensor[]) => Tensor,
  range?: [number, number],
][] = [
  [
    "add",
    [
      [3, 4],
      [3, 4],
    ],
    add,
  ],
  ["add, broadcast row", [[3, 4], [4]], add],
  [
    "add, broadcast column",
    [
      [3, 4],
      [3, 1],
    ],
    add,
  ],
  ["add, broadcast scalar", [[3, 4], []], add],
  ["subtract", [[3, 4], [4]], subtract],
  [
    "multiply",
    [
      [3, 4],
      [3, 4],
    ],
    multiply,
  ],
  [
    "multiply, broadcast",
    [
      [2, 3, 4],
      [3, 1],
    ],
    multiply,
  ],
  ["multiply by itself", [[3, 4]], (x) => multiply(x, x)],
  ["divide", [[3, 4], [4]], divide, [0.5, 2]],
  ["squareRoot", [[3, 4]], squareRoot, [0.5, 2]],
  ["relu", [[5, 7]], relu],
  [
    "matrixMultiply",
    [
      [3, 4],
      [4, 5],
    ],
    (a, b) => matrixMultiply(a, b),
  ],
  [
    "matrixMultiply, aᵀb",
    [
      [4, 3],
      [4, 5],
    ],
    (a, b) => matrixMultiply(a, b, { transposeA: true }),
  ],
  [
    "matrixMultiply, abᵀ",
    [
      [3, 4],
      [5, 4],
    ],
    (a, b) => matrixMultiply(a, b, { transposeB: true }),
  ],
  [
    "matrixMultiply, aᵀbᵀ",
    [
      [4, 3],
      [5, 4],
    ],
    (a, b) => matrixMultiply(a, b, { transposeA: true, transposeB: true }),
  ],
  ["linear", [[5, 4], [3, 4], [3]], linear],
  ["reshape", [[3, 4]], (x) => multiply(reshape(x, [2, 6]), reshape(x, [2, 6]))],
  ["flatten", [[3, 2, 2]], (x) => multiply(flatten(x), flatten(x))],
  ["sum", [[3, 4]], (x) => sum(multiply(x, x))],
  [
    "binaryCrossEntropyWithLogits",
    [[5, 4]],
    (x) => {
      const targets = Float32Array.from({ length: 20 }, (_, i) => Number(i % 4 === 1));
      return binaryCrossEntropyWithLogits(x, x.graph.constant(targets, [5, 4]));
    },
  ],
];

describe("gradients equal finite differences", () => {
  test.each(cases)("%s", async (name, shapes, build, range = [-1.5, 1.5]) => {
    const random = seededRandom("operators", name);
    const size = (shape: readonly number[]) => shape.reduce((a, b) => a * b, 1);
    const data = shapes.map((shape) =>
      Float32Array.from({ length: size(shape) }, () => {
        const value = random.uniform(...range);
        // Away from 0, where relu has no derivative.
        return Math.abs(value) < 0.05 ? value + 0.1 : value;
      }),
    );
    const shapeOnly = new Graph("shape");
    const out = build(...shapes.map((shape, i) => shapeOnly.input(`in${i}`, "float32", shape)));
    const cotangent = Float32Array.from({ length: size(out.shape as number[]) }, () =>
      random.uniform(-1, 1),
    );
    const results = await run(shapes, build, data, cotangent);
    const step = 1 / 64;
    for (const [i, values] of data.entries()) {
      const gradient = (results[`grad${i}`] as Value).data;
      for (let j = 0; j < values.length; j++) {
        const lossAt = async (delta: number) => {
          const moved = data.map((array) => array.slice());
          (moved[i] as Float32Array)[j] = (values[j] as number) + delta;
          return (await run(shapes, build, moved, cotangent)).loss.data[0] as number;
        };
        const difference = ((await lossAt(step)) - (await lossAt(-step))) / (2 * step);
        expect(Math.abs((gradient[j] as number) - difference)).toBeLessThan(
          2e-3 + 1e-2 * Math.abs(difference),
        );
      }
    }
  });
});

test("a tensor that is used twice gets the sum of both gradients", async () => {
  const x = Float32Array.of(1, 2, 3);
  const results = await run(
    [[3]],
    (input) => add(multiply(input, input), input),
    [x],
    Float32Array.of(1, 1, 1),
  );
  expect(Array.from((results.grad0 as Value).data)).toEqual([3, 5, 7]);
});

test("splitVector and concatenate undo each other", async () => {
  const graph = new Graph("test");
  const vector = graph.input("vector", "float32", [10]);
  graph.output("joined", concatenate(splitVector(vector, [[2, 3], [4]])));
  const program = await runtime.compile(serializeOnnx(graph));
  const data = Float32Array.from({ length: 10 }, (_, i) => i);
  const { joined } = await program.run({ vector: { data, shape: [10] } }, ["joined"]);
  expect(joined.data).toEqual(data);
  await program.release();
});

describe("operators equal PyTorch", () => {
  const reference = golden("ops.safetensors");
  const load = (name: string) => (reference as NonNullable<typeof reference>).numbers(name);

  test.skipIf(!reference)("linear", async () => {
    const data = [load("linear.in0"), load("linear.in1")];
    const results = await run(
      [
        [5, 4],
        [3, 4],
      ],
      linear,
      data,
      load("linear.dout"),
    );
    expectClose(results.out.data, load("linear.out"));
    expectClose((results.grad0 as Value).data, load("linear.grad0"));
    expectClose((results.grad1 as Value).data, load("linear.grad1"));
  });

  test.skipIf(!reference)("binary cross-entropy, the mean", async () => {
    const results = await run(
      [[5, 4]],
      (x) => {
        const { graph } = x;
        const target = graph.constant(load("bce.target"), [5, 4]);
        const loss = binaryCrossEntropyWithLogits(x, target);
        return reshape(multiply(sum(loss), graph.scalar(1 / 20)), [1]);
      },
      [load("bce.in0")],
      load("bce.dout"),
    );
    expectClose(results.out.data, load("bce.out"));
    expectClose((results.grad0 as Value).data, load("bce.grad0"));
  });
});

describe("graphs that make no sense are refused", () => {
  const graph = new Graph("test");
  const a = graph.input("a", "float32", [3, 4]);
  const b = graph.input("b", "float32", [5, 6]);

  test.each([
    ["add", () => add(a, b), "add: the shapes don't fit; found [3, 4] and [5, 6]"],
    ["matrixMultiply", () => matrixMultiply(a, b), "matrixMultiply: the shapes don't fit"],
    [
      "linear",
      () => linear(a, b),
      "linear: the shapes don't fit; found x [3, 4] and weight [5, 6]",
    ],
    ["reshape", () => reshape(a, [5, 5]), "reshape: the sizes differ; found [3, 4] to [5, 5]"],
    [
      "another graph",
      () => add(a, new Graph("other").input("c", "float32", [4])),
      "of another graph",
    ],
    ["input twice", () => graph.input("a", "float32", [1]), 'already has an input "a"'],
    ["no scalar", () => gradients(a, [a]), "the output is not a scalar; expected shape []"],
    ["no path", () => gradients(sum(a), [b]), 'doesn\'t depend on "b"'],
  ])("%s", (_, build, message) => {
    expect(build).toThrow(message);
  });
});
