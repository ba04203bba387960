import { ItamlError } from "../base/errors.js";

/** What a learner says while it works. Tasks, epochs and batches count from 0. */
export type Progress =
  | {
      kind: "batch";
      task: number;
      epoch: number;
      epochs: number;
      batch: number;
      batches: number;
      loss: number;
    }
  | {
      kind: "epoch";
      task: number;
      epoch: number;
      epochs: number;
      /** Mean over the epoch's optimiser steps. */
      loss: number;
      learningRate: number;
      samplesPerSecond: number;
      seconds: number;
      /** Of these, waiting for samples. */
      dataSeconds: number;
      /** Samples that can't be read and were left out, where there are any. */
      unreadable?: number;
      /** On the samples held out, where there are any. */
      validationAccuracy?: number;
    }
  /** Before a task: features of so many pictures are there, of `of` where their number is known. */
  | { kind: "features"; task?: undefined; pictures: number; of?: number }
  /** So many of a task's training samples were summed, by a method that sums, or shown to the model, before it learns them or after. */
  | {
      kind: "samples";
      task: number;
      samples: number;
      of: number;
      /** Of these, left out from sums as they can't be read, where there are any. */
      unreadable?: number;
    }
  /** A copy of the model begins to be trained on the memory, for a head. */
  | { kind: "tuning"; task: number }
  | { kind: "adaptation"; task: number; adaptedTo: number };

export interface LearnHooks {
  onProgress?: ((progress: Progress) => void) | undefined;
  /** Stops at the next batch with INTERRUPTED. */
  signal?: AbortSignal | undefined;
}

/** @throws {ItamlError} INTERRUPTED where the signal says so */
export function throwIfAborted(signal: AbortSignal | undefined): void {
  if (!signal?.aborted) return;
  const cause = signal.reason;
  throw new ItamlError("INTERRUPTED", "training was stopped before it was done", {}, { cause });
}
