import { performance } from "node:perf_hooks";
import { createChosen } from "../src/base/part.js";
import { seededRandom } from "../src/base/random.js";
import { Graph } from "../src/graph/graph.js";
import { windowOver } from "../src/graph/operators/window.js";
import { newClassifier, newModel, taskModel } from "../src/model/model.js";
import { FeatureExtractor } from "../src/nn/feature-extractor.js";
import { type NetworkSettings, networks } from "../src/nn/index.js";
import { convolutionOverImages, oneProduct, productPerImage } from "../src/onnx/weight-gradient.js";
import { radam } from "../src/optim/radam.js";
import { textTable } from "../src/report/table.js";
import { createOnnxRuntime } from "../src/runtime/node/onnxruntime-node.js";
import { type Augmentation, augment } from "../src/samples/augmentation.js";
import { ModelTraining } from "../src/training/model-training.js";
import { TrainingStep } from "../src/training/training-step.js";

const ROUNDS = 5;
const runtime = createOnnxRuntime();
const random = seededRandom("bench convolution");
const numbers = (length: number) => Float32Array.from({ length }, () => random.uniform(-1, 1));

/** Milliseconds of each, the best of some rounds in which they take turns. */
async function best(works: readonly (() => Promise<unknown>)[]): Promise<number[]> {
  const times = works.map(() => Number.POSITIVE_INFINITY);
  for (let round = 0; round < ROUNDS; round++) {
    for (const [i, work] of works.entries()) {
      const started = performance.now();
      await work();
      times[i] = Math.min(times[i] as number, performance.now() - started);
    }
  }
  return times;
}

/** The weight gradient of a 3×3 convolution of N images in the two ways that are used, and as a convolution. */
async function weightGradients([batch, channels, out, side]: readonly [
  number,
  number,
  number,
  number,
]) {
  const programs = await Promise.all(
    [productPerImage, oneProduct, convolutionOverImages].map((compute) => {
      const graph = new Graph(compute.name);
      const x = graph.input("x", "float32", [batch, channels, side, side]);
      const dy = graph.input("dy", "float32", [batch, out, side, side]);
      const window = windowOver("bench", x, 3, { padding: 1 });
      graph.output("gradient", compute(dy, x, window));
      return runtime.compile(graph);
    }),
  );
  const inputs = {
    x: { data: numbers(batch * channels * side * side), shape: [batch, channels, side, side] },
    dy: { data: numbers(batch * out * side * side), shape: [batch, out, side, side] },
  };
  const times = await best(programs.map((program) => () => program.run(inputs, ["gradient"])));
  await Promise.all(programs.map((program) => program.release()));
  return times;
}

const SHAPES = [
  [128, 21, 21, 32],
  [128, 42, 42, 32],
  [128, 85, 85, 16],
  [128, 170, 170, 8],
  [32, 512, 512, 4],
] as const;
const rows: string[][] = [];
for (const shape of SHAPES) {
  const times = await weightGradients(shape);
  const least = Math.min(...times);
  rows.push([
    shape.join(" × "),
    ...times.map((time) => `${time.toFixed(0)} ms (${(time / least).toFixed(1)})`),
  ]);
}
console.log(`weight gradient of a 3×3 convolution, best of ${ROUNDS} (ratio to the fastest)\n`);
console.log(
  textTable([
    ["images × in × out × side", "product per image", "one product", "convolution"],
    ...rows,
  ]),
);

/** A training step with RAdam for micro-batches of several sizes. */
async function steps(settings: NetworkSettings, side: number, sizes: readonly number[]) {
  const input = { shape: [3, side, side], type: "uint8", mean: [0.5], std: [0.25] } as const;
  const extractor = new FeatureExtractor(createChosen(networks, settings), input);
  const step = await TrainingStep.compile(runtime, extractor, radam());
  const model = newModel(extractor, 1);
  model.classifiers.push(newClassifier(extractor.featureSize, 10, { seed: 1, task: 0 }));
  const training = await ModelTraining.start(taskModel(model, 0), step);
  const works = sizes.map((samples) => {
    const x = Uint8Array.from({ length: samples * 3 * side * side }, () => random.integer(0, 255));
    const targets = new Float32Array(10 * samples);
    for (let i = 0; i < samples; i++) targets[10 * i + random.integer(0, 9)] = 1;
    return () => training.train({ x, samples, targets }, 1e-3);
  });
  const times = await best(works);
  await step.release();
  return times.map((time, i) => [
    `${settings.name}, ${side} × ${side}`,
    String(sizes[i]),
    time.toFixed(0),
    ((1000 * (sizes[i] as number)) / time).toFixed(0),
  ]);
}

console.log("\ntraining step, forward, backward and RAdam\n");
console.log(
  textTable([
    ["network", "micro-batch", "ms", "samples/s"],
    ...(await steps({ name: "reduced-resnet18" }, 32, [128, 32, 8])),
    ...(await steps({ name: "resnet32" }, 32, [128, 32, 8])),
    ...(await steps({ name: "resnet18" }, 112, [32, 8])),
  ]),
);

/** Milliseconds to vary one picture, of the size to which it is scaled before. */
function augmentation(size: number, scaled: number, options: Augmentation): number {
  const data = Uint8Array.from({ length: 3 * scaled * scaled }, () => random.integer(0, 255));
  const picture = { data, channels: 3, height: scaled, width: scaled, planar: scaled === size };
  const target = new Uint8Array(3 * size * size);
  const scratch = new Uint8Array(3 * size * size);
  let time = Number.POSITIVE_INFINITY;
  for (let round = 0; round < ROUNDS; round++) {
    const started = performance.now();
    for (let i = 0; i < 200; i++) augment(picture, size, options, random, target, scratch);
    time = Math.min(time, (performance.now() - started) / 200);
  }
  return time;
}
const padded = { crop: "padded", padding: 4, flip: true, rotation: 10 } as const;
const resized = { crop: "resized", flip: true, rotation: 10 } as const;
console.log(`
augmentation of CIFAR, 32 × 32         ${augmentation(32, 32, padded).toFixed(2)} ms a picture
augmentation of ImageNet, 112 × 112    ${augmentation(112, 120, resized).toFixed(2)} ms a picture
peak memory                            ${Math.round(process.resourceUsage().maxRSS / 1024)} MB`);
