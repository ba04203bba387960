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
import {
  commandOptions,
  type PlannedRun,
  type PlannedSweep,
  type PlanOptions,
  planRun,
  planSweep,
} from "../sweep/plan.js";
import { type NamedRun, type NamedSweep, readSweep } from "../sweep/read-sweep.js";
import { refuseOtherData } from "../sweep/run-data.js";
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
  const named = await readSweep(file, options);
  if (options.report) return reportDone(named, options);
  if (options.cancel) await cancel(named, options);
  else if (!options.status || options.retry) await launch(await planSweep(file, options), options);
  if (options.status) await showStatus(() => sweepStatus(named, queueOf(named.out)), options);
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
  await refuseOtherData(plan.runs);
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
  const words = ["itaml", "sweep", plan.file, ...commandOptions(plan.given)];
  const status = shellCommand([...words, "--status", "--watch"]);
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

async function doneRuns({ runs }: NamedSweep): Promise<NamedRun[]> {
  const finished = await Promise.all(runs.map(({ path }) => isDone(path)));
  return runs.filter((_, i) => finished[i]);
}

async function isDone(path: string): Promise<boolean> {
  if (!existsSync(join(path, "config.yaml"))) return false;
  const { directory } = await RunDirectory.open(path);
  return isFinished(await directory.readEvents());
}

/** Writes the report of what is done, and says what isn't. */
async function reportDone(sweep: NamedSweep, options: SweepOptions): Promise<void> {
  const done = await doneRuns(sweep);
  // Those with other settings would stand under names of today's file.
  for (const run of done) await planRun(sweep.file, run, options);
  await printOutcome(sweep, done, new Map(), options);
  const { statuses } = await sweepStatus(sweep, undefined);
  const others = statuses.filter(({ state }) => state !== "done");
  if (others.length > 0) say(sweep, `not in the report:\n${statusLines(others).join("\n")}`);
}

async function cancel(sweep: NamedSweep, options: SweepOptions): Promise<void> {
  const { out } = sweep;
  const queue = queueOf(out);
  if (!queue) {
    throw new ItamlError("USAGE", "the sweep is in no queue", {
      where: out,
      remedy: "A sweep on this machine is stopped with Ctrl-C",
    });
  }
  const runs = await queue.cancel(out);
  if (options.json) return;
  say(sweep, `${runs} taken out of the queue; those that had begun have a checkpoint`);
}

/** Trains one run, here and now: what an element of an array does. Its settings are those that it was handed over with. */
async function trainOne(file: string, name: string, options: SweepOptions): Promise<void> {
  const { out, json } = options;
  const there = out === undefined ? undefined : await handedOver(join(out, name), options);
  const run = there ?? ((await planSweep(file, options, name)).runs[0] as PlannedRun);
  if (run.state === "finished") {
    await refuseOtherData([run]);
    process.stderr.write(`${name} is finished already\n`);
    return;
  }
  const [config, training] = run.training;
  await train(config, { ...training, json });
}

/** A run that has its settings already, and keeps them whatever the sweep's file says now. */
async function handedOver(
  path: string,
  { data, plugin, takeOver }: SweepOptions,
): Promise<Pick<PlannedRun, "path" | "config" | "state" | "training"> | undefined> {
  if (!existsSync(join(path, "config.yaml"))) return undefined;
  const { directory, config } = await RunDirectory.open(path);
  const events = await directory.readEvents();
  // What has begun, and whose list of classes is gone, may find it where the sweep's file says.
  const isGone = config.classes !== undefined && !existsSync(config.classes);
  if (isGone && events.length > 0) return undefined;
  return {
    path,
    config: data === undefined ? config : { ...config, data: resolve(data) },
    state: isFinished(events) ? "finished" : "begun",
    training: [undefined, { out: path, resume: true, takeOver, data, plugin }],
  };
}

function say({ out }: NamedSweep, what: string): void {
  process.stderr.write(`${out}: ${what}\n`);
}
