import { createChosen } from "../../src/base/part.js";
import { seededRandom } from "../../src/base/random.js";
import { elementCount } from "../../src/graph/shape.js";
import { newClassifier, newModel } from "../../src/model/model.js";
import { FeatureExtractor } from "../../src/nn/feature-extractor.js";
import { networks } from "../../src/nn/index.js";
import { optimizers } from "../../src/optim/index.js";
import type { Runtime } from "../../src/runtime/runtime.js";
import { MetaTraining } from "../../src/training/meta-training.js";
import { TrainingStep } from "../../src/training/training-step.js";

/** Training of the first task, in the shapes of a data set of the paper. */
export const STEPS = {
  mlp: {
    ...{ network: { name: "mlp" }, optimizer: { name: "sgd", momentum: 0.9, weightDecay: 1e-3 } },
    ...{ shape: [1, 28, 28], classes: 2, batchSize: 256, repetitions: 20 },
  },
  "reduced-resnet18": {
    ...{ network: { name: "reduced-resnet18" }, optimizer: { name: "radam" } },
    ...{ shape: [3, 32, 32], classes: 10, batchSize: 32, repetitions: 1 },
  },
} as const;

export type StepName = keyof typeof STEPS;

/** Trains wherever it runs, with the same numbers. */
export class BenchStep {
  readonly #train: () => Promise<readonly number[]>;
  readonly #repetitions: number;

  private constructor(train: () => Promise<readonly number[]>, repetitions: number) {
    this.#train = train;
    this.#repetitions = repetitions;
  }

  static async start(name: StepName, runtime: Runtime): Promise<BenchStep> {
    const { network, optimizer, shape, classes, batchSize, repetitions } = STEPS[name];
    const input = { shape, type: "uint8", mean: [0.5], std: [0.25] } as const;
    const extractor = new FeatureExtractor(createChosen(networks, network), input);
    const step = await TrainingStep.compile(
      runtime,
      extractor,
      createChosen(optimizers, optimizer),
    );
    const model = newModel(extractor, 1);
    model.classifiers.push(newClassifier(extractor.featureSize, classes, { seed: 1, task: 0 }));
    const options = { innerSteps: 1, eta: 0.5, classifier: "own" } as const;
    const training = await MetaTraining.start(model, step, options);
    const random = seededRandom("bench");
    const targets = new Float32Array(classes * batchSize);
    for (let i = 0; i < batchSize; i++) targets[classes * i + random.integer(0, classes - 1)] = 1;
    const x = Uint8Array.from({ length: batchSize * elementCount(shape) }, () =>
      random.integer(0, 255),
    );
    const batches = [{ task: 0, x, samples: batchSize, targets }];
    return new BenchStep(() => training.train(batches, 1e-3), repetitions);
  }

  /** The loss of the next mini-batch. */
  async loss(): Promise<number> {
    return (await this.#train())[0] as number;
  }

  /** Milliseconds a mini-batch. */
  async measure(): Promise<number> {
    const started = performance.now();
    for (let i = 0; i < this.#repetitions; i++) await this.#train();
    return (performance.now() - started) / this.#repetitions;
  }
}
