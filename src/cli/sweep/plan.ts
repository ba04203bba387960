import { existsSync } from "node:fs";
import { basename, dirname, extname, join } from "node:path";
import { didYouMean, ItamlError, nearestName } from "../../base/errors.js";
import type { Config } from "../../experiment/config.js";
import { isFinished } from "../../experiment/events.js";
import { RunDirectory } from "../../experiment/run-directory.js";
import { parseSweep, sweepVariants } from "../../experiment/sweep.js";
import { readFileOrThrow } from "../../files/read-file.js";
import { differingKey, MAXIMUM_CONFIG, readConfig, type TrainOptions } from "../commands/train.js";
import { ProgressLine } from "../progress-line.js";
import { movedPaths, RunData } from "./run-data.js";

/** A run of a sweep: a configuration with a seed. */
export interface PlannedRun {
  readonly configuration: string;
  readonly name: string;
  readonly path: string;
  readonly config: Config;
  /** What `train` is given. */
  readonly training: readonly [config: string | undefined, options: TrainOptions];
  /** `new` is also what waits for its turn with other settings, and has not begun. */
  readonly state: "new" | "begun" | "finished";
}

/** A sweep whose configurations are checked. */
export interface PlannedSweep {
  readonly file: string;
  readonly out: string;
  /** Where its file says that it runs. */
  readonly on: unknown;
  /** What the command line was given beside: data set and plugins. */
  readonly given: readonly string[];
  readonly runs: readonly PlannedRun[];
}

/** What is said of a sweep on the command line, wherever it runs. */
export interface PlanOptions {
  out?: string;
  data?: string;
  plugin?: string[];
  takeOver?: boolean;
}

/**
 * Reads a sweep, and checks all of it before anything is trained.
 *
 * @param only of its runs the one of this name
 */
export async function planSweep(
  file: string,
  options: PlanOptions,
  only?: string,
): Promise<PlannedSweep> {
  const { data, plugin = [], takeOver } = options;
  const text = (await readFileOrThrow(file, "CONFIG_INVALID", MAXIMUM_CONFIG)).toString("utf8");
  const content = parseSweep(text, file);
  const isFile = /\.ya?ml$/.test(content.base);
  const base = isFile ? join(dirname(file), content.base) : content.base;
  const out = options.out ?? content.out ?? join("runs", basename(file, extname(file)));
  const runs: PlannedRun[] = [];
  const names: string[] = [];
  const runData = new RunData();
  const line = new ProgressLine();
  for (const variant of sweepVariants(content, file)) {
    const configuration = variant.name || basename(base, extname(base));
    const set = Object.entries(variant.settings).map(
      ([key, value]) => `${key}=${JSON.stringify(value)}`,
    );
    for (const seed of content.seeds) {
      const name = `${configuration}-seed${seed}`;
      names.push(name);
      if (only !== undefined && name !== only) continue;
      line.show(() => `reading ${name}`);
      const path = join(out, name);
      const settings = { data, plugin, seed, set };
      const config = await readConfig(base, settings).catch((error) => {
        throw within(error, `${file}: ${configuration}`);
      });
      const state = await stateOf(path, config, runData);
      runs.push({
        ...{ configuration, name, path, config, state },
        training:
          state === "new"
            ? [base, { out: path, ...settings }]
            : [undefined, { out: path, resume: true, takeOver, data: config.data, plugin }],
      });
    }
  }
  line.clear();
  if (only !== undefined && runs.length === 0) throw unknownRun(file, only, names);
  const given = commandOptions({ data, plugin });
  return { file, out, on: content.on, given, runs };
}

/** The command line that trains a run. */
export function trainCommand({ training: [config, options] }: PlannedRun): string[] {
  return ["train", "--json", ...(config === undefined ? [] : [config]), ...commandOptions(options)];
}

function commandOptions({
  out,
  resume,
  takeOver,
  seed,
  set = [],
  data,
  plugin = [],
}: TrainOptions) {
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

function unknownRun(file: string, name: string, names: readonly string[]): ItamlError {
  return new ItamlError("USAGE", `the sweep has no run "${name}"`, {
    where: file,
    expected: `one of ${names.length}, such as ${names[0]}`,
    ...didYouMean(nearestName(name, names)),
  });
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
 * @throws {ItamlError} RUN_DIRECTORY where one with other settings, or of other data, has begun
 */
export async function stateOf(
  path: string,
  config: Config,
  data = new RunData(),
): Promise<PlannedRun["state"]> {
  if (!existsSync(join(path, "config.yaml"))) return "new";
  const { directory, config: startedWith } = await RunDirectory.open(path);
  const events = await directory.readEvents();
  const key = differingKey(startedWith, config);
  if (events.length === 0) {
    const isOther = key !== undefined || movedPaths(startedWith, config).length > 0;
    return isOther ? "new" : "begun";
  }
  if (key !== undefined) {
    throw new ItamlError("RUN_DIRECTORY", `the run is of a sweep with another ${key}`, {
      where: path,
      expected: JSON.stringify(config[key]) ?? "none",
      found: JSON.stringify(startedWith[key]) ?? "none",
      remedy: "Choose another directory with --out, or remove this run",
    });
  }
  await data.refuseOther(directory, startedWith, config);
  return isFinished(events) ? "finished" : "begun";
}
