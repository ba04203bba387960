import type { MicroBatch } from "../model/micro-batch.js";
import { taskColumns } from "../model/task-columns.js";

/** What weighs alike in a mini-batch: its tasks, its classes or its samples. */
export const BALANCES = ["task", "class", "sample"] as const;

export type Balance = (typeof BALANCES)[number];

/**
 * How much each sample counts. The weights' sum is 1: those of the samples of one task (or class) are alike, and so are
 * the sums of all tasks (or classes) that have a sample in the mini-batch.
 *
 * @param sizes classes of each task
 * @returns [samples]
 */
export function sampleWeights(
  batch: MicroBatch,
  sizes: readonly number[],
  balance: Balance,
): Float32Array {
  const groupOf = groups(batch, sizes, balance);
  const counts = new Map<number, number>();
  for (const group of groupOf) counts.set(group, (counts.get(group) ?? 0) + 1);
  return Float32Array.from(groupOf, (group) => 1 / (counts.size * (counts.get(group) as number)));
}

function groups(batch: MicroBatch, sizes: readonly number[], balance: Balance): number[] {
  switch (balance) {
    case "task":
      return classesOf(batch).map((own) => taskOf(own, sizes));
    case "class":
      return classesOf(batch);
    case "sample":
      return new Array(batch.samples).fill(0);
  }
}

/** The class of each sample, as its row of the classifier. */
export function classesOf({ samples, targets }: MicroBatch): number[] {
  const rows = targets.length / samples;
  return Array.from({ length: samples }, (_, i) =>
    targets.subarray(i * rows, (i + 1) * rows).indexOf(1),
  );
}

/** The task of a class. */
export function taskOf(own: number, sizes: readonly number[]): number {
  return taskColumns(sizes).findIndex(({ end }) => own < end);
}
