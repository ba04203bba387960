import { part } from "../base/part.js";
import * as z from "../base/schema.js";
import type { MicroBatch } from "../model/micro-batch.js";
import { taskSizes } from "../model/model.js";
import { type TaskColumns, taskColumns } from "../model/task-columns.js";
import { BALANCES, type Balance, classesOf, sampleWeights, taskOf } from "./balance.js";
import type { Loss } from "./loss.js";
import {
  type WeightedTargets,
  weightedBinaryCrossEntropy,
} from "./weighted-binary-cross-entropy.js";

/**
 * The paper's loss for a whole mini-batch at once: each sample's mean binary cross-entropy over the classes of its own
 * task; balanced by task, the mean over the tasks of the loss of Algorithm 1.
 */
export function withinTask({ balance }: { balance: Balance }): Loss {
  return weightedBinaryCrossEntropy(({ model, context }) => {
    const sizes = taskSizes(model, context.extractor);
    return (batch) => ofOwnTask(batch, sizes, balance);
  });
}

function ofOwnTask(batch: MicroBatch, sizes: readonly number[], balance: Balance): WeightedTargets {
  const { targets } = batch;
  const ofSamples = sampleWeights(batch, sizes, balance);
  const weights = new Float32Array(targets.length);
  const rows = targets.length / batch.samples;
  const columns = taskColumns(sizes);
  classesOf(batch).forEach((own, i) => {
    const { start, end } = columns[taskOf(own, sizes)] as TaskColumns;
    weights.fill((ofSamples[i] as number) / (end - start), i * rows + start, i * rows + end);
  });
  return { targets, weights };
}

/** `loss: within-task`. */
export const withinTaskPart = part({
  name: "within-task",
  title: "binary cross-entropy within tasks",
  source: "Rajasegaran et al. 2020, the loss of Algorithm 1",
  settings: {
    balance: z
      .enum(BALANCES)
      .default("task")
      .describe("What weighs alike in a mini-batch: each `task`, `class` or `sample`."),
  },
  create: withinTask,
});
