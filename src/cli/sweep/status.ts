import { existsSync } from "node:fs";
import { open } from "node:fs/promises";
import { join } from "node:path";
import { ItamlError } from "../../base/errors.js";
import { limiter } from "../../base/limiter.js";
import type { Config } from "../../experiment/config.js";
import { isEpoch, isFinished, isStart, isStopped, type RunEvent } from "../../experiment/events.js";
import { JOB_LOG, RunDirectory } from "../../experiment/run-directory.js";
import { RunLock } from "../../experiment/run-lock.js";
import { mean } from "../../incremental/metrics.js";
import { forTask } from "../../optim/schedule.js";
import type { Queue, QueueEntry } from "./launcher.js";
import type { NamedRun, NamedSweep } from "./read-sweep.js";

/** What a run of a sweep is doing. `stopped`: on purpose, with a checkpoint. */
export type RunState = "done" | "running" | "waiting" | "stopped" | "failed" | "new";

export interface RunStatus {
  readonly name: string;
  readonly path: string;
  readonly state: RunState;
  /** Of a run that has begun, tasks and epochs counted from 0. */
  readonly progress?: RunProgress | undefined;
  /** Where it runs, why it waits, or why it failed. */
  readonly note?: string | undefined;
}

export interface RunProgress {
  readonly task: number;
  /** Of runs of version 0.2.0 and before unknown, unless the configuration says it. */
  readonly tasks?: number | undefined;
  readonly epoch: number;
  readonly epochs: number;
  /** By the time of its last epochs, evaluation not counted. */
  readonly secondsLeft?: number | undefined;
}

/** Epochs whose mean time is that of those to come, and bytes of a log that are looked at. */
const LAST_EPOCHS = 20;
const LOG_END = 2 ** 16;

/** What the runs of a sweep are doing. */
export interface SweepStatus {
  readonly statuses: readonly RunStatus[];
  /** Why nothing is known of the queue. */
  readonly unavailable?: ItamlError | undefined;
}

/**
 * What the runs of a sweep are doing, by their directories and the queue that they were handed over to.
 *
 * @param queue without it a run's lock alone says that it is under way
 */
export async function sweepStatus(
  { out, runs }: NamedSweep,
  queue: Queue | undefined,
): Promise<SweepStatus> {
  let entries: ReadonlyMap<string, QueueEntry> | undefined;
  let unavailable: ItamlError | undefined;
  try {
    entries = await queue?.entries(out);
  } catch (error) {
    if (!(error instanceof ItamlError) || error.code !== "QUEUE_UNAVAILABLE") throw error;
    unavailable = error;
  }
  const inTurn = limiter(16);
  const statuses = await Promise.all(
    runs.map((run) => inTurn(() => statusOf(run, out, queue, entries))),
  );
  return { statuses, unavailable };
}

/** @param entries undefined where nothing is known of the queue */
async function statusOf(
  { name, path }: NamedRun,
  out: string,
  queue: Queue | undefined,
  entries: ReadonlyMap<string, QueueEntry> | undefined,
): Promise<RunStatus> {
  if (!existsSync(join(path, "config.yaml"))) {
    return { name, path, ...(entries?.get(name) ?? { state: "new" }) };
  }
  const { directory, config } = await RunDirectory.open(path);
  const events = await directory.readEvents();
  const progress = progressOf(events, config);
  const status = { name, path, progress };
  if (isFinished(events)) return { ...status, state: "done" };
  const entry = entries?.get(name);
  if (entry) return { ...status, ...entry };
  // The queue says of its jobs whether they have ended; without it a lock is believed.
  const holder = await RunLock.holder(path, { isEnded: entries && queue?.isEnded });
  if (holder)
    return { ...status, state: "running", note: `process ${holder.pid} on ${holder.host}` };
  return { ...status, ...(await endOf(path, out, events, queue)) };
}

/** How a run ended that isn't done. */
async function endOf(
  path: string,
  out: string,
  events: readonly RunEvent[],
  queue: Queue | undefined,
): Promise<Pick<RunStatus, "state" | "note">> {
  const log = await lastAttempt(join(path, JOB_LOG));
  const last = events.at(-1);
  const stopped = last && isStopped(last) ? last.message : undefined;
  // The event may be of the turn before.
  const said = log === undefined ? stopped : log.match(/^ITAML_.*$/gm)?.at(-1);
  if (said?.startsWith("ITAML_INTERRUPTED")) return { state: "stopped" };
  if (said !== undefined) return { state: "failed", note: said };
  if (log === undefined && last === undefined) return { state: "new" };
  const words = log === undefined ? undefined : await queue?.lastWords(out, log);
  return { state: "failed", note: words ?? "it was ended from outside" };
}

/** What a run said in its last job; undefined where it had none. */
async function lastAttempt(file: string): Promise<string | undefined> {
  if (!existsSync(file)) return undefined;
  const handle = await open(file);
  try {
    const { size } = await handle.stat();
    const bytes = Buffer.alloc(Math.min(size, LOG_END));
    await handle.read(bytes, 0, bytes.length, size - bytes.length);
    const text = bytes.toString("utf8");
    return text.slice(Math.max(0, text.lastIndexOf("\n--- job ") + 1));
  } finally {
    await handle.close();
  }
}

function progressOf(events: readonly RunEvent[], config: Config): RunProgress | undefined {
  const start = events.filter(isStart).at(-1);
  if (!start) return undefined;
  const epochs = events.slice(events.lastIndexOf(start)).filter(isEpoch);
  const last = epochs.at(-1);
  const tasks = start.tasks ?? config.tasks;
  const [task, epoch] = last ? [last.task, last.epoch + 1] : [start.firstTask, start.epoch ?? 0];
  // What sums passes over its samples once.
  const perTask = config.epochs ?? 1;
  const ofTask = forTask(perTask, task);
  const seconds = epochs.slice(-LAST_EPOCHS).map((own) => own.seconds);
  let left = ofTask - epoch;
  for (let later = task + 1; later < (tasks ?? 0); later++) left += forTask(perTask, later);
  const secondsLeft = tasks && seconds.length > 0 ? left * mean(seconds) : undefined;
  return { task, tasks, epoch, epochs: ofTask, secondsLeft };
}
