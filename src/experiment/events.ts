import { z } from "zod";
import { ItamlError } from "../base/errors.js";

const count = z.int().min(0);

/** ISO 8601. */
const time = z.iso.datetime().optional();

const epochSchema = z.object({
  kind: z.literal("epoch"),
  time,
  task: count,
  epoch: count,
  learningRate: z.number(),
  loss: z.number(),
  seconds: z.number(),
  samplesPerSecond: z.number().optional(),
  validationAccuracy: z.number().optional(),
  residentBytes: z.number().optional(),
});

const classAccuracy = z.number();

const taskSchema = z.object({
  kind: z.literal("task"),
  time,
  task: count,
  continuum: z.object({ classAccuracy, taskAccuracy: z.number() }),
  single: z.object({ classAccuracy }),
  oracle: z.object({ classAccuracy }),
});

const machineSchema = z.object({
  /** Versions. */
  itaml: z.string(),
  node: z.string(),
  onnxruntime: z.string(),
  /** Such as `Linux 6.1.0 x64`. */
  system: z.string(),
  processor: z.string(),
  cores: count,
  memoryBytes: z.number(),
});

/** What a run is trained on and by. */
export type Machine = z.output<typeof machineSchema>;

const startSchema = z.object({
  kind: z.literal("start"),
  /** Where the run begins, or goes on. */
  firstTask: count,
  epoch: count.optional(),
  /** How many there are; runs of version 0.2.0 and before don't say it. */
  tasks: count.optional(),
  time,
  /** Runs of version 0.2.0 and before don't say it. */
  machine: machineSchema.optional(),
});

const otherSchema = z.object({ kind: z.string(), time: z.string().optional() });

/** Training for one epoch; tasks and epochs count from 0. */
export type EpochEvent = z.output<typeof epochSchema>;

/** The accuracies after a task. */
export type TaskEvent = z.output<typeof taskSchema>;

type StartEvent = z.output<typeof startSchema>;

const stoppedSchema = z.object({ kind: z.literal("stopped"), time, message: z.string() });

/** What a run ended with before it was done. */
export type StoppedEvent = z.output<typeof stoppedSchema>;

/** A line of events.jsonl, as far as others read it. */
export type RunEvent =
  | EpochEvent
  | TaskEvent
  | StartEvent
  | StoppedEvent
  | z.output<typeof otherSchema>;

/** @throws {ItamlError} FILE_INVALID with the line */
export function parseEvents(lines: readonly string[], file: string): RunEvent[] {
  return lines.map((line, i) => parseEvent(line, `${file}, line ${i + 1}`));
}

/** @throws {ItamlError} FILE_INVALID */
export function parseEvent(line: string, where: string): RunEvent {
  const content = parseJson(line);
  const { kind } = otherSchema.safeParse(content).data ?? {};
  const schema = [epochSchema, taskSchema, startSchema, stoppedSchema].find(
    ({ shape }) => shape.kind.value === kind,
  );
  const result = (schema ?? otherSchema).safeParse(content);
  if (result.success) return result.data;
  throw new ItamlError("FILE_INVALID", "not an event of a run", { where });
}

/** The epochs and tasks that led to the run's state: those that were trained again after a stop are there once. */
export function historyOf(events: readonly RunEvent[]): (EpochEvent | TaskEvent)[] {
  let history: (EpochEvent | TaskEvent)[] = [];
  for (const event of events) {
    if (isEpoch(event) || isTask(event)) history.push(event);
    if (!isStart(event)) continue;
    const { firstTask, epoch: firstEpoch = 0 } = event;
    history = history.filter(
      (old) =>
        old.task < firstTask ||
        (old.task === firstTask && old.kind === "epoch" && old.epoch < firstEpoch),
    );
  }
  return history;
}

/** The epochs that led to the run's state. */
export function epochsOf(events: readonly RunEvent[]): EpochEvent[] {
  return historyOf(events).filter(isEpoch);
}

/** A time in which a run was trained without a stop. */
export interface Sitting {
  /** ISO 8601; of runs whose events have times. */
  readonly started?: string | undefined;
  readonly ended?: string | undefined;
  readonly machine?: Machine | undefined;
}

/** From each start to the last event before the next. */
export function sittingsOf(events: readonly RunEvent[]): Sitting[] {
  const starts = events.flatMap((event, i) => (isStart(event) ? [{ event, i }] : []));
  return starts.map(({ event, i }, n) => ({
    started: event.time,
    ended: events[(starts[n + 1]?.i ?? events.length) - 1]?.time ?? events[i]?.time,
    machine: event.machine,
  }));
}

/** Whether a run came to its end, as far as its events say. */
export function isFinished(events: readonly RunEvent[]): boolean {
  return events.at(-1)?.kind === "done";
}

export function isEpoch(event: RunEvent): event is EpochEvent {
  return event.kind === "epoch";
}

export function isTask(event: RunEvent): event is TaskEvent {
  return event.kind === "task";
}

export function isStart(event: RunEvent): event is StartEvent {
  return event.kind === "start";
}

export function isStopped(event: RunEvent): event is StoppedEvent {
  return event.kind === "stopped";
}

function parseJson(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}
