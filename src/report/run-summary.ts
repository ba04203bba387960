import { basename, resolve } from "node:path";
import { isDeepStrictEqual } from "node:util";
import { ItamlError } from "../base/errors.js";
import type { Config } from "../experiment/config.js";
import { type EpochEvent, epochsOf, isFinished } from "../experiment/events.js";
import type { Results } from "../experiment/results.js";
import { RunDirectory } from "../experiment/run-directory.js";

/** All that a report says about a run. */
export interface ReportedRun {
  /** The name of its directory. */
  readonly title: string;
  readonly path: string;
  readonly config: Config;
  /** Of one task at least. */
  readonly results: Results;
  /** None where events.jsonl is missing. */
  readonly epochs: readonly EpochEvent[];
  /** Whether its last task is done. */
  readonly finished: boolean;
}

/**
 * Reads a run, which may be under way.
 *
 * @throws {ItamlError} RUN_DIRECTORY where there is none, or none with results; FILE_INVALID
 */
export async function readRun(path: string): Promise<ReportedRun> {
  const run = await openRun(path);
  if (run) return run;
  throw withoutResults([path]);
}

/**
 * Reads runs, each once, in the order given.
 *
 * @throws {ItamlError} RUN_DIRECTORY with the name of every run that has no results; FILE_INVALID
 */
export async function readRuns(paths: readonly string[]): Promise<ReportedRun[]> {
  const distinct = paths.filter(
    (path, i) => paths.findIndex((other) => resolve(other) === resolve(path)) === i,
  );
  const runs = await Promise.all(distinct.map(openRun));
  const empty = distinct.filter((_, i) => runs[i] === undefined);
  if (empty.length > 0) throw withoutResults(empty);
  return runs as ReportedRun[];
}

/** @returns undefined where no task is finished */
async function openRun(path: string): Promise<ReportedRun | undefined> {
  const { directory, config } = await RunDirectory.open(path);
  const results = await directory.readResults();
  if (!results || results.tasks.length === 0) return undefined;
  const events = await directory.readEvents();
  return {
    ...{ title: basename(resolve(path)), path, config, results },
    ...{ epochs: epochsOf(events), finished: isFinished(events) },
  };
}

function withoutResults(paths: readonly string[]): ItamlError {
  const [path] = paths;
  return paths.length === 1
    ? new ItamlError("RUN_DIRECTORY", "the run has no results yet", {
        where: path as string,
        expected: "at least one finished task",
        remedy: `Continue it with: itaml train --resume --out ${path}`,
      })
    : new ItamlError("RUN_DIRECTORY", "these runs have no results yet", {
        where: paths.join(", "),
        expected: "at least one finished task of each",
        remedy: "Leave them out, or continue each with: itaml train --resume --out RUN",
      });
}

/** Runs of one configuration over seeds. */
export interface RunGroup {
  /** What sets it apart from the other groups; its learner, where it is the only one. */
  readonly name: string;
  readonly runs: readonly ReportedRun[];
}

/** Keys that don't make another configuration: another seed, or the same on another machine. */
export const OF_A_RUN = ["seed", "data", "device", "threads", "logs"];

/**
 * Groups runs by configuration, in the order of their first ones. Runs of one seed aren't independent of one another:
 * those that repeat a seed of their configuration (on another device, for example) make a group of their own.
 */
export function groupRuns(runs: readonly ReportedRun[]): RunGroup[] {
  const groups: ReportedRun[][] = [];
  for (const run of runs) {
    const own = groups.find(
      ([first, ...others]) =>
        isDeepStrictEqual(configurationOf(first as ReportedRun), configurationOf(run)) &&
        [first, ...others].every((other) => other?.config.seed !== run.config.seed),
    );
    if (own) own.push(run);
    else groups.push([run]);
  }
  const names = groupNames(groups.map(([first]) => (first as ReportedRun).config));
  return groups.map((members, i) => {
    const name = names[i] as string;
    const unique = names.indexOf(name) === names.lastIndexOf(name);
    return { name: unique ? name : `${name}, ${members[0]?.title}`, runs: members };
  });
}

function configurationOf({ config }: ReportedRun): unknown {
  const entries = Object.entries(config).filter(([key]) => !OF_A_RUN.includes(key));
  return Object.fromEntries(entries);
}

/**
 * Data set and learner by their names; everything else that is not as in most configurations of the same data set as
 * `key=value`. Where the options of a choice differ, such as an optimiser's, they are compared among those of the same choice.
 */
function groupNames(configs: readonly Config[]): string[] {
  const settings = configs.map(flatSettings);
  const differs = (key: string, among: readonly Map<string, string>[]) =>
    new Set(among.map((other) => other.get(key))).size > 1;
  return settings.map((own, i) => {
    const sameData = settings.filter((_, j) => configs[j]?.dataset === configs[i]?.dataset);
    const comparable = (key: string) => {
      const choices = choicesAround(key).filter((choice) => own.has(choice));
      return sameData.filter((other) =>
        choices.every((choice) => other.get(choice) === own.get(choice)),
      );
    };
    const isUsual = (key: string, among: readonly Map<string, string>[]) =>
      2 * among.filter((other) => other.get(key) === own.get(key)).length > among.length;
    const keys = [...new Set(sameData.flatMap((other) => [...other.keys()]))].filter((key) => {
      if (["dataset", "learner.name", ...OF_A_RUN].includes(key)) return false;
      return !isUsual(key, comparable(key));
    });
    const words = ["dataset", "learner.name"].filter((key) => differs(key, settings));
    const parts = [
      ...words.map((key) => own.get(key) as string),
      ...keys.map((key) => `${key}=${own.get(key) ?? "none"}`),
    ];
    return parts.length > 0 ? parts.join(", ") : (own.get("learner.name") as string);
  });
}

/** The names of what a setting is one of: of `learner.update.beta` those of the learner and of its update. */
export function choicesAround(key: string): string[] {
  const path = key.split(".");
  return path
    .slice(1)
    .map((_, i) => [...path.slice(0, i + 1), "name"].join("."))
    .filter((choice) => choice !== key);
}

/** Every setting by its whole name, such as `adaptation.steps`. */
export function flatSettings(config: Config): Map<string, string> {
  const flat = new Map<string, string>();
  const add = (value: unknown, name: string): void => {
    if (typeof value !== "object" || value === null || Array.isArray(value)) {
      flat.set(name, typeof value === "string" ? value : JSON.stringify(value));
      return;
    }
    for (const [key, inner] of Object.entries(value)) {
      if (inner !== undefined) add(inner, name === "" ? key : `${name}.${key}`);
    }
  };
  add(config, "");
  return flat;
}
