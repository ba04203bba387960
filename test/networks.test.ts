import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { createChosen } from "../src/base/part.js";
import { seededRandom } from "../src/base/random.js";
import { gradients } from "../src/graph/differentiate.js";
import { Graph, type Tensor } from "../src/graph/graph.js";
import {
  binaryCrossEntropyWithLogits,
  linear,
  matrixMultiply,
  multiply,
  sum,
  transpose,
} from "../src/graph/operators/index.js";
import { elementCount } from "../src/graph/shape.js";
import { bindInputs } from "../src/model/bind-inputs.js";
import { Inference } from "../src/model/inference.js";
import type { TaskModel } from "../src/model/model.js";
import { FeatureExtractor } from "../src/nn/feature-extractor.js";
import { type NetworkSettings, networks } from "../src/nn/index.js";
import { uniformByFanIn } from "../src/nn/initialization.js";
import { batchNormalizationLayer } from "../src/nn/layers.js";
import type { Network } from "../src/nn/network.js";
import { radam } from "../src/optim/radam.js";
import { sgd } from "../src/optim/sgd.js";
import { createOnnxRuntime } from "../src/runtime/node/onnxruntime-node.js";
import type { Value } from "../src/runtime/runtime.js";
import type { InputDescription } from "../src/samples/input-description.js";
import { samplesInMemory } from "../src/samples/samples.js";
import { ModelTraining } from "../src/training/model-training.js";
import { TrainingStep } from "../src/training/training-step.js";
import { expectClose } from "./support/close.js";
import { GOLDEN, golden } from "./support/golden.js";

const runtime = createOnnxRuntime({ threads: 2 });

function images(side: number): InputDescription {
  return { shape: [3, side, side], type: "float32", mean: [0], std: [1] };
}

/** A model of random values that has seen one batch, so that its statistics are no initial ones. */
async function trainedModel(
  extractor: FeatureExtractor,
  classes: number,
): Promise<{ model: TaskModel; initial: Float32Array }> {
  const random = seededRandom("networks", extractor.network.name);
  const numbers = (length: number) => Float32Array.from({ length }, () => random.normal());
  const from = {
    theta: extractor.initialParameters(random),
    statistics: extractor.initialStatistics(),
    classifier: numbers(classes * extractor.featureSize),
  };
  const step = await TrainingStep.compile(runtime, extractor, radam());
  const samples = 4;
  const targets = Float32Array.from({ length: samples * classes }, (_, i) =>
    Number(i % classes === 0),
  );
  const x = numbers(samples * elementCount(extractor.input.shape));
  const training = await ModelTraining.start(from, step);
  expect(await training.train({ x, samples, targets }, 0.01)).toBeGreaterThan(0);
  const model = await training.read();
  training.release();
  await step.release();
  return { model, initial: from.theta };
}

describe.each<[NetworkSettings, number, number, number]>([
  [{ name: "mlp", hidden: [20, 10] }, 8, 10, 8 * 8 * 3 * 20 + 20 + 20 * 10 + 10],
  [{ name: "reduced-resnet18", widths: [2, 3, 4, 5] }, 8, 5, 2138],
  [{ name: "resnet18" }, 32, 512, 11_176_512],
  [{ name: "resnet32" }, 16, 64, 463_504],
  [{ name: "mobilenet-v3-small" }, 64, 576, 927_008],
])("%o", (settings, side, featureSize, parameters) => {
  const extractor = new FeatureExtractor(createChosen(networks, settings), images(side));

  test("has its features and parameters", () => {
    expect(extractor.featureSize).toBe(featureSize);
    expect(extractor.parameters.size).toBe(parameters);
  });

  test("trains to finite values that differ, and then infers", async () => {
    const { model, initial } = await trainedModel(extractor, 3);
    const { theta, statistics } = model;
    expect(theta.every(Number.isFinite) && statistics.every(Number.isFinite)).toBe(true);
    const unchanged = extractor.parameters.entries.filter(({ offset, length }) =>
      theta.subarray(offset, offset + length).every((value, i) => value === initial[offset + i]),
    );
    const names = unchanged.map(({ name }) => name);
    expect(names.filter((name) => !beforeNormalization(name))).toEqual([]);
    const inference = await Inference.compile(runtime, extractor);
    const source = samplesInMemory(
      Float32Array.from({ length: 2 * 3 * side * side }, (_, i) => Math.sin(i)),
      3 * side * side,
    );
    const { data } = await inference.logits(model, source, [0, 1]);
    expect(data.every(Number.isFinite)).toBe(true);
    expect(data[0]).not.toBe(data[3]);
    await inference.release();
  });
});

test("mirrored, features are the mean of a picture's and its mirror image's", async () => {
  const settings = { name: "reduced-resnet18", widths: [2, 3, 4, 5] };
  const side = 8;
  const [extractor, mirrored] = [settings, { ...settings, mirrored: true }].map(
    (one) => new FeatureExtractor(createChosen(networks, one), images(side)),
  ) as [FeatureExtractor, FeatureExtractor];
  const { model } = await trainedModel(extractor, 3);
  expect((await trainedModel(mirrored, 3)).model).toEqual(model);

  const size = 3 * side * side;
  const pixels = Float32Array.from({ length: 2 * size }, (_, i) => Math.sin(i));
  const flipped = pixels.map((_, i) => pixels[i + side - 1 - 2 * (i % side)] as number);
  const source = samplesInMemory(Float32Array.from([...pixels, ...flipped]), size);
  const inferences = [extractor, mirrored].map((one) => Inference.compile(runtime, one));
  const [single, mean] = (await Promise.all(inferences)) as [Inference, Inference];
  const { data: each } = await single.features(model, source, [0, 1, 2, 3]);
  const { data: means } = await mean.features(model, source, [0, 1, 2, 3]);
  const half = each.length / 2;
  expect(each.subarray(0, half)).not.toEqual(each.subarray(half));
  const other = (i: number) => each[(i + half) % each.length] as number;
  const expected = each.map((value, i) => (value + other(i)) / 2);
  expectClose(means, expected, { relative: 1e-5, absolute: 1e-6 });
  await Promise.all([single.release(), mean.release()]);
});

test("a network of one's own may call its parameters what it likes, and multiply from either side", async () => {
  const network: Network = {
    name: "own",
    features(scope, x) {
      const weight = scope.parameter("x", [4, 2], uniformByFanIn(2));
      // W·xᵀ, and back.
      return transpose(matrixMultiply(weight, x, { transposeB: true }), [1, 0]);
    },
  };
  const input = { shape: [2], type: "float32", mean: [0], std: [1] } as const;
  const extractor = new FeatureExtractor(network, input);
  const { model } = await trainedModel(extractor, 3);
  const inference = await Inference.compile(runtime, extractor);
  const source = samplesInMemory(Float32Array.of(1, 0, 0, 1), 2);
  const { data } = await inference.features(model, source, [0, 1]);
  const { theta } = model;
  const expected = [0, 2, 4, 6, 1, 3, 5, 7].map((i) => theta[i] as number);
  expectClose(data, expected, { relative: 1e-5, absolute: 1e-6 });
  await inference.release();
});

test("the reduced ResNet-18 of the paper has 1.25 million parameters", () => {
  const extractor = new FeatureExtractor(
    createChosen(networks, { name: "reduced-resnet18" }),
    images(32),
  );
  expect(extractor.featureSize).toBe(170);
  // With the 100 rows of CIFAR-100's classifier.
  expect((extractor.parameters.size + 100 * 170) / 1e6).toBeCloseTo(1.25, 2);
});

test("ResNet-18 has exactly the parameters of the common one", () => {
  const path = join(GOLDEN, "resnet18_shapes.json");
  const shapes: Record<string, number[]> = JSON.parse(readFileSync(path, "utf8"));
  const { "fc.weight": classifier, "fc.bias": _, ...expected } = shapes;
  const extractor = new FeatureExtractor(createChosen(networks, { name: "resnet18" }), images(112));
  const { entries } = extractor.parameters;
  expect(Object.fromEntries(entries.map(({ name, shape }) => [name, shape]))).toEqual(expected);
  // The paper's classifier has no bias.
  expect(classifier?.[1]).toBe(extractor.featureSize);
});

const reference = golden("reduced_resnet.safetensors");

describe("the reduced ResNet-18 equals PyTorch", () => {
  const { numbers, shape } = reference;

  const forwardAndBackward = async ({ extractor, model, batch }: Replica) => {
    const graph = new Graph("test");
    const { size } = extractor.parameters;
    const theta = graph.input("theta", "float32", [size]);
    const classifier = graph.input("classifier", "float32", [6, extractor.featureSize]);
    const { parameters, binding } = bindInputs(extractor, theta);
    const applied = extractor.apply(extractor.declareInput(graph), binding, { training: true });
    const logits = linear(applied.features, classifier);
    const targets = graph.input("targets", "float32", ["batch", 6]);
    const weights = graph.constant(
      batch.columns.map((column) => column / 16),
      [6],
    );
    const loss = sum(multiply(binaryCrossEntropyWithLogits(logits, targets), weights));
    const outputs = new Map<string, Tensor>([
      ["logits_train", logits],
      ["loss", loss],
    ]);
    extractor.statistics.entries.forEach(({ name }, i) => {
      outputs.set(`after_forward.${name}`, applied.statistics[i] as Tensor);
    });
    gradients(loss, [classifier, ...parameters]).forEach((gradient, i) => {
      const name = i === 0 ? "fc.weight" : extractor.parameters.entries[i - 1]?.name;
      outputs.set(`grad.${name}`, gradient);
    });
    for (const [name, tensor] of outputs) graph.output(name, tensor);
    const program = await runtime.compile(graph);
    const inputs: Record<string, Value> = {
      x: { data: batch.x, shape: shape("x") },
      theta: { data: model.theta, shape: [size] },
      classifier: { data: model.classifier, shape: [6, extractor.featureSize] },
      statistics: { data: model.statistics, shape: [model.statistics.length] },
      targets: { data: batch.targets, shape: [8, 6] },
    };
    const results = await program.run(inputs, [...outputs.keys()]);
    for (const name of outputs.keys()) {
      // A bias before a batch normalisation has the gradient 0; what both programs give is rounding.
      const absolute = name.startsWith("grad.") ? 2e-6 : 1e-5;
      expectClose((results[name] as Value).data, numbers(name), { absolute });
    }
    await program.release();
  };

  test("forward, loss, gradients, statistics", () => forwardAndBackward(makeReplica(reference)));

  const eightSteps = async ({ extractor, model, batch }: Replica) => {
    const step = await TrainingStep.compile(runtime, extractor, radam());
    const training = await ModelTraining.start(model, step);
    let current: TaskModel = model;
    for (let steps = 1; steps <= 8; steps++) {
      await training.train(batch, 0.01);
      current = await training.read();
      if (![1, 5, 8].includes(steps)) continue;
      for (const { name } of extractor.parameters.entries) {
        const expected = numbers(`radam${steps}.${name}`);
        const tolerance = beforeNormalization(name) ? NOISE : TOLERANCE;
        expectClose(extractor.parameters.view(current.theta, name), expected, tolerance);
      }
      expectClose(current.classifier, numbers(`radam${steps}.fc.weight`), TOLERANCE);
    }
    for (const { name } of extractor.statistics.entries) {
      const expected = numbers(`radam8.${name}`);
      const tolerance = name.endsWith("mean") ? NOISE : TOLERANCE;
      expectClose(extractor.statistics.view(current.statistics, name), expected, tolerance);
    }
    const inference = await Inference.compile(runtime, extractor);
    const source = samplesInMemory(batch.x, elementCount(extractor.input.shape));
    const { data } = await inference.logits(current, source, [0, 1, 2, 3, 4, 5, 6, 7]);
    expectClose(data, numbers("logits_eval"), NOISE);
    training.release();
    await step.release();
    await inference.release();
  };

  test("8 steps of RAdam, and inference after them", () => eightSteps(makeReplica(reference)));
});

const TOLERANCE = { relative: 1e-4, absolute: 1e-5 };

/** A bias before a batch normalisation has the gradient 0: what programs give is rounding, which RAdam makes a step. */
function beforeNormalization(name: string): boolean {
  return /(conv\d|downsample\.0)\.bias$/.test(name);
}

/** What that rounding may change, in such a bias, in the mean of what it is added to, and in the difference of both. */
const NOISE = { relative: 1e-4, absolute: 1e-3 };

type Replica = ReturnType<typeof makeReplica>;

/** The reference's network, its initial values, its batch. */
function makeReplica({ numbers, integers, metadata, shape }: typeof reference) {
  const widths = JSON.parse(metadata.widths as string) as number[];
  const extractor = new FeatureExtractor(
    createChosen(networks, { name: "reduced-resnet18", widths }),
    images(shape("x")[2] as number),
  );
  const gather = ({ size, entries }: FeatureExtractor["parameters"]) => {
    const buffer = new Float32Array(size);
    for (const { name, offset } of entries) {
      buffer.set(numbers(`init.${name}`), offset);
    }
    return buffer;
  };
  const targets = new Float32Array(8 * 6);
  integers("y").forEach((label, i) => {
    targets[i * 6 + label] = 1;
  });
  return {
    extractor,
    model: {
      theta: gather(extractor.parameters),
      statistics: gather(extractor.statistics),
      // A copy: what is trained must not change the reference.
      classifier: numbers("init.fc.weight").slice(),
    },
    batch: {
      ...{ x: numbers("x"), samples: 8, targets },
      columns: Float32Array.of(0, 0, 1, 1, 0, 0),
    },
  };
}

test("a sample alone has a mean, and leaves the running variance as it is", async () => {
  const extractor = new FeatureExtractor(
    { name: "normalised", features: (scope, x) => batchNormalizationLayer(scope, "bn", x) },
    { shape: [2], type: "float32", mean: [0], std: [1] },
  );
  const step = await TrainingStep.compile(runtime, extractor, sgd());
  const statisticsAfter = async (...values: number[]) => {
    const base = {
      theta: extractor.initialParameters(seededRandom("alone")),
      statistics: extractor.initialStatistics(),
      classifier: new Float32Array(2),
    };
    const training = await ModelTraining.start(base, step);
    const samples = values.length / 2;
    const batch = { x: Float32Array.from(values), samples, targets: new Float32Array(samples) };
    await training.train(batch, 0.1);
    const { statistics } = await training.read();
    training.release();
    const at = (name: string) => [...extractor.statistics.view(statistics, `bn.${name}`)];
    return { mean: at("running_mean"), variance: at("running_var") };
  };
  const alone = await statisticsAfter(10, -10);
  expectClose(alone.mean, [1, -1]);
  expect(alone.variance).toEqual([1, 1]);
  // By the unbiased variances 2 and 8.
  const two = await statisticsAfter(1, 2, 3, 6);
  expectClose(two.variance, [0.9 + 0.2, 0.9 + 0.8]);
  await step.release();
});
