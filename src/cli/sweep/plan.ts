import { existsSync } from "node:fs";
import { join } from "node:path";
import { ItamlError } from "../../base/errors.js";
import type { Config } from "../../experiment/config.js";
import { isFinished, type RunEvent } from "../../experiment/events.js";
import { RunDirectory } from "../../experiment/run-directory.js";
import { differingKey, readConfig, readConfigAgain, type TrainOptions } from "../commands/train.js";
import { ProgressLine } from "../progress-line.js";
import { movedPaths } from "./moved-paths.js";
import { type NamedRun, type NamedSweep, readSweep, type SweepPlaces } from "./read-sweep.js";

/** A run of a sweep: a configuration with a seed. */
export interface PlannedRun extends NamedRun {
  readonly config: Config;
  /** What `train` is given. */
  readonly training: readonly [config: string | undefined, options: TrainOptions];
  /** `new` is also what waits for its turn with other settings, and has not begun. */
  readonly state: "new" | "begun" | "finished";
}

/** A sweep whose configurations are checked. */
export interface PlannedSweep extends NamedSweep {
  readonly runs: readonly PlannedRun[];
}

/** What is said of a sweep on the command line, wherever it runs. */
export interface PlanOptions extends SweepPlaces {
  takeOver?: boolean;
}

/**
 * Reads a sweep, and checks all settings of it before anything is trained.
 *
 * @param only of its runs the one of this name
 * @throws {ItamlError} RUN_DIRECTORY where a run with other settings has begun
 */
export async function planSweep(
  file: string,
  options: PlanOptions,
  only?: string,
): Promise<PlannedSweep> {
  const sweep = await readSweep(file, options, only);
  const runs: PlannedRun[] = [];
  const line = new ProgressLine();
  for (const run of sweep.runs) {
    line.show(() => `reading ${run.name}`);
    runs.push(await planRun(file, run, options));
  }
  line.clear();
  return { ...sweep, runs };
}

/**
 * Reads the configuration of a run. One that has begun needs no data for that.
 *
 * @throws {ItamlError} RUN_DIRECTORY where it has begun with other settings
 */
export async function planRun(
  file: string,
  run: NamedRun,
  options: PlanOptions,
): Promise<PlannedRun> {
  const { path, base, settings } = run;
  const found = await findRun(path);
  const reading =
    found && found.events.length > 0
      ? readConfigAgain(found.config, base, settings)
      : readConfig(base, settings);
  const config = await reading.catch((error) => {
    throw within(error, `${file}: ${run.configuration}`);
  });
  const state = stateBy(found, path, config);
  const training: PlannedRun["training"] =
    !found || state === "new"
      ? [base, { out: path, ...settings }]
      : continuation(run, found.config, config, options);
  return { ...run, config, state, training };
}

/** What `train` is given to go on with a run. */
function continuation(
  { path, base, settings }: NamedRun,
  startedWith: Config,
  { data, classes }: Config,
  { takeOver }: PlanOptions,
): PlannedRun["training"] {
  const options = { out: path, resume: true, takeOver };
  if (classes === startedWith.classes) {
    return [undefined, { ...options, data, plugin: settings.plugin }];
  }
  // The command line has no option for the list: it stands in the configuration.
  const own = data === undefined ? startedWith.data : settings.data;
  return [base, { ...options, ...settings, data: own }];
}

/** The command line that trains a run. */
export function trainCommand({ training: [config, options] }: PlannedRun): string[] {
  return ["train", "--json", ...(config === undefined ? [] : [config]), ...commandOptions(options)];
}

/** Options as the command line has them. */
export function commandOptions({
  out,
  resume,
  takeOver,
  seed,
  set = [],
  data,
  plugin = [],
}: SweepPlaces & Pick<TrainOptions, "resume" | "takeOver" | "seed" | "set">): string[] {
  return [
    ...(out === undefined ? [] : ["--out", out]),
    ...(resume ? ["--resume"] : []),
    ...(takeOver ? ["--take-over"] : []),
    ...(seed === undefined ? [] : ["--seed", String(seed)]),
    ...set.flatMap((setting) => ["--set", setting]),
    ...(data === undefined ? [] : ["--data", data]),
    ...plugin.flatMap((module) => ["--plugin", module]),
  ];
}

/** The error with the place in the sweep in front of its own. */
function within(error: unknown, place: string): unknown {
  if (!(error instanceof ItamlError)) return error;
  const { code, summary, problem } = error;
  const where = problem.where ? `${place}: ${problem.where}` : place;
  return new ItamlError(code, summary, { ...problem, where }, { cause: error });
}

/**
 * How far a run is, by its directory.
 *
 * @throws {ItamlError} RUN_DIRECTORY where one with other settings has begun
 */
export async function stateOf(path: string, config: Config): Promise<PlannedRun["state"]> {
  return stateBy(await findRun(path), path, config);
}

/** What is in a run's directory. */
interface FoundRun {
  readonly config: Config;
  readonly events: readonly RunEvent[];
}

async function findRun(path: string): Promise<FoundRun | undefined> {
  if (!existsSync(join(path, "config.yaml"))) return undefined;
  const { directory, config } = await RunDirectory.open(path);
  return { config, events: await directory.readEvents() };
}

function stateBy(found: FoundRun | undefined, path: string, config: Config): PlannedRun["state"] {
  if (!found) return "new";
  const key = differingKey(found.config, config);
  if (found.events.length === 0) {
    const isOther = key !== undefined || movedPaths(found.config, config).length > 0;
    return isOther ? "new" : "begun";
  }
  if (key !== undefined) {
    throw new ItamlError("RUN_DIRECTORY", `the run is of a sweep with another ${key}`, {
      where: path,
      expected: JSON.stringify(config[key]) ?? "none",
      found: JSON.stringify(found.config[key]) ?? "none",
      remedy: "Choose another directory with --out, or remove this run",
    });
  }
  return isFinished(found.events) ? "finished" : "begun";
}
