import { orRelease } from "../../base/or-release.js";
import { readMicroBatch, type TaskBatch } from "../../model/micro-batch.js";
import { taskSizes } from "../../model/model.js";
import type { TaskSession, TrainingSample } from "../../model/session.js";
import { taskColumns } from "../../model/task-columns.js";
import type { Variation } from "../../samples/samples.js";
import type { MetaUpdate } from "../meta-training.js";
import { TrainingStep } from "../training-step.js";
import type { LoadedBatch, Update } from "../update.js";

/**
 * An update by the paper's loss, the binary cross-entropy of each task's samples over its own classes.
 *
 * @param start makes the rule that meta-trains on a mini-batch, cut by tasks
 */
export function byTask(
  start: (session: TaskSession, step: TrainingStep) => MetaUpdate | Promise<MetaUpdate>,
  copies: Update["copies"],
): Update {
  return {
    async begin(session, { optimizer, gradientNorm, frozen }) {
      const { runtime, extractor } = session.context;
      const options = { gradientNorm, frozen };
      const step = await TrainingStep.compile(runtime, extractor, optimizer, options);
      const rule = await orRelease(step, () => start(session, step));
      return {
        optimizers: rule.optimizers,
        load: (batch, variation) => readByTask(session, batch, variation),
        async train(data, learningRate) {
          const batches = data as readonly TaskBatch[];
          return batches.length > 0 ? rule.train(batches, learningRate) : [];
        },
        read: () => rule.read(),
        async release() {
          try {
            await rule.release();
          } finally {
            await step.release();
          }
        },
      };
    },
    copies,
  };
}

/** B_i for each task i with a sample in the mini-batch. */
async function readByTask(
  { model, context }: TaskSession,
  batch: readonly TrainingSample[],
  variation: Variation,
): Promise<LoadedBatch<TaskBatch[]>> {
  const columns = taskColumns(taskSizes(model, context.extractor));
  const read = columns.map(async ({ start, end }, task) => {
    const own = batch.filter(({ position }) => start <= position && position < end);
    const microBatch = await readMicroBatch(
      context.source,
      own.map(({ index }) => index),
      own.map(({ position }) => position - start),
      end - start,
      variation,
    );
    return { task, ...microBatch };
  });
  const taskBatches = await Promise.all(read);
  return {
    data: taskBatches.filter(({ samples }) => samples > 0),
    unreadable: taskBatches.reduce((sum, { unreadable }) => sum + unreadable, 0),
  };
}
