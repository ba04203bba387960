import {
  ACCURACIES,
  ACCURACY_NAMES,
  EPOCH_METRIC_NAMES,
  EPOCH_METRICS,
} from "../incremental/metrics.js";
import type { EpochEvent, TaskEvent } from "./events.js";

/** A number of a run for other programs. */
export interface Scalar {
  /** ISO 8601. */
  readonly time: string;
  /** Of accuracies the task; of everything else the epoch, counted over all tasks. Both from 0. */
  readonly step: number;
  readonly task: number;
  /** Within its task; none where the number is the task's. */
  readonly epoch?: number;
  /** With its group in front, such as `training/loss`. */
  readonly name: string;
  readonly value: number;
}

/** @param step epochs before it, of all tasks */
export function epochScalars(event: EpochEvent, step: number): Scalar[] {
  const { time = "", task, epoch } = event;
  return EPOCH_METRIC_NAMES.flatMap((key) => {
    const value = event[key];
    if (value === undefined) return [];
    return { time, step, task, epoch, name: EPOCH_METRICS[key].name, value };
  });
}

export function taskScalars(event: TaskEvent): Scalar[] {
  const { time = "", task } = event;
  return ACCURACY_NAMES.map((key) => {
    const { name, of } = ACCURACIES[key];
    return { time, step: task, task, name: `accuracy/${name}`, value: of(event) };
  });
}
