import { existsSync } from "node:fs";
import { availableParallelism } from "node:os";
import { basename, dirname, extname, join } from "node:path";
import { ItamlError } from "../../base/errors.js";
import type { Config } from "../../experiment/config.js";
import { isFinished } from "../../experiment/events.js";
import { loadParts } from "../../experiment/plugins.js";
import { RunDirectory } from "../../experiment/run-directory.js";
import { parseSweep, sweepVariants } from "../../experiment/sweep.js";
import { readFileOrThrow } from "../../files/read-file.js";
import { groupRuns } from "../../report/groups.js";
import { readRun } from "../../report/runs.js";
import { writeReport } from "../../report/write-report.js";
import { runChild } from "../child-run.js";
import { interruptible } from "../interruption.js";
import { SweepDisplay } from "../sweep-display.js";
import { terminalWidth } from "../terminal-width.js";
import { formatResults } from "./results.js";
import { differingKey, MAXIMUM_CONFIG, readConfig } from "./train.js";

export interface SweepOptions {
  out?: string;
  data?: string;
  plugin?: string[];
  jobs?: number;
  takeOver?: boolean;
  json?: boolean;
}

/** A run of a sweep: a configuration with a seed. */
interface PlannedRun {
  readonly configuration: string;
  readonly name: string;
  readonly path: string;
  readonly config: Config;
  /** What the command line is given to train it. */
  readonly command: readonly string[];
  readonly state: "new" | "begun" | "finished";
}

/** Trains every run of a sweep that isn't finished yet, each in a process of its own, and compares them. */
export async function sweep(file: string, options: SweepOptions): Promise<void> {
  const { out, runs } = await planSweep(file, options);
  const jobs = options.jobs ?? defaultJobs(runs);
  const failures = new Map<PlannedRun, string>();
  const display = new SweepDisplay({
    total: runs.length,
    finished: runs.filter(({ state }) => state === "finished").length,
  });
  const queue = runs.filter(({ state }) => state !== "finished");
  await interruptible(async (signal) => {
    signal.addEventListener("abort", () => display.keep());
    const work = async () => {
      for (let run = queue.shift(); run && !signal.aborted; run = queue.shift()) {
        const { name, command } = run;
        display.start(name);
        const outcome = await runChild(command, {
          signal,
          onLine: (line) => display.show(name, line),
        });
        if (outcome === "interrupted" && signal.aborted) continue;
        const error = outcome === "interrupted" ? "it was stopped" : outcome;
        if (error !== "done") failures.set(run, typeof error === "string" ? error : error.error);
        display.end(name, failures.get(run));
      }
    };
    await Promise.all(Array.from({ length: Math.min(jobs, queue.length) }, work));
    display.close();
    if (!signal.aborted) return;
    throw new ItamlError("INTERRUPTED", "the sweep was stopped", {
      where: out,
      remedy: "The same command goes on with it",
    });
  });
  await printOutcome(out, runs, failures, options);
}

/** Reads a sweep, and checks all of it before anything is trained. */
export async function planSweep(file: string, options: SweepOptions) {
  const { plugin = [] } = options;
  const text = (await readFileOrThrow(file, "CONFIG_INVALID", MAXIMUM_CONFIG)).toString("utf8");
  const content = parseSweep(text, file);
  const isFile = /\.ya?ml$/.test(content.base);
  const base = isFile ? join(dirname(file), content.base) : content.base;
  const out = options.out ?? content.out ?? join("runs", basename(file, extname(file)));
  const runs: PlannedRun[] = [];
  for (const variant of sweepVariants(content, file)) {
    const configuration = variant.name || basename(base, extname(base));
    const set = Object.entries(variant.settings).map(
      ([key, value]) => `${key}=${JSON.stringify(value)}`,
    );
    for (const seed of content.seeds) {
      const name = `${configuration}-seed${seed}`;
      const path = join(out, name);
      const config = await readConfig(base, { seed, data: options.data, set, plugin }).catch(
        (error) => {
          throw within(error, `${file}: ${configuration}`);
        },
      );
      const state = await stateOf(path, config);
      const command = [
        ...["train", "--json", "--out", path],
        ...(state === "begun"
          ? ["--resume"]
          : [base, "--seed", String(seed), ...set.flatMap((setting) => ["--set", setting])]),
        ...(state === "begun" && options.takeOver ? ["--take-over"] : []),
        ...(config.data !== undefined ? ["--data", config.data] : []),
        ...plugin.flatMap((module) => ["--plugin", module]),
      ];
      runs.push({ configuration, name, path, config, command, state });
    }
  }
  return { out, runs };
}

/** The error with the place in the sweep in front of its own. */
function within(error: unknown, place: string): unknown {
  if (!(error instanceof ItamlError)) return error;
  const { code, summary, problem } = error;
  const where = problem.where ? `${place}: ${problem.where}` : place;
  return new ItamlError(code, summary, { ...problem, where }, { cause: error });
}

/** @throws {ItamlError} RUN_DIRECTORY where a run with other settings is there */
async function stateOf(path: string, config: Config): Promise<PlannedRun["state"]> {
  if (!existsSync(join(path, "config.yaml"))) return "new";
  const { directory, config: startedWith } = await RunDirectory.open(path);
  const key = differingKey(startedWith, config);
  if (key !== undefined) {
    throw new ItamlError("RUN_DIRECTORY", `the run is of a sweep with another ${key}`, {
      where: path,
      expected: JSON.stringify(config[key]) ?? "none",
      found: JSON.stringify(startedWith[key]) ?? "none",
      remedy: "Choose another directory with --out, or remove this run",
    });
  }
  return isFinished(await directory.readEvents()) ? "finished" : "begun";
}

/** A run takes all cores, unless its configuration says how many threads it has. */
function defaultJobs(runs: readonly PlannedRun[]): number {
  const threads = runs.map(({ config }) => (config.device === "cpu" ? config.threads : undefined));
  const cores = availableParallelism();
  return Math.max(1, Math.floor(cores / Math.max(...threads.map((own) => own ?? cores))));
}

async function printOutcome(
  out: string,
  runs: readonly PlannedRun[],
  failures: ReadonlyMap<PlannedRun, string>,
  { json, plugin }: SweepOptions,
): Promise<void> {
  const done = runs.filter((run) => !failures.has(run));
  const reported = await Promise.all(done.map(({ path }) => readRun(path)));
  const names = new Map(reported.map((run, i) => [run, done[i]?.configuration as string]));
  // Under the sweep's names, which its file explains.
  const parts = await loadParts(plugin);
  const groups = groupRuns(reported, parts, (run) => names.get(run) as string);
  const report = join(out, "report.html");
  if (groups.length > 0) await writeReport(groups, report, parts);
  if (json) {
    const failed = [...failures].map(([{ name, path }, error]) => ({ name, path, error }));
    const groupsJson = JSON.parse(formatResults(groups, "json"));
    console.log(JSON.stringify({ configurations: groupsJson, failed }, undefined, 2));
  } else if (groups.length > 0) {
    console.log(
      `\n${formatResults(groups, undefined, terminalWidth())}\nruns    ${out}\nreport  ${report}`,
    );
  }
  if (failures.size === 0) return;
  throw new ItamlError("RUN_FAILED", `${failures.size} of ${runs.length} runs failed`, {
    where: out,
    found: [...failures]
      .map(([{ name }, error]) => `${name}: ${error.replace(/\.$/, "")}`)
      .join("\n"),
    remedy: "The same command tries them again",
  });
}
