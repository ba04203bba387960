import { existsSync } from "node:fs";
import { readdir, stat } from "node:fs/promises";
import { basename, join, resolve, sep } from "node:path";
import { ItamlError } from "../base/errors.js";
import type { Config } from "../experiment/config.js";
import { type EpochEvent, epochsOf, isFinished, sittingsOf } from "../experiment/events.js";
import type { Results } from "../experiment/results.js";
import { noRun, RunDirectory } from "../experiment/run-directory.js";

/** All that a report says about a run. */
export interface ReportedRun {
  /** The name of its directory, with more of its path where another run's is the same. */
  readonly title: string;
  readonly path: string;
  readonly config: Config;
  /** Content of its data set, as a hash, and the version of the program; none for runs of version 0.1.0. */
  readonly origin?: { readonly data: string; readonly itaml: string } | undefined;
  /** Of one task at least. */
  readonly results: Results;
  /** None where events.jsonl is missing. */
  readonly epochs: readonly EpochEvent[];
  /** When and on what it was trained; several where it was stopped and went on. */
  readonly sittings: ReturnType<typeof sittingsOf>;
  /** Whether its last task is done. */
  readonly finished: boolean;
}

/** Runs, and what was given beside them. */
export interface FoundRuns {
  readonly runs: ReportedRun[];
  /** Why a path was left out, a sentence each. */
  readonly leftOut: readonly string[];
}

/**
 * Reads a run, which may be under way.
 *
 * @throws {ItamlError} RUN_DIRECTORY where there is none, or none with results; FILE_INVALID
 */
export async function readRun(path: string): Promise<ReportedRun> {
  const run = await openRun(path);
  if (run) return run;
  throw new ItamlError("RUN_DIRECTORY", "the run has no results yet", {
    where: path,
    expected: "at least one finished task",
    remedy: "Continue it with",
    command: ["itaml", "train", "--resume", "--out", path],
  });
}

/**
 * Reads runs, each once, in the order given. A directory of runs, such as a sweep's, stands for those in it. What is
 * no run is left out, as are runs without results: a pattern such as `runs/*` names all that lies there.
 *
 * @throws {ItamlError} RUN_DIRECTORY where a path doesn't exist, or where no run is left; FILE_INVALID
 */
export async function findRuns(paths: readonly string[]): Promise<FoundRuns> {
  const leftOut: string[] = [];
  const found: string[] = [];
  for (const path of paths) {
    const inside = await runsIn(path);
    if (inside.length === 0) leftOut.push(`${path}: no run, nor a directory of runs`);
    found.push(...inside);
  }
  const distinct = found.filter(
    (path, i) => found.findIndex((other) => resolve(other) === resolve(path)) === i,
  );
  const runs: ReportedRun[] = [];
  for (const path of distinct) {
    const run = await openRun(path);
    if (run) runs.push(run);
    else leftOut.push(`${path}: no finished task yet`);
  }
  const titles = distinctEnds(runs.map(({ path }) => path));
  if (runs.length > 0) {
    return { runs: runs.map((run, i) => ({ ...run, title: titles[i] as string })), leftOut };
  }
  throw new ItamlError("RUN_DIRECTORY", "there is no run with results here", {
    where: paths.join(", "),
    expected: "directories that itaml train made, with at least one finished task",
    found: leftOut.join("; "),
  });
}

/** Of each path the shortest end that no other one has. */
function distinctEnds(paths: readonly string[]): string[] {
  const whole = paths.map((path) => resolve(path).split(sep).join("/"));
  return whole.map((own) => {
    const names = own.split("/");
    const ends = names.map((_, i) => names.slice(-1 - i).join("/"));
    const others = whole.filter((other) => other !== own);
    return ends.find((end) => others.every((other) => !other.endsWith(`/${end}`))) ?? own;
  });
}

/** The path itself where it is a run, or the runs in it. */
async function runsIn(path: string): Promise<string[]> {
  if (!existsSync(path)) throw await noRun(path, "no such directory");
  if (!(await stat(path)).isDirectory()) return [];
  if (isRun(path)) return [path];
  return (await readdir(path))
    .sort()
    .map((name) => join(path, name))
    .filter(isRun);
}

function isRun(path: string): boolean {
  return existsSync(join(path, "config.yaml"));
}

/** @returns undefined where no task is finished */
async function openRun(path: string): Promise<ReportedRun | undefined> {
  const { directory, config } = await RunDirectory.open(path);
  const results = await directory.readResults();
  if (!results || results.tasks.length === 0) return undefined;
  const events = await directory.readEvents();
  return {
    ...{ title: basename(resolve(path)), path, config, results },
    origin: await directory.readOrigin(results.tasks.length - 1),
    ...{ epochs: epochsOf(events), sittings: sittingsOf(events), finished: isFinished(events) },
  };
}
