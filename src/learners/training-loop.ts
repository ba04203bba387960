import { ItamlError } from "../errors.js";
import { forTask, scheduledLearningRate } from "../optim/schedule.js";
import { seededRandom } from "../random.js";
import type { LearnHooks, TrainingSettings } from "./learner.js";
import { copyModel, isFiniteModel, type Model, overwriteModel } from "./model.js";

/** A training sample: where it is, and which class it has among all classes seen. */
export interface TrainingSample {
  readonly index: number;
  readonly position: number;
}

export interface TrainingLoopOptions {
  readonly model: Model;
  readonly task: number;
  readonly samples: readonly TrainingSample[];
  readonly settings: TrainingSettings;
  readonly seed: number;
  readonly hooks: LearnHooks;
  /** Trains the model, in place, on one mini-batch; returns the loss before each optimiser step. */
  trainBatch(batch: readonly TrainingSample[], learningRate: number): Promise<number[]>;
  /** Accuracy on samples held out, where there are any; the best epoch's model is then the result. */
  validate(): Promise<number | undefined>;
}

/**
 * The epochs of one task: shuffled mini-batches, learning-rate schedule, progress, interruption.
 *
 * @throws {ItamlError} LOSS_NOT_FINITE with task, epoch, batch and learning rate; INTERRUPTED
 */
export async function trainingLoop(options: TrainingLoopOptions): Promise<void> {
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
    let lossSum = 0;
    let steps = 0;
    for (let batch = 0; batch < batches; batch++) {
      throwIfAborted(hooks.signal);
      const start = batch * settings.batchSize;
      const losses = await options.trainBatch(
        shuffled.slice(start, start + settings.batchSize),
        learningRate,
      );
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
