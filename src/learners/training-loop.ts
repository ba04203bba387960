import { chunks } from "../chunks.js";
import { ItamlError } from "../errors.js";
import { forTask, scheduledLearningRate } from "../optim/schedule.js";
import { seededRandom } from "../random.js";
import type { LearnHooks, TrainingSettings } from "./learner.js";
import { copyModel, isFiniteModel, type Model, overwriteModel } from "./model.js";
import { prefetch } from "./prefetch.js";

/** A training sample: where it is, and which class it has among all classes seen. */
export interface TrainingSample {
  readonly index: number;
  readonly position: number;
}

/** A mini-batch, read and ready to be trained on. */
export interface LoadedBatch<Data> {
  readonly data: Data;
  /** How many of its samples can't be read. */
  readonly unreadable: number;
}

export interface TrainingLoopOptions<Data> {
  readonly model: Model;
  readonly task: number;
  readonly samples: readonly TrainingSample[];
  readonly settings: TrainingSettings;
  readonly seed: number;
  readonly hooks: LearnHooks;
  /** Reads a mini-batch, while those before it train. */
  load(batch: readonly TrainingSample[], epoch: number): Promise<LoadedBatch<Data>>;
  /** Trains the model, in place, on one mini-batch; returns the loss before each optimiser step. */
  train(data: Data, learningRate: number): Promise<number[]>;
  /** Accuracy on samples held out, where there are any; the best epoch's model is then the result. */
  validate(): Promise<number | undefined>;
}

/**
 * The epochs of one task: shuffled mini-batches, learning-rate schedule, progress, interruption.
 *
 * @throws {ItamlError} LOSS_NOT_FINITE with task, epoch, batch and learning rate; INTERRUPTED; IMAGE_INVALID
 */
export async function trainingLoop<Data>(options: TrainingLoopOptions<Data>): Promise<void> {
  const { model, task, samples, settings, seed, hooks } = options;
  const epochs = forTask(settings.epochs, task);
  const batches = Math.ceil(samples.length / settings.batchSize);
  let best: { accuracy: number; model: Model } | undefined;
  for (let epoch = 0; epoch < epochs; epoch++) {
    const started = performance.now();
    const learningRate = scheduledLearningRate(
      forTask(settings.learningRate, task),
      settings,
      epoch,
    );
    const shuffled = seededRandom(seed, "order", task, epoch).shuffle([...samples]);
    const where = (batch: number) => ({ task, epoch, batch, learningRate });
    let [lossSum, steps, batch, waited, unreadable] = [0, 0, -1, 0, 0];
    const parts = chunks(shuffled, settings.batchSize);
    for await (const loaded of prefetch(parts, (part) => options.load(part, epoch))) {
      throwIfAborted(hooks.signal);
      batch++;
      waited += loaded.waited;
      unreadable += loaded.value.unreadable;
      const losses = await options.train(loaded.value.data, learningRate);
      if (losses.length === 0) continue;
      const loss = losses.reduce((sum, value) => sum + value, 0);
      if (!Number.isFinite(loss)) throw notFinite("loss", where(batch));
      lossSum += loss;
      steps += losses.length;
      hooks.onProgress?.({
        kind: "batch",
        ...{ task, epoch, epochs, batch, batches },
        loss: loss / losses.length,
      });
    }
    if (steps === 0) {
      throw new ItamlError("IMAGE_INVALID", "not one of the pictures can be read", {
        where: `task ${task}, epoch ${epoch} (each counted from 0)`,
        found: `${unreadable} broken ones`,
      });
    }
    // The last step of an epoch may have spoilt the parameters without a loss to show it.
    if (!isFiniteModel(model)) throw notFinite("parameter", where(batches - 1));
    const seconds = (performance.now() - started) / 1000;
    const validationAccuracy = await options.validate();
    if (validationAccuracy !== undefined && validationAccuracy > (best?.accuracy ?? -1)) {
      best = { accuracy: validationAccuracy, model: copyModel(model) };
    }
    hooks.onProgress?.({
      kind: "epoch",
      ...{ task, epoch, epochs, learningRate },
      loss: lossSum / steps,
      samplesPerSecond: samples.length / seconds,
      seconds,
      dataSeconds: waited,
      ...(unreadable > 0 && { unreadable }),
      ...(validationAccuracy !== undefined && { validationAccuracy }),
    });
  }
  if (best) overwriteModel(model, best.model);
}

/** @throws {ItamlError} INTERRUPTED where the signal says so */
export function throwIfAborted(signal: AbortSignal | undefined): void {
  if (signal?.aborted) {
    throw new ItamlError(
      "INTERRUPTED",
      "training was stopped before it was done",
      {},
      {
        cause: signal.reason,
      },
    );
  }
}

function notFinite(
  what: string,
  { task, epoch, batch, learningRate }: Record<"task" | "epoch" | "batch" | "learningRate", number>,
): ItamlError {
  return new ItamlError("LOSS_NOT_FINITE", `training diverged: a ${what} is not finite`, {
    where: `task ${task}, epoch ${epoch}, batch ${batch} (each counted from 0)`,
    found: `learning rate ${learningRate}`,
    remedy: "Use a smaller learningRate",
  });
}
