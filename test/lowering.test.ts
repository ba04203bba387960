import { InferenceSession, Tensor as Value } from "onnxruntime-node";
import { describe, expect, test } from "vitest";
import { seededRandom } from "../src/base/random.js";
import { gradients } from "../src/graph/differentiate.js";
import { ABSTRACT, Graph, type Tensor } from "../src/graph/graph.js";
import {
  batchNormalization,
  concatenate,
  convolution,
  multiply,
  relu,
  splitVector,
  sum,
} from "../src/graph/operators/index.js";
import { type Lowering, lower } from "../src/onnx/lower.js";
import { cpuThread, cpuThreads, gpu, textbook } from "../src/onnx/lowerings.js";
import { serializeOnnx } from "../src/onnx/serialize.js";
import { splitInSteps } from "../src/onnx/split.js";
import { createOnnxRuntime } from "../src/runtime/node/onnxruntime-node.js";
import { expectClose } from "./support/close.js";

const random = seededRandom("lowering");

/** sum(result²) of an operator with these inputs, and its gradients by all of them. */
function withGradients(shapes: readonly number[][], build: (...inputs: Tensor[]) => Tensor): Graph {
  const graph = new Graph("test");
  const inputs = shapes.map((shape, i) => graph.input(`in${i}`, "float32", shape));
  const result = build(...inputs);
  const loss = sum(multiply(result, result));
  graph.output("result", result);
  gradients(loss, inputs).forEach((gradient, i) => {
    graph.output(`gradient${i}`, gradient);
  });
  return graph;
}

/** All outputs, computed by what a lowering writes. */
async function compute(
  graph: Graph,
  lowering: Lowering,
  values: readonly Float32Array[],
): Promise<Record<string, Float32Array>> {
  const session = await InferenceSession.create(serializeOnnx(graph, lowering), {
    logSeverityLevel: 4,
  });
  const feeds = graph.inputs.map(({ name, shape }, i) => [
    name,
    new Value("float32", values[i] as Float32Array, shape as number[]),
  ]);
  const results = await session.run(Object.fromEntries(feeds));
  await session.release();
  return Object.fromEntries(
    Object.entries(results).map(([name, { data }]) => [name, data as Float32Array]),
  );
}

function operatorsOf(graph: Graph, lowering: Lowering): string[] {
  return lower(graph, lowering).nodes.map(({ operator }) => operator);
}

const conv =
  (stride: number, padding: number, groups = 1) =>
  (x: Tensor, weight: Tensor, bias: Tensor): Tensor =>
    convolution(x, weight, { bias, stride, padding, groups });

const cases: [string, number[][], (...inputs: Tensor[]) => Tensor][] = [
  ["a convolution", [[3, 4, 9, 9], [5, 4, 3, 3], [5]], conv(1, 1)],
  ["one with stride 2 and a rest", [[3, 4, 8, 8], [5, 4, 3, 3], [5]], conv(2, 1)],
  ["one with more filters than places", [[3, 18, 4, 4], [42, 18, 3, 3], [42]], conv(1, 1)],
  ["one whose padding exceeds its kernel", [[2, 3, 4, 4], [4, 3, 1, 1], [4]], conv(1, 2)],
  ["a depthwise convolution", [[3, 20, 4, 4], [20, 1, 5, 5], [20]], conv(1, 2, 20)],
  ["one of groups, with stride 2", [[3, 8, 9, 9], [12, 4, 3, 3], [12]], conv(2, 1, 2)],
  [
    "batch normalisation of large images",
    [[3, 5, 16, 16], [5], [5]],
    (x, scale, shift) => batchNormalization(x, scale, shift).output,
  ],
  [
    "batch normalisation of vectors, and a ReLU",
    [[7, 5], [5], [5]],
    (x, scale, shift) => relu(batchNormalization(x, scale, shift).output),
  ],
  [
    "many pieces of a vector",
    [[30]],
    (x) =>
      concatenate(
        splitVector(
          x,
          Array.from({ length: 15 }, () => [2]),
        ).reverse(),
      ),
  ],
];

describe.each(cases)("every backend computes the textbook's numbers: %s", (_, shapes, build) => {
  const graph = withGradients(shapes, build);
  const values = shapes.map((shape) =>
    Float32Array.from({ length: shape.reduce((a, b) => a * b) }, () => random.uniform(-1, 1)),
  );

  test.each([
    ["CPU, one thread", cpuThread],
    ["CPU, several threads", cpuThreads(undefined)],
    ["GPU", gpu],
  ])("%s", async (_name, lowering) => {
    const [expected, found] = await Promise.all([
      compute(graph, textbook, values),
      compute(graph, lowering, values),
    ]);
    for (const [name, numbers] of Object.entries(expected)) {
      expectClose(found[name] as Float32Array, numbers, { absolute: 1e-3, relative: 1e-4 });
    }
  });

  test("CPU, several threads, as the runtime chooses for this machine", async () => {
    const program = await createOnnxRuntime({ threads: 2 }).compile(graph);
    const inputs = shapes.map((shape, i) => [`in${i}`, { data: values[i], shape }]);
    const expected = await compute(graph, textbook, values);
    const found = await program.run(Object.fromEntries(inputs), Object.keys(expected));
    for (const [name, numbers] of Object.entries(expected)) {
      expectClose(found[name]?.data ?? [], numbers, { absolute: 1e-3, relative: 1e-4 });
    }
    await program.release();
  });
});

describe("what is fastest on ONNX Runtime's CPU", () => {
  const [, shapes, build] = cases[2] as (typeof cases)[number];

  test("a convolution with more filters than places runs in blocks of channels", () => {
    const graph = withGradients(shapes, build);
    expect(operatorsOf(graph, cpuThreads(8))).toContain("ReorderOutput");
    expect(operatorsOf(graph, cpuThread)).not.toContain("ReorderOutput");
  });

  test("batch normalisation of large images is scaled by a convolution, in several threads", () => {
    const [, ofImages, normalize] = cases[6] as (typeof cases)[number];
    const graph = withGradients(ofImages, normalize);
    const several = operatorsOf(graph, cpuThreads(undefined));
    expect(several).toContain("Conv");
    expect(several).not.toContain("BatchNormalization");
    expect(operatorsOf(graph, cpuThread)).toContain("BatchNormalization");
  });

  test("with stride 1 no convolution is transposed", () => {
    const graph = withGradients(shapes, build);
    expect(operatorsOf(graph, textbook)).toContain("ConvTranspose");
    expect(operatorsOf(graph, cpuThread)).not.toContain("ConvTranspose");
  });
});

test.each([5, 2])("a Split has %i results at most where a GPU binds no more", (most) => {
  const graph = new Graph("test");
  const vector = graph.input("vector", "float32", [8]);
  graph.output("joined", concatenate(splitVector(vector, [[2], [1], [3], [1], [1]])));
  const { nodes } = lower(graph, { Split: splitInSteps(most) });
  expect(Math.max(...nodes.map(({ outputs }) => outputs.length))).toBe(most);
});

test("what no output needs is left out", () => {
  const graph = new Graph("test");
  const x = graph.input("x", "float32", [2]);
  relu(multiply(x, graph.scalar(7)));
  graph.output("y", relu(x));
  const { nodes, constants } = lower(graph, textbook);
  expect(nodes.map(({ operator }) => operator)).toEqual(["Relu"]);
  expect(constants).toEqual([]);
});

test("an operator that ONNX hasn't and a lowering neither is refused", () => {
  const graph = new Graph("test");
  const x = graph.input("x", "float32", [2]);
  const output = { shape: [2], derivative: "constant" } as const;
  graph.output("y", graph.node("Unheard", [x], output, {}, ABSTRACT));
  expect(() => lower(graph, textbook)).toThrow("lower: no rule for Unheard");
});
