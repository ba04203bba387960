import { describe, expect, test } from "vitest";
import { gradients } from "../src/graph/differentiate.js";
import { differentiable, Graph, type Output, type Tensor } from "../src/graph/graph.js";
import * as operators from "../src/graph/operators/index.js";
import {
  absolute,
  add,
  alongChannels,
  atLeast,
  averagePooling,
  batchNormalization,
  binaryCrossEntropyWithLogits,
  cast,
  channelAffine,
  channelMean,
  channelSum,
  concatenate,
  concatenateAlong,
  convolution,
  divide,
  expandDimensions,
  flatten,
  generalizedMeanPooling,
  globalAveragePooling,
  hardSigmoid,
  hardSwish,
  identity,
  isPositive,
  linear,
  logSoftmax,
  matrixMultiply,
  maximum,
  maxPooling,
  mean,
  multiply,
  normalizeByStatistics,
  pad,
  power,
  relu,
  reshape,
  reverse,
  sigmoid,
  signedRoot,
  slice,
  softmax,
  softmaxCrossEntropyWithLogits,
  softplus,
  split,
  splitVector,
  squareRoot,
  squeeze,
  subtract,
  sum,
  sumOver,
  transpose,
  type WindowOptions,
} from "../src/graph/operators/index.js";
import { createOnnxRuntime } from "../src/runtime/node/onnxruntime-node.js";
import { expectClose } from "./support/close.js";
import { golden } from "./support/golden.js";
import { type Build, compileWithGradients, gradientError } from "./support/operators.js";

const runtime = createOnnxRuntime({ threads: 2 });

const conv =
  (options: WindowOptions & { groups?: number }) => (x: Tensor, weight: Tensor, bias: Tensor) =>
    convolution(x, weight, { bias, ...options });

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
  [
    "softmaxCrossEntropyWithLogits, soft targets",
    [[5, 4]],
    (x) => {
      const targets = Float32Array.from({ length: 20 }, (_, i) => ((3 * i) % 7) / 10);
      return softmaxCrossEntropyWithLogits(x, x.graph.constant(targets, [5, 4]));
    },
  ],
  ["mean", [[3, 4]], (x) => mean(multiply(x, x))],
  ["transpose", [[2, 3, 4]], (x) => multiply(transpose(x, [2, 0, 1]), transpose(x, [2, 0, 1]))],
  ["slice", [[2, 5, 2]], (x) => multiply(slice(x, 1, 1, 4), slice(x, 1, 2, 5))],
  ["reverse", [[2, 5]], (x) => multiply(reverse(x, 1), x)],
  ["pad", [[2, 3]], (x) => multiply(pad(x, 1, 1, 2), pad(x, 1, 2, 1))],
  [
    "concatenateAlong",
    [
      [2, 3],
      [2, 1],
    ],
    (a, b) => multiply(concatenateAlong(1, [a, b]), concatenateAlong(1, [b, a])),
  ],
  ["convolution, 3×3", [[2, 2, 5, 6], [3, 2, 3, 3], [3]], conv({ padding: 1 })],
  ["convolution, 3×3, many channels", [[1, 6, 3, 3], [5, 6, 3, 3], [5]], conv({ padding: 1 })],
  [
    "convolution, 3×3, stride 2, no padding",
    [[2, 2, 8, 7], [2, 2, 3, 3], [2]],
    conv({ stride: 2 }),
  ],
  [
    "convolution, rectangles",
    [[1, 2, 6, 7], [2, 2, 3, 2], [2]],
    conv({ stride: [1, 2], padding: [2, 1] }),
  ],
  [
    "convolution, rectangles, more than 64 places",
    [[1, 1, 6, 11], [1, 1, 3, 2], [1]],
    conv({ stride: [1, 2], padding: [2, 1] }),
  ],
  [
    "convolution, padding beyond the kernel",
    [[1, 1, 3, 3], [1, 1, 2, 2], [1]],
    conv({ padding: 2 }),
  ],
  ["convolution, 1×1", [[2, 3, 4, 4], [2, 3, 1, 1], [2]], conv({})],
  ["convolution, 1×1, stride 2", [[2, 3, 5, 4], [2, 3, 1, 1], [2]], conv({ stride: 2 })],
  ["convolution, two groups", [[2, 4, 4, 5], [6, 2, 3, 3], [6]], conv({ padding: 1, groups: 2 })],
  [
    "convolution, depthwise, stride 2",
    [[2, 3, 5, 4], [3, 1, 3, 3], [3]],
    conv({ padding: 1, stride: 2, groups: 3 }),
  ],
  ["maxPooling, blocks", [[2, 2, 4, 6]], (x) => maxPooling(x, 2)],
  ["maxPooling, a rest at the border", [[1, 2, 5, 5]], (x) => maxPooling(x, 2)],
  ["averagePooling", [[2, 2, 5, 5]], (x) => averagePooling(x, 3, { stride: 2, padding: 1 })],
  ["averagePooling, blocks", [[1, 2, 4, 6]], (x) => averagePooling(x, [2, 3])],
  [
    "convolution with a bias, normalised",
    [[2, 2, 3, 3], [3, 2, 2, 2], [3], [3], [3]],
    (x, weight, bias, scale, shift) =>
      batchNormalization(convolution(x, weight, { bias }), scale, shift).output,
  ],
  [
    "convolution with a bias, normalised and used otherwise",
    [[2, 2, 3, 3], [3, 2, 2, 2], [3], [3], [3]],
    (x, weight, bias, scale, shift) => {
      const convolved = convolution(x, weight, { bias });
      return add(batchNormalization(convolved, scale, shift).output, convolved);
    },
  ],
  [
    "batchNormalization, its statistics",
    [[3, 2, 2, 2], [2]],
    (x, scale) => {
      const { mean, variance } = batchNormalization(x, scale, scale);
      return multiply(mean, multiply(variance, scale));
    },
  ],
  [
    "batchNormalization, of vectors",
    [[6, 3], [3], [3]],
    (x, scale, shift) => batchNormalization(x, scale, shift).output,
  ],
  [
    "normalizeByStatistics",
    [[2, 3, 2, 2], [3], [3], [3], [3]],
    (x, scale, shift, mean, root) =>
      normalizeByStatistics(x, scale, shift, mean, add(multiply(root, root), x.graph.scalar(0.5))),
  ],
  ["generalizedMeanPooling", [[2, 2, 3, 3]], (x) => generalizedMeanPooling(x), [0.3, 2]],
  ["globalAveragePooling", [[2, 2, 3, 3]], globalAveragePooling],
  ["maxPooling, overlapping windows", [[1, 2, 5, 5]], (x) => maxPooling(x, 3, { stride: 2 })],
  ["maximum", [[3, 4], [4]], maximum],
  ["power", [[3, 4]], (x) => power(x, 2.5), [0.5, 2]],
  ["absolute", [[3, 4]], absolute],
  ["sigmoid", [[3, 4]], sigmoid],
  ["softplus", [[3, 4]], softplus],
  ["hardSigmoid", [[5, 4]], hardSigmoid, [-2.9, 2.9]],
  ["hardSigmoid, beyond its slope", [[5, 4]], hardSigmoid, [3.1, 5]],
  ["hardSwish", [[5, 4]], hardSwish, [-2.9, 2.9]],
  ["signedRoot, above 0", [[3, 4]], signedRoot, [0.5, 2]],
  ["signedRoot, below 0", [[3, 4]], signedRoot, [-2, -0.5]],
  ["atLeast", [[3, 4]], (x) => atLeast(x, 0)],
  ["identity", [[3, 4]], identity],
  ["cast", [[3, 4]], (x) => cast(x, "float32")],
  ["softmax", [[3, 4]], softmax],
  ["logSoftmax", [[3, 4]], logSoftmax],
  ["sumOver", [[2, 3, 4]], (x) => sumOver(x, [0, 2], { keepDimensions: false })],
  ["sumOver, kept", [[2, 3, 4]], (x) => sumOver(x, [1], { keepDimensions: true })],
  ["squeeze", [[2, 1, 4, 1]], (x) => squeeze(x, [1, 3])],
  ["expandDimensions", [[2, 4]], (x) => expandDimensions(x, [0, 2])],
  [
    "split",
    [[6]],
    (x) => {
      const [a, b, c] = split(x, [2, 1, 3]) as [Tensor, Tensor, Tensor];
      return multiply(concatenateAlong(0, [c, a]), concatenateAlong(0, [a, b, a]));
    },
  ],
  [
    "splitVector",
    [[7]],
    (x) => {
      const [a, , c] = splitVector(x, [[2, 1], [3], [1, 2]]) as [Tensor, Tensor, Tensor];
      return matrixMultiply(a, c);
    },
  ],
  [
    "concatenate",
    [[2, 2], [3]],
    (a, b) => multiply(concatenate([a, b, a]), concatenate([b, a, a])),
  ],
  ["channelMean", [[2, 3, 2, 2]], channelMean],
  ["channelSum", [[2, 3, 4]], channelSum],
  ["channelAffine", [[2, 3, 2, 2], [3], [3]], channelAffine],
  ["alongChannels", [[3], [2, 3, 2, 2]], (scale, x) => multiply(alongChannels(scale, x), x)],
  [
    "binaryCrossEntropyWithLogits, by targets too",
    [
      [3, 4],
      [3, 4],
    ],
    binaryCrossEntropyWithLogits,
  ],
  [
    "softmaxCrossEntropyWithLogits, by targets too",
    [
      [3, 4],
      [3, 4],
    ],
    softmaxCrossEntropyWithLogits,
  ],
];

/** Operators whose results don't change with their inputs, or in steps. */
const CONSTANT = ["isAbove", "isPositive"];

test("every operator is among those below", () => {
  const tested = new Set([...cases.map(([name]) => name.split(",")[0]), ...CONSTANT]);
  expect(Object.keys(operators).filter((name) => !tested.has(name))).toEqual([]);
});

describe("gradients equal finite differences", () => {
  test.each(cases)("%s", async (name, shapes, build, range) => {
    expect(await gradientError(name, shapes, build, range)).toBeLessThan(2e-3);
  });
});

describe("second derivatives equal finite differences of gradients", () => {
  test.each(cases)("%s", async (name, shapes, build, range) => {
    const slopes = (...inputs: Tensor[]) => {
      const out = build(...inputs);
      // Squares, so that the gradient by every input depends on every input.
      const ofSquares = gradients(sum(multiply(out, out)), inputs);
      return concatenate(ofSquares);
    };
    expect(await gradientError(name, shapes, slopes, range)).toBeLessThan(5e-3);
  });
});

test("what joins, cuts and converts is no constant: sum(w²) + sum(5w) has the gradient 2w + 5", async () => {
  const ways: Build[] = [
    (w) => concatenate([w as Tensor]),
    (w) => concatenate([w as Tensor, w as Tensor]),
    (w) => cast(w as Tensor, "float32"),
    (w) => splitVector(w as Tensor, [[1], [2]])[1] as Tensor,
  ];
  const expected = [
    [7, 9, 11],
    [12, 14, 16],
    [7, 9, 11],
    [2, 9, 11],
  ];
  for (const [i, way] of ways.entries()) {
    const evaluate = await compileWithGradients(
      [[3]],
      (w) => {
        const { graph } = w as Tensor;
        const squares = sum(multiply(w as Tensor, w as Tensor));
        return add(squares, sum(way(multiply(w as Tensor, graph.scalar(5)))));
      },
      Float32Array.of(1),
    );
    const { gradients: found } = await evaluate([Float32Array.of(1, 2, 3)]);
    expect(Array.from(found[0] as Float32Array)).toEqual(expected[i]);
  }
});

test("by a tensor and by what is made of it: each gradient is whole", async () => {
  const graph = new Graph("test");
  const x = graph.input("x", "float32", []);
  const square = multiply(x, x);
  gradients(multiply(square, square), [x, square]).forEach((gradient, i) => {
    graph.output(`gradient${i}`, gradient);
  });
  const program = await runtime.compile(graph);
  const input = { x: { data: Float32Array.of(2), shape: [] } };
  const results = await program.run(input, ["gradient0", "gradient1"]);
  expect([results.gradient0?.data[0], results.gradient1?.data[0]]).toEqual([32, 8]);
  await program.release();
});

describe("a gradient that isn't known is refused", () => {
  const graph = new Graph("test");
  const w = graph.input("w", "float32", [3]);
  const opaque = (derivative?: "not differentiable") =>
    graph.node("Opaque", [w], { shape: [3], derivative } as Output);

  test.each([
    ["declared", () => opaque("not differentiable")],
    ["not declared, as JavaScript allows it", () => opaque()],
  ])("%s", (_, build) => {
    const loss = add(sum(multiply(w, w)), sum(build()));
    expect(() => gradients(loss, [w])).toThrow("gradients: Opaque is not differentiable");
  });

  test("but not where nothing of it is differentiated", () => {
    const other = graph.input("other", "float32", [3]);
    const loss = sum(multiply(other, opaque("not differentiable")));
    expect(gradients(loss, [other])).toHaveLength(1);
  });

  test("by what a derivative of several nodes leaves out", () => {
    expect(() => differentiable(multiply(w, graph.input("v", "float32", [3])), [w], [])).toThrow(
      'Mul: no gradient by "v"',
    );
  });

  test("of nothing that a node computes", () => {
    expect(() => differentiable(w, [], [])).toThrow('differentiable: "w" is computed by no node');
  });

  test("by comparisons: the output doesn't depend on what is compared", () => {
    expect(() => gradients(sum(isPositive(w)), [w])).toThrow('doesn\'t depend on "w"');
  });
});

test("a tensor that is used twice gets the sum of both gradients", async () => {
  const evaluate = await compileWithGradients(
    [[3]],
    (input) => add(multiply(input as Tensor, input as Tensor), input as Tensor),
    Float32Array.of(1, 1, 1),
  );
  const { gradients: found } = await evaluate([Float32Array.of(1, 2, 3)]);
  expect(Array.from(found[0] as Float32Array)).toEqual([3, 5, 7]);
});

test("splitVector and concatenate undo each other", async () => {
  const graph = new Graph("test");
  const vector = graph.input("vector", "float32", [10]);
  graph.output("joined", concatenate(splitVector(vector, [[2, 2], [1], [3], [1], [1]])));
  const program = await runtime.compile(graph);
  const data = Float32Array.from({ length: 10 }, (_, i) => i);
  const { joined } = await program.run({ vector: { data, shape: [10] } }, ["joined"]);
  expect(joined.data).toEqual(data);
  await program.release();
});

describe("operators equal PyTorch", () => {
  const reference = golden("ops.safetensors");

  const equalsReference = async (name: string, inputs: number, build: Build) => {
    const { numbers, shape } = reference;
    const names = Array.from({ length: inputs }, (_, i) => `${name}.in${i}`);
    const evaluate = await compileWithGradients(
      names.map(shape) as number[][],
      build,
      numbers(`${name}.dout`),
    );
    const { out, gradients: found } = await evaluate(names.map(numbers));
    expectClose(out, numbers(`${name}.out`));
    found.forEach((gradient, i) => {
      expectClose(gradient, numbers(`${name}.grad${i}`), { absolute: 2e-6 });
    });
  };
  const conv = (stride: number, padding: number) => (x: Tensor, weight: Tensor, bias: Tensor) =>
    convolution(x, weight, { bias, stride, padding });

  test.each<[string, number, (...inputs: Tensor[]) => Tensor]>([
    ["linear", 2, linear],
    ["conv3s1", 3, conv(1, 1)],
    ["conv3s2", 3, conv(2, 1)],
    ["conv1s1", 3, conv(1, 0)],
    ["conv1s2", 3, conv(2, 0)],
    ["conv7s2", 3, conv(2, 3)],
    ["maxpool2s2", 1, (x) => maxPooling(x, 2)],
    ["maxpool3s2p1", 1, (x) => maxPooling(x, 3, { stride: 2, padding: 1 })],
    ["batchnorm_train", 3, (x, scale, shift) => batchNormalization(x, scale, shift).output],
    ["gem", 1, (x) => generalizedMeanPooling(x)],
    ["global_avgpool", 1, globalAveragePooling],
  ])("%s", equalsReference);

  test("binary cross-entropy, the mean", async () => {
    const { numbers } = reference;
    await equalsReference("bce", 1, (x) => {
      const { graph } = x;
      const loss = binaryCrossEntropyWithLogits(x, graph.constant(numbers("bce.target"), [5, 4]));
      return reshape(multiply(sum(loss), graph.scalar(1 / 20)), [1]);
    });
  });
});

test("where nothing is summed, added or taken away, nothing changes", () => {
  const x = new Graph("test").input("x", "float32", [1, 2]);
  expect(sumOver(x, [], { keepDimensions: true })).toBe(x);
  expect(squeeze(x, [])).toBe(x);
  expect(expandDimensions(x, [])).toBe(x);
});

test("gradients at 0, and below what float32 can tell from it, are finite", async () => {
  const gradientOf = async (values: number[], shape: number[], build: (x: Tensor) => Tensor) => {
    const evaluate = await compileWithGradients(
      [shape],
      (x) => reshape(sum(build(x)), [1]),
      Float32Array.of(1),
    );
    const [found] = (await evaluate([Float32Array.from(values)])).gradients;
    return [...(found as Float32Array)];
  };
  const slope = (x: Tensor) => gradients(sum(power(x, 1)), [x])[0] as Tensor;
  expect(await gradientOf([0, 1, 2], [3], (x) => multiply(x, slope(x)))).toEqual([1, 1, 1]);
  expect(await gradientOf([0, 1, 2], [3], (x) => multiply(x, power(x, 0)))).toEqual([1, 1, 1]);
  // One channel that never says anything.
  const image = [0, 0, 0, 0, 1, 2, 3, 4];
  for (const exponent of [-3, -1, 3, 8, 20]) {
    const [a, b, c, d, ...others] = await gradientOf(image, [1, 2, 2, 2], (x) =>
      generalizedMeanPooling(x, { power: exponent }),
    );
    expect([a, b, c, d]).toEqual([0, 0, 0, 0]);
    const mean = [1, 2, 3, 4].reduce((total, value) => total + value ** exponent / 4, 0);
    expect(others[3]).toBeCloseTo((mean ** (1 / exponent - 1) * 4 ** (exponent - 1)) / 4, 4);
  }
});

test("normalizeByStatistics undoes mean and variance, then scales and shifts", async () => {
  const graph = new Graph("test");
  const constant = (...values: number[]) => graph.constant(Float32Array.from(values), [2]);
  const x = graph.input("x", "float32", ["batch", 2, 1, 2]);
  const statistics = [constant(2, 3), constant(1, -1), constant(10, 20), constant(4, 9)] as const;
  graph.output("y", normalizeByStatistics(x, ...statistics));
  const program = await runtime.compile(graph);
  const data = Float32Array.of(10, 12, 20, 23);
  const { y } = await program.run({ x: { data, shape: [1, 2, 1, 2] } }, ["y"]);
  expectClose(y.data, [1, 3, -1, 2], { relative: 1e-5 });
  await program.release();
});

test("batch normalisation gives the unbiased variance, of a single element 0", async () => {
  const graph = new Graph("test");
  const ones = graph.constant(Float32Array.of(1), [1]);
  const x = graph.input("x", "float32", ["batch", 1]);
  const { mean, variance } = batchNormalization(x, ones, ones);
  graph.output("mean", mean);
  graph.output("variance", variance);
  const program = await runtime.compile(graph);
  const statisticsOf = async (...values: number[]) => {
    const input = { x: { data: Float32Array.from(values), shape: [values.length, 1] } };
    const results = await program.run(input, ["mean", "variance"]);
    return [results.mean.data[0], results.variance.data[0]];
  };
  expect(await statisticsOf(1, 3)).toEqual([2, 2]);
  expect(await statisticsOf(5)).toEqual([5, 0]);
  await program.release();
});

describe("equal maxima", () => {
  test("share the gradient in blocks", async () => {
    const evaluate = await compileWithGradients(
      [[1, 1, 2, 2]],
      (x) => maxPooling(x as Tensor, 2),
      Float32Array.of(1),
    );
    const { gradients: found } = await evaluate([new Float32Array(4)]);
    expect(Array.from(found[0] as Float32Array)).toEqual([0.25, 0.25, 0.25, 0.25]);
  });

  test("leave it to the first in other windows", async () => {
    const evaluate = await compileWithGradients(
      [[1, 1, 2, 3]],
      (x) => maxPooling(x as Tensor, 2, { stride: 1 }),
      Float32Array.of(1, 1),
    );
    const { gradients: found } = await evaluate([new Float32Array(6)]);
    expect(Array.from(found[0] as Float32Array)).toEqual([1, 1, 0, 0, 0, 0]);
  });
});

describe("graphs that make no sense are refused", () => {
  const graph = new Graph("test");
  const a = graph.input("a", "float32", [3, 4]);
  const b = graph.input("b", "float32", [5, 6]);
  const image = graph.input("image", "float32", ["batch", 3, 4, 4]);

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
    [
      "convolution",
      () => convolution(image, graph.constant(new Float32Array(8), [1, 2, 2, 2])),
      "convolution: the shapes don't fit; expected weight [out, in / groups, kernel height, kernel width]",
    ],
    ["window", () => maxPooling(image, 5), "maxPooling: the window doesn't fit"],
    ["no image", () => averagePooling(a, 2), "averagePooling: the window doesn't fit"],
    ["pooling", () => globalAveragePooling(a), "globalAveragePooling: no batch of images"],
    ["batch-norm", () => batchNormalization(image, a, a), "batchNormalization: the shapes"],
    ["slice", () => slice(a, 1, 2, 5), "slice: outside of the tensor; found 2 to 5 of axis 1"],
    [
      "reverse",
      () => reverse(image, 0),
      "reverse: the axis has no known size; found axis 0 of [batch, 3, 4, 4]",
    ],
    ["pad", () => pad(a, 1, -1, 0), "pad: not possible"],
    ["transpose", () => transpose(a, [0, 0]), "transpose: not an order of the axes"],
    ["sumOver", () => sumOver(a, [-1], { keepDimensions: true }), "sumOver: no axes of the tensor"],
    ["squeeze, outside", () => squeeze(a, [2]), "squeeze: no axes"],
    ["squeeze", () => squeeze(a, [0]), "squeeze: axes of other sizes than 1"],
    ["expandDimensions", () => expandDimensions(a, [4]), "expandDimensions: no axes of the tensor"],
    ["concatenateAlong", () => concatenateAlong(0, [a, b]), "can't join along axis 0"],
    ["input twice", () => graph.input("a", "float32", [1]), 'already has an input "a"'],
    ["no scalar", () => gradients(a, [a]), "the output is not a scalar; expected shape []"],
    ["no path", () => gradients(sum(a), [b]), 'doesn\'t depend on "b"'],
  ])("%s", (_, build, message) => {
    expect(build).toThrow(message);
  });
});
