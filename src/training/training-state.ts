import { ItamlError } from "../base/errors.js";
import { elementCount } from "../graph/shape.js";
import { allFinite, isFiniteModel, type Model } from "../model/model.js";
import type { OptimizerMemory, OptimizerState } from "./optimizer-memory.js";

/** Which part of a task's training is done. All random numbers follow from it and the seed. */
export interface TrainingPosition {
  /** The epoch under way, counted from 0; the number of epochs, where all are done. */
  epoch: number;
  /** Mini-batches of it that are done; the sums below are over these. */
  batch: number;
  lossSum: number;
  /** Optimiser steps. */
  steps: number;
  /** Samples that can't be read. */
  unreadable: number;
  seconds: number;
  /** Of these, waiting for samples. */
  dataSeconds: number;
}

/** The best epoch so far by validation. */
export interface BestEpoch {
  readonly accuracy: number;
  readonly model: Model;
}

/** All that the training of one task needs to go on to the same bytes, beside seed, settings, data and memory. */
export interface TrainingState {
  readonly task: number;
  readonly position: TrainingPosition;
  /** With the classifier of the task. */
  readonly model: Model;
  readonly optimizers: readonly OptimizerState[];
  readonly best?: BestEpoch | undefined;
}

/** How a task's training is stored on the way, and where it goes on from. */
export interface Checkpointing {
  /** Default: the start. */
  readonly from?: TrainingState | undefined;
  /** Whether to store the state now; asked after every mini-batch. After an epoch it is stored anyway. */
  due(): boolean;
  /** Stores the state, whose numbers are finite and change as soon as training goes on. */
  save(state: TrainingState): Promise<void>;
}

/** The position before the first mini-batch of an epoch. */
export function startOfEpoch(epoch: number): TrainingPosition {
  return { epoch, batch: 0, lossSum: 0, steps: 0, unreadable: 0, seconds: 0, dataSeconds: 0 };
}

/** Whether every number of a model and of its optimisers is finite. */
export function isFiniteState(model: Model, optimizers: readonly OptimizerState[]): boolean {
  const moments = optimizers.flatMap((state) => state.moments);
  return (
    isFiniteModel(model) &&
    moments.every(({ theta, classifier }) => allFinite(theta) && allFinite(classifier))
  );
}

/**
 * Gives optimisers what others remember.
 *
 * @throws {ItamlError} FILE_INVALID where they are others, or of another model
 */
export async function restoreOptimizers(
  optimizers: readonly OptimizerMemory[],
  saved: readonly OptimizerState[],
): Promise<void> {
  const own = optimizers.map(({ moments }) =>
    moments.map(({ theta, classifier }) =>
      [theta, classifier].map(({ shape }) => elementCount(shape)),
    ),
  );
  const others = saved.map(({ moments }) =>
    moments.map(({ theta, classifier }) => [theta.length, classifier.length]),
  );
  const [expected, found] = [own, others].map((sizes) => JSON.stringify(sizes));
  if (expected !== found) {
    throw new ItamlError("FILE_INVALID", "the optimisers of the checkpoint are others", {
      expected: `moments of the sizes ${expected}`,
      found,
      remedy: "Train the task again from its start with itaml train --from-task",
    });
  }
  for (const [i, optimizer] of optimizers.entries()) {
    await optimizer.write(saved[i] as OptimizerState);
  }
}
