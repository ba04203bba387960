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
  return numbers({
    "training/loss": event.loss,
    "training/learning-rate": event.learningRate,
    "training/samples-per-second": event.samplesPerSecond,
    "validation/accuracy": event.validationAccuracy,
    "memory/resident-bytes": event.residentBytes,
  }).map(([name, value]) => ({ time, step, task, epoch, name, value }));
}

export function taskScalars({ time = "", task, continuum, single, oracle }: TaskEvent): Scalar[] {
  return numbers({
    "accuracy/continuum": continuum.classAccuracy,
    "accuracy/task": continuum.taskAccuracy,
    "accuracy/single-sample": single.classAccuracy,
    "accuracy/oracle": oracle.classAccuracy,
  }).map(([name, value]) => ({ time, step: task, task, name, value }));
}

function numbers(values: Readonly<Record<string, number | undefined>>): [string, number][] {
  return Object.entries(values).filter(
    (entry): entry is [string, number] => entry[1] !== undefined,
  );
}
