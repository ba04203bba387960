import { chunks } from "../base/chunks.js";
import { ItamlError } from "../base/errors.js";
import { seededRandom } from "../base/random.js";
import type { Loss } from "../losses/loss.js";
import type { LearnerContext } from "../model/context.js";
import { readableRows } from "../model/inference.js";
import { readMicroBatch } from "../model/micro-batch.js";
import { allFinite, type TaskModel } from "../model/model.js";
import { prefetch } from "../model/prefetch.js";
import { throwIfAborted } from "../model/progress.js";
import { adam } from "../optim/adam.js";
import { ModelTraining } from "../training/model-training.js";
import { TrainingStep } from "../training/training-step.js";

/** How a model is trained on exemplars. */
export interface ExemplarTrainingSettings {
  /** Passes over the exemplars. Default: 1, where there are no `steps`. */
  readonly epochs?: number | undefined;
  /** Optimiser steps in place of epochs; 1 is the paper's "single update". */
  readonly steps?: number | undefined;
  readonly learningRate: number;
  readonly batchSize: number;
}

/** Trains a copy of a model on exemplars, by Adam, the whole network. */
export class ExemplarTraining {
  readonly #context: LearnerContext;
  readonly #settings: ExemplarTrainingSettings;
  readonly #key: string;
  readonly #step: TrainingStep;

  private constructor(
    context: LearnerContext,
    settings: ExemplarTrainingSettings,
    key: string,
    step: TrainingStep,
  ) {
    this.#context = context;
    this.#settings = settings;
    this.#key = key;
    this.#step = step;
  }

  /**
   * @param key of the settings, for messages
   * @param loss default: iTAML's, the binary cross-entropy
   */
  static async compile(
    context: LearnerContext,
    settings: ExemplarTrainingSettings,
    key: string,
    loss?: Loss,
  ): Promise<ExemplarTraining> {
    const { runtime, extractor } = context;
    const step = await TrainingStep.compile(runtime, extractor, adam(), { loss });
    return new ExemplarTraining(context, settings, key, step);
  }

  /**
   * @param base Φ_i of the base model, or the whole; it is not changed
   * @param exemplars indices for each of its classes; where there are none, nothing changes
   * @param keys what else the order of the exemplars is seeded by; the last is the task
   * @throws {ItamlError} LOSS_NOT_FINITE, INTERRUPTED
   */
  async train(
    base: TaskModel,
    exemplars: readonly (readonly number[])[],
    keys: readonly number[],
    signal?: AbortSignal,
  ): Promise<TaskModel> {
    const { epochs = 1, steps, learningRate, batchSize } = this.#settings;
    const samples = exemplars.flatMap((indices, column) =>
      indices.map((index) => ({ index, column })),
    );
    if (samples.length === 0) return base;
    const perEpoch = Math.ceil(samples.length / batchSize);
    const { seed, source } = this.#context;
    const batches: { chosen: typeof samples; epoch: number }[] = [];
    for (let epoch = 0; batches.length < (steps ?? epochs * perEpoch); epoch++) {
      const shuffled = seededRandom(seed, "adaptation", ...keys, epoch).shuffle([...samples]);
      batches.push(...chunks(shuffled, batchSize).map((chosen) => ({ chosen, epoch })));
    }
    const read = ({ chosen, epoch }: (typeof batches)[number]) =>
      readMicroBatch(
        source,
        chosen.map(({ index }) => index),
        chosen.map(({ column }) => column),
        exemplars.length,
        ["adaptation", ...keys, epoch],
      );
    const training = await ModelTraining.start(base, this.#step);
    try {
      for await (const { value } of prefetch(batches.slice(0, steps), read)) {
        throwIfAborted(signal);
        if (value.samples > 0) await training.train(value, learningRate);
      }
      const trained = await training.read();
      if (await this.#computes(trained, samples)) return trained;
      const setting = `${this.#key}.learningRate`;
      throw new ItamlError("LOSS_NOT_FINITE", "the trained model is not finite any more", {
        where: `task ${(keys.at(-1) as number) + 1}, ${this.#key}`,
        remedy: `Use a smaller ${setting} than ${learningRate}`,
        setting,
      });
    } finally {
      training.release();
    }
  }

  /** Whether parameters are finite, and what they make of the exemplars, too: no loss follows the last step. */
  async #computes(trained: TaskModel, samples: readonly { index: number }[]): Promise<boolean> {
    const { theta, statistics, classifier } = trained;
    if (![theta, statistics, classifier].every(allFinite)) return false;
    const { inference, source } = this.#context;
    const some = samples.slice(0, this.#settings.batchSize).map(({ index }) => index);
    return allFinite(readableRows(await inference.logits(trained, source, some)));
  }

  release(): Promise<void> {
    return this.#step.release();
  }
}
