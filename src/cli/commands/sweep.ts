import { existsSync } from "node:fs";
import { join, resolve } from "node:path";
import { ItamlError } from "../../base/errors.js";
import { shellCommand } from "../../base/shell.js";
import { isFinished } from "../../experiment/events.js";
import { RunDirectory } from "../../experiment/run-directory.js";
import type { QueueEntry } from "../sweep/launcher.js";
import { chooseLauncher, queueOf } from "../sweep/launchers.js";
import { removeOldSettings } from "../sweep/old-settings.js";
import { printOutcome } from "../sweep/outcome.js";
import { type PlannedRun, type PlannedSweep, type PlanOptions, planSweep } from "../sweep/plan.js";
import { RunData } from "../sweep/run-data.js";
import { sweepStatus } from "../sweep/status.js";
import { showStatus, statusLines } from "../sweep/status-view.js";
import { train } from "./train.js";

export interface SweepOptions extends PlanOptions {
  /** Where it runs; settings of it are options of their own: see {@link SETTINGS}. */
  on?: string;
  dryRun?: boolean;
  status?: boolean;
  watch?: boolean;
  cancel?: boolean;
  retry?: boolean;
  report?: boolean;
  only?: string;
  json?: boolean;
  [setting: string]: unknown;
}

/** Options of the command line that are settings of a launcher. */
const SETTINGS = [
  ...["jobs", "partition", "time", "gres", "account", "cpus", "mem", "gpus", "concurrent"],
  ...["sbatchOptions", "image", "claim"],
];

/** Trains every run of a sweep that isn't finished yet, here or on a cluster, or says what became of them. */
export async function sweep(file: string, options: SweepOptions): Promise<void> {
  refuseTogether(options);
  if (options.only !== undefined) return trainOne(file, options.only, options);
  const plan = await planSweep(file, options);
  if (options.report) return reportDone(plan, options);
  if (options.cancel) await cancel(plan, options);
  else if (!options.status || options.retry) await launch(plan, options);
  if (options.status) await showStatus(() => sweepStatus(plan, queueOf(plan.out)), options);
}

/** Options that each ask for something else of a sweep. Status may be shown after it was launched or cancelled. */
const EXCLUSIVE = {
  only: ["status", "cancel", "retry", "report", "dryRun"],
  report: ["status", "cancel", "retry", "dryRun"],
  cancel: ["retry", "dryRun"],
  status: ["dryRun"],
} as const;

/** @throws {ItamlError} USAGE where one of two options would be ignored */
function refuseTogether(options: SweepOptions): void {
  const given = Object.entries(EXCLUSIVE).filter(([option]) => options[option]);
  const pairs = given.flatMap(([one, others]) => others.map((other) => [one, other] as const));
  const both = pairs.find(([, other]) => options[other]);
  if (both === undefined) return;
  const [one, other] = both.map((key) => (key === "dryRun" ? "--dry-run" : `--${key}`));
  throw new ItamlError("USAGE", `${one} and ${other} don't go together`, {
    where: "itaml sweep",
    remedy: "Give one of them, and the other afterwards",
  });
}

/** Trains, or hands over, what is neither finished nor in a queue. */
async function launch(plan: PlannedSweep, options: SweepOptions): Promise<void> {
  const settings = SETTINGS.filter((key) => options[key] !== undefined);
  const launcher = chooseLauncher(
    plan,
    options.on,
    Object.fromEntries(settings.map((key) => [key, options[key]])),
  );
  const unfinished = options.retry
    ? await failedRuns(plan)
    : plan.runs.filter(({ state }) => state !== "finished");
  if (options.dryRun) {
    if (unfinished.length > 0) process.stdout.write(launcher.script(plan, unfinished));
    else say(plan, "there is nothing left to train");
    return;
  }
  const queued = await queuedRuns(plan);
  if (queued.size > 0) say(plan, `${queued.size} of ${plan.runs.length} runs are in the queue`);
  const { takeOver } = options;
  await removeOldSettings(plan, queued, { takeOver, isEnded: queueOf(plan.out)?.isEnded });
  const runs = unfinished.filter(({ name }) => !queued.has(name));
  if (plan.runs.every(({ state }) => state === "finished")) {
    say(plan, `${plan.runs.length} of ${plan.runs.length} runs are finished already`);
  }
  const nothing = { failures: new Map<PlannedRun, string>() };
  const launched = runs.length > 0 ? await launcher.launch(plan, runs) : nothing;
  if ("failures" in launched) {
    return printOutcome(plan, await doneRuns(plan), launched.failures, options);
  }
  const { out, file } = plan;
  const where = options.out === undefined ? [] : ["--out", out];
  const status = shellCommand(["itaml", "sweep", file, ...where, "--status", "--watch"]);
  const facts = { ...launched.handedOver, status };
  if (options.json) console.log(JSON.stringify(facts, undefined, 2));
  else for (const [name, fact] of Object.entries(facts)) console.log(`${name.padEnd(8)}${fact}`);
}

async function failedRuns(plan: PlannedSweep): Promise<PlannedRun[]> {
  const { statuses } = await sweepStatus(plan, queueOf(plan.out));
  return plan.runs.filter((_, i) => statuses[i]?.state === "failed");
}

async function queuedRuns({ out }: PlannedSweep): Promise<ReadonlyMap<string, QueueEntry>> {
  return (await queueOf(out)?.entries(out)) ?? new Map();
}

async function doneRuns({ runs }: PlannedSweep): Promise<PlannedRun[]> {
  const finished = await Promise.all(runs.map(({ path }) => isDone(path)));
  return runs.filter((_, i) => finished[i]);
}

async function isDone(path: string): Promise<boolean> {
  if (!existsSync(join(path, "config.yaml"))) return false;
  const { directory } = await RunDirectory.open(path);
  return isFinished(await directory.readEvents());
}

/** Writes the report of what is done, and says what isn't. */
async function reportDone(plan: PlannedSweep, options: SweepOptions): Promise<void> {
  const done = await doneRuns(plan);
  await printOutcome(plan, done, new Map(), options);
  const { statuses } = await sweepStatus(plan, undefined);
  const others = statuses.filter(({ state }) => state !== "done");
  if (others.length > 0) say(plan, `not in the report:\n${statusLines(others).join("\n")}`);
}

async function cancel(plan: PlannedSweep, options: SweepOptions): Promise<void> {
  const { out } = plan;
  const queue = queueOf(out);
  if (!queue) {
    throw new ItamlError("USAGE", "the sweep is in no queue", {
      where: out,
      remedy: "A sweep on this machine is stopped with Ctrl-C",
    });
  }
  const runs = await queue.cancel(out);
  if (options.json) return;
  say(plan, `${runs} taken out of the queue; those that had begun have a checkpoint`);
}

/** Trains one run, here and now: what an element of an array does. Its settings are those that it was handed over with. */
async function trainOne(file: string, name: string, options: SweepOptions): Promise<void> {
  const { out, data, plugin, takeOver, json } = options;
  const path = out === undefined ? undefined : join(out, name);
  const [config, training] =
    path !== undefined && existsSync(join(path, "config.yaml"))
      ? [undefined, { out: path, resume: true, takeOver, data, plugin }]
      : ((await planSweep(file, { out, data, plugin, takeOver }, name)).runs[0] as PlannedRun)
          .training;
  if (training.resume && (await isDone(training.out as string))) {
    await refuseOtherData(training.out as string, data);
    process.stderr.write(`${name} is finished already\n`);
    return;
  }
  await train(config, { ...training, json });
}

/** A finished run is not trained on the data that are named: they are to be its own. */
async function refuseOtherData(path: string, data: string | undefined): Promise<void> {
  if (data === undefined) return;
  const { directory, config } = await RunDirectory.open(path);
  await new RunData().refuseOther(directory, config, { ...config, data: resolve(data) });
}

function say({ out }: PlannedSweep, what: string): void {
  process.stderr.write(`${out}: ${what}\n`);
}
