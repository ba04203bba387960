import type { Part, SettingsShape } from "../../base/part.js";
import type { PlannedRun, PlannedSweep } from "./plan.js";

/** Where the runs of a sweep are trained: on this machine, or by an engine that has many. */
export interface Launcher {
  /** What would be started, as text that works by hand. */
  script(sweep: PlannedSweep, runs: readonly PlannedRun[]): string;

  /**
   * Trains runs, or hands them over to be trained.
   *
   * @param runs those that are not finished and not under way; one at least
   * @throws {ItamlError} QUEUE_REFUSED, QUEUE_UNAVAILABLE; INTERRUPTED
   */
  launch(sweep: PlannedSweep, runs: readonly PlannedRun[]): Promise<Launched>;
}

/** That runs have ended, with why some failed; or where they were handed over to, by the names of what is there. */
export type Launched =
  | { readonly failures: ReadonlyMap<PlannedRun, string> }
  | { readonly handedOver: Readonly<Record<string, string>> };

/** A launcher with its settings: the options of the command line, and `on` in a sweep's file. */
export type LauncherPart = Part<Launcher, string, SettingsShape>;

/** What became of runs that were handed over. */
export interface Queue {
  /** Whether runs of a sweep were ever handed over. */
  knows(out: string): boolean;

  /**
   * The runs of a sweep that are waiting or running, by their names.
   *
   * @param out the sweep's directory
   * @throws {ItamlError} QUEUE_UNAVAILABLE
   */
  entries(out: string): Promise<ReadonlyMap<string, QueueEntry>>;

  /**
   * Takes all of a sweep out of the queue; what runs makes a checkpoint.
   *
   * @returns how many runs that were
   * @throws {ItamlError} QUEUE_UNAVAILABLE
   */
  cancel(out: string): Promise<number>;

  /**
   * Whether a job is known to have ended.
   *
   * @param job as {@link RunLock} has it
   * @throws {ItamlError} QUEUE_UNAVAILABLE
   */
  isEnded(job: string): Promise<boolean>;

  /**
   * What the engine itself said last of a run, such as that its time was over.
   *
   * @param log what the run said, in its directory
   */
  lastWords(out: string, log: string): Promise<string | undefined>;
}

export interface QueueEntry {
  readonly state: "waiting" | "running";
  /** Why it waits, or where it runs, in the engine's words. */
  readonly note: string;
}
