import { allocationError } from "../base/allocation.js";
import type { Handles } from "./runtime.js";

/** What a run's error is to its user: memory that can't be had with what asked for it, others as they are. */
export function runError(error: unknown, inputs: Handles): unknown {
  const [samples] = inputs.x?.shape ?? [];
  return allocationError(error, {
    where: samples === undefined ? "a step" : `a step of ${samples} samples`,
    remedy: "Lower batchSize, images.size or the size of the network",
  });
}
