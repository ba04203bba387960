import { existsSync } from "node:fs";
import { rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { ItamlError } from "../../base/errors.js";
import { JOB_LOG, RunDirectory } from "../../experiment/run-directory.js";
import { RunLock } from "../../experiment/run-lock.js";
import { makeFolder } from "../../files/make-folder.js";
import { writingError } from "../../files/system-errors.js";
import { printable } from "../failure.js";
import { ProgressLine } from "../progress-line.js";
import type { Launched } from "./launcher.js";
import type { PlannedRun, PlannedSweep } from "./plan.js";
import { slurm } from "./slurm-commands.js";
import { slurmQueue } from "./slurm-queue.js";
import { arrayScript, reportScript, type SlurmSettings, slurmFolder } from "./slurm-script.js";

/**
 * Hands runs over to Slurm. Their settings are those of now: each gets its directory before it waits. Those that
 * somebody trains are left out.
 */
export async function submit(
  sweep: PlannedSweep,
  all: readonly PlannedRun[],
  settings: SlurmSettings,
): Promise<Launched> {
  await slurm("sbatch", ["--version"]);
  const [runs, made] = await prepareAll(all);
  const [script, report] = await writeScripts(sweep, runs, settings);
  const job = await sbatch(script).catch(async (error) => {
    // As if nothing had been asked for; but what doesn't answer may have taken it.
    if (error instanceof ItamlError && error.code === "QUEUE_REFUSED") {
      for (const path of [...made, script, report]) await rm(path, { recursive: true });
    }
    throw error;
  });
  const waiting = await sbatch(`--dependency=afterany:${job}`, report).catch((error) => {
    warn(error, "no job writes the report");
    return undefined;
  });
  return {
    handedOver: {
      job: `${job}, ${runs.length} ${runs.length === 1 ? "run" : "runs"}`,
      ...(waiting !== undefined && { report: `job ${waiting}, when they have ended` }),
      script,
      logs: join(sweep.out, "*", JOB_LOG),
    },
  };
}

/**
 * @returns the runs that nobody trains, and directories that weren't there
 * @throws {ItamlError} RUN_IN_USE where there is none
 */
async function prepareAll(all: readonly PlannedRun[]): Promise<[PlannedRun[], string[]]> {
  const runs: PlannedRun[] = [];
  const made: string[] = [];
  let refusal: ItamlError | undefined;
  const line = new ProgressLine();
  for (const [i, run] of all.entries()) {
    line.show(() => `preparing run ${i + 1} of ${all.length}`);
    const isNew = !existsSync(run.path);
    try {
      await prepare(run);
    } catch (error) {
      if (!(error instanceof ItamlError) || error.code !== "RUN_IN_USE") throw error;
      refusal = error;
      line.clear();
      warn(error, "left out");
      continue;
    }
    runs.push(run);
    if (isNew) made.push(run.path);
  }
  line.clear();
  if (refusal && runs.length === 0) throw refusal;
  return [runs, made];
}

/**
 * Makes the directory of a run, or sees that nobody trains in it.
 *
 * @throws {ItamlError} RUN_IN_USE
 */
async function prepare({ path, config, training }: PlannedRun): Promise<void> {
  if (existsSync(join(path, "config.yaml"))) {
    const { takeOver } = training[1];
    await (await RunLock.acquire(path, { takeOver, isEnded: slurmQueue.isEnded })).release();
  } else {
    await (await RunDirectory.create(path, config)).close();
  }
}

/** The scripts of the array and of the report, under the first number that is free. */
async function writeScripts(
  sweep: PlannedSweep,
  runs: readonly PlannedRun[],
  settings: SlurmSettings,
): Promise<[string, string]> {
  const folder = slurmFolder(sweep.out);
  await makeFolder(folder);
  for (let n = 1; ; n++) {
    const [array, report] = [join(folder, `${n}.sh`), join(folder, `${n}-report.sh`)];
    try {
      await writeFile(array, arrayScript(sweep, runs, settings), { flag: "wx" });
      await writeFile(report, reportScript(sweep, settings));
      return [array, report];
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw writingError(error, folder);
    }
  }
}

/** @returns the job's number; behind it a federation's cluster may stand */
async function sbatch(...args: string[]): Promise<string> {
  const output = await slurm("sbatch", ["--parsable", ...args]);
  return output.trim().split(";")[0] as string;
}

function warn(error: unknown, what: string): void {
  if (!(error instanceof ItamlError)) throw error;
  process.stderr.write(`warning: ${what}: ${printable(error.message)}\n`);
}
