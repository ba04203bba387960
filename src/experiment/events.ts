import { z } from "zod";
import { ItamlError } from "../errors.js";

const count = z.int().min(0);

const epochSchema = z.object({
  kind: z.literal("epoch"),
  task: count,
  epoch: count,
  learningRate: z.number(),
  loss: z.number(),
  seconds: z.number(),
  validationAccuracy: z.number().optional(),
  residentBytes: z.number().optional(),
});

const startSchema = z.object({
  kind: z.literal("start"),
  /** Where the run begins, or goes on. */
  firstTask: count,
  epoch: count.optional(),
});

const otherSchema = z.object({ kind: z.string() });

/** Training for one epoch; tasks and epochs count from 0. */
export type EpochEvent = z.output<typeof epochSchema>;

type StartEvent = z.output<typeof startSchema>;

/** A line of events.jsonl, as far as others read it. */
export type RunEvent = EpochEvent | StartEvent | z.output<typeof otherSchema>;

/** @throws {ItamlError} FILE_INVALID with the line */
export function parseEvents(lines: readonly string[], file: string): RunEvent[] {
  return lines.map((line, i) => {
    const content = parseJson(line);
    const { kind } = otherSchema.safeParse(content).data ?? {};
    const schema = kind === "epoch" ? epochSchema : kind === "start" ? startSchema : otherSchema;
    const result = schema.safeParse(content);
    if (result.success) return result.data;
    throw new ItamlError("FILE_INVALID", "not an event of a run", {
      where: `${file}, line ${i + 1}`,
    });
  });
}

/** The epochs that led to the run's state: those that were trained again after a stop are there once. */
export function epochsOf(events: readonly RunEvent[]): EpochEvent[] {
  let epochs: EpochEvent[] = [];
  for (const event of events) {
    if (isEpoch(event)) epochs.push(event);
    if (!isStart(event)) continue;
    const { firstTask, epoch: firstEpoch = 0 } = event;
    epochs = epochs.filter(
      ({ task, epoch }) => task < firstTask || (task === firstTask && epoch < firstEpoch),
    );
  }
  return epochs;
}

/** Whether a run came to its end, as far as its events say. */
export function isFinished(events: readonly RunEvent[]): boolean {
  return events.at(-1)?.kind === "done";
}

function isEpoch(event: RunEvent): event is EpochEvent {
  return event.kind === "epoch";
}

function isStart(event: RunEvent): event is StartEvent {
  return event.kind === "start";
}

function parseJson(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}
