import { chunks } from "../base/chunks.js";
import { ItamlError } from "../base/errors.js";
import { seededRandom } from "../base/random.js";
import { copyModel, isFiniteModel, type Model, overwriteModel } from "../model/model.js";
import { prefetch } from "../model/prefetch.js";
import { type LearnHooks, throwIfAborted } from "../model/progress.js";
import type { TrainingSample } from "../model/session.js";
import { forTask } from "../optim/schedule.js";
import type { TrainingSettings } from "./settings.js";
import {
  type Checkpointing,
  isFiniteState,
  restoreOptimizers,
  startOfEpoch,
} from "./training-state.js";
import type { TaskTraining } from "./update.js";

export interface TrainingLoopOptions {
  /** As it is where training begins, or goes on. */
  readonly model: Model;
  readonly task: number;
  readonly samples: readonly TrainingSample[];
  readonly settings: TrainingSettings;
  readonly seed: number;
  readonly hooks: LearnHooks;
  /** Of the model, new. */
  readonly training: Pick<TaskTraining, "optimizers" | "load" | "train" | "read">;
  readonly checkpointing: Checkpointing | undefined;
  /** Accuracy on samples held out, where there are any; the best epoch's model is then the result. */
  validate(): Promise<number | undefined>;
}

/**
 * The epochs of one task: shuffled mini-batches, learning-rate schedule, progress, checkpoints, interruption.
 *
 * @throws {ItamlError} LOSS_NOT_FINITE with task, epoch, batch and learning rate; INTERRUPTED; IMAGE_INVALID
 */
export async function trainingLoop(options: TrainingLoopOptions): Promise<void> {
  const { model, task, samples, settings, seed, hooks, training, checkpointing } = options;
  if (samples.length === 0) {
    throw new ItamlError("INPUT_INVALID", "there is nothing to train on", {
      where: `task ${task + 1}`,
      expected: "samples of each class",
      found: "none",
    });
  }
  const { optimizers } = training;
  const epochs = forTask(settings.epochs, task);
  const batches = Math.ceil(samples.length / settings.batchSize);
  const from = checkpointing?.from;
  if (from) await restoreOptimizers(optimizers, from.optimizers);
  let best = from?.best;
  let position = from ? { ...from.position } : startOfEpoch(0);
  let stored = true;
  while (position.epoch < epochs) {
    const { epoch } = position;
    const started = performance.now() - 1000 * position.seconds;
    // In the middle of a mini-batch's time: a schedule from 0 to 0 has no step of size 0.
    const rateOf = (batch: number) =>
      forTask(settings.learningRate, task) *
      settings.schedule.factorAt(epoch + (batch + 0.5) / batches, epochs);
    let batch = Math.max(0, position.batch - 1);
    const failure = (what: string) =>
      notFinite(what, { task, epoch, batch, learningRate: rateOf(batch) });
    const store = async () => {
      if (!checkpointing || stored) return;
      await training.read();
      const remembered = await Promise.all(optimizers.map((optimizer) => optimizer.read()));
      if (!isFiniteState(model, remembered)) throw failure("parameter or moment");
      await checkpointing.save({ task, position, model, optimizers: remembered, best });
      stored = true;
    };
    const shuffled = seededRandom(seed, "order", task, epoch).shuffle([...samples]);
    const parts = chunks(shuffled, settings.batchSize).slice(position.batch);
    for await (const loaded of prefetch(parts, (part) => training.load(part, [task, epoch]))) {
      if (hooks.signal?.aborted) await store();
      throwIfAborted(hooks.signal);
      position.dataSeconds += loaded.waited;
      position.unreadable += loaded.value.unreadable;
      const losses = await training.train(loaded.value.data, rateOf(position.batch));
      batch = position.batch++;
      position.seconds = (performance.now() - started) / 1000;
      stored = false;
      if (losses.length > 0) {
        const loss = losses.reduce((sum, value) => sum + value, 0);
        if (!Number.isFinite(loss)) throw failure("loss");
        position.lossSum += loss;
        position.steps += losses.length;
        hooks.onProgress?.({
          kind: "batch",
          ...{ task, epoch, epochs, batch, batches },
          loss: loss / losses.length,
        });
      }
      if (checkpointing?.due()) await store();
    }
    const { lossSum, steps, unreadable, seconds, dataSeconds } = position;
    if (steps === 0) {
      throw new ItamlError("IMAGE_INVALID", "not one of the pictures can be read", {
        where: `task ${task + 1}, epoch ${epoch + 1}`,
        found: `${unreadable} broken ones`,
      });
    }
    await training.read();
    // The last step of an epoch may have spoilt the parameters without a loss to show it.
    if (!isFiniteModel(model)) throw failure("parameter");
    const validationAccuracy = await options.validate().catch((error) => {
      const isRuined = error instanceof ItamlError && error.code === "LOSS_NOT_FINITE";
      throw isRuined ? failure("logit of held-out samples") : error;
    });
    if (validationAccuracy !== undefined && validationAccuracy > (best?.accuracy ?? -1)) {
      best = { accuracy: validationAccuracy, model: copyModel(model) };
    }
    hooks.onProgress?.({
      kind: "epoch",
      ...{ task, epoch, epochs, learningRate: rateOf(batch) },
      loss: lossSum / steps,
      samplesPerSecond: samples.length / seconds,
      ...{ seconds, dataSeconds },
      ...(unreadable > 0 && { unreadable }),
      ...(validationAccuracy !== undefined && { validationAccuracy }),
    });
    position = startOfEpoch(epoch + 1);
    stored = false;
    await store();
    throwIfAborted(hooks.signal);
  }
  if (best) overwriteModel(model, best.model);
}

function notFinite(
  what: string,
  { task, epoch, batch, learningRate }: Record<"task" | "epoch" | "batch" | "learningRate", number>,
): ItamlError {
  return new ItamlError("LOSS_NOT_FINITE", `training diverged: a ${what} is not finite`, {
    where: `task ${task + 1}, epoch ${epoch + 1}, batch ${batch + 1}`,
    found: `learning rate ${learningRate}`,
    remedy: "Use a smaller learningRate",
    setting: "learningRate",
  });
}
