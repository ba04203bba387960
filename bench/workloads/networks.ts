import { seededRandom } from "../../src/base/random.js";
import { taskModel } from "../../src/model/model.js";
import type { NetworkSettings } from "../../src/nn/index.js";
import { radam } from "../../src/optim/radam.js";
import { createOnnxRuntime } from "../../src/runtime/node/onnxruntime-node.js";
import { type Augmentation, augment } from "../../src/samples/augmentation.js";
import { ModelTraining } from "../../src/training/model-training.js";
import { TrainingStep } from "../../src/training/training-step.js";
import { extractorFor, madeBatch, madeModel, madePixels } from "../made.js";
import type { Row } from "../page.js";
import { type Bench, inTurns, milliseconds, type Workload } from "../workload.js";

/** Forward, backward and RAdam. */
async function steps(
  bench: Bench,
  network: NetworkSettings,
  side: number,
  sizes: readonly number[],
): Promise<Row[]> {
  const shape = [3, side, side];
  const extractor = extractorFor(network, shape);
  const step = await TrainingStep.compile(createOnnxRuntime(), extractor, radam());
  const training = await ModelTraining.start(taskModel(madeModel(extractor, 1, 10), 0), step);
  const programs = sizes.map((samples) => {
    const batch = madeBatch(shape, samples, 10);
    return [String(samples), () => milliseconds(() => training.train(batch, 1e-3))] as const;
  });
  const times = await inTurns<string>(bench, Object.fromEntries(programs));
  return sizes.map((samples) => ({
    workload: `training step of ${network.name}, ${samples} of ${side} × ${side}`,
    ...{ unit: "pictures/s", ours: (times[samples] ?? []).map((time) => (1000 * samples) / time) },
  }));
}

/** What varies one picture, of the size to which it is scaled before. */
async function augmentation(bench: Bench): Promise<Row[]> {
  const random = seededRandom("bench augmentation");
  const program = (size: number, scaled: number, options: Augmentation) => {
    const data = madePixels([3, scaled, scaled], 1);
    const picture = { data, channels: 3, height: scaled, width: scaled, planar: scaled === size };
    const [target, scratch] = [new Uint8Array(3 * size * size), new Uint8Array(3 * size * size)];
    const vary = async () => augment(picture, size, options, random, target, scratch);
    return async () => 1000 / (await milliseconds(vary, 200));
  };
  const turned = { flip: true, rotation: 10 };
  const times = await inTurns(bench, {
    "CIFAR, 32 × 32": program(32, 32, { crop: "padded", padding: 4, ...turned }),
    "ImageNet, 112 × 112": program(112, 120, { crop: "resized", ...turned }),
  });
  return Object.entries(times).map(([name, ours]) => ({
    workload: `augmentation of ${name}`,
    ...{ unit: "pictures/s", ours },
  }));
}

export const networks: Workload = {
  name: "networks",
  about: "pictures a second through training steps of the networks, and augmentation",
  parts: {
    "reduced ResNet-18": (bench) => steps(bench, { name: "reduced-resnet18" }, 32, [128, 32, 8]),
    "ResNet-32": (bench) => steps(bench, { name: "resnet32" }, 32, [128, 32, 8]),
    "ResNet-18": (bench) => steps(bench, { name: "resnet18" }, 112, [32, 8]),
    augmentation,
  },
};
