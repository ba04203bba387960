import { existsSync, realpathSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { userInfo } from "node:os";
import { basename, dirname, join } from "node:path";
import { ItamlError } from "../../base/errors.js";
import { printable } from "../failure.js";
import type { Queue, QueueEntry } from "./launcher.js";
import { slurm } from "./slurm-commands.js";
import { jobOfLog, runsOfScript, slurmFolder } from "./slurm-script.js";

/** What Slurm knows of sweeps: their jobs' scripts are in their directories, and say which element is which run. */
export const slurmQueue: Queue = {
  knows: (out) => existsSync(slurmFolder(out)),

  async entries(out) {
    const entries = new Map<string, QueueEntry>();
    const scripts = new Map<string, string[]>();
    for (const { script, element, state, reason, node } of await jobsOf(out)) {
      if (!/^\d+\.sh$/.test(basename(script))) continue;
      const runs = scripts.get(script) ?? runsOfScript(await readFile(script, "utf8"));
      scripts.set(script, runs);
      const name = runs[Number(element)];
      if (name === undefined) continue;
      const waits = WAITING.includes(state);
      entries.set(
        name,
        waits ? { state: "waiting", note: reason } : { state: "running", note: node },
      );
    }
    return entries;
  },

  async cancel(out) {
    const jobs = await jobsOf(out);
    const ids = [...new Set(jobs.map(({ job }) => job))];
    const { size } = await slurmQueue.entries(out);
    if (ids.length > 0) await slurm("scancel", ids);
    return size;
  },

  async isEnded(job) {
    const [kind, cluster, user, id] = job.split(" ");
    // Others' jobs may be hidden, and another cluster's aren't known here.
    if (kind !== "slurm" || user !== userInfo().username) return false;
    const settings = await slurm("scontrol", ["show", "config"]);
    if (/^ClusterName\s*=\s*(\S+)/m.exec(settings)?.[1] !== cluster) return false;
    try {
      const output = await slurm("squeue", ["--noheader", "--format=%T", `--jobs=${id}`]);
      return output.trim() === "";
    } catch (error) {
      if (error instanceof ItamlError && /invalid job id/i.test(error.problem.found ?? "")) {
        return true;
      }
      throw error;
    }
  },

  async lastWords(out, log) {
    const file = join(slurmFolder(out), `${jobOfLog(log)}.log`);
    if (!existsSync(file)) return undefined;
    const line = (await readFile(file, "utf8")).trimEnd().split("\n").at(-1);
    return line ? printable(line) : undefined;
  },
};

/** States of jobs that don't run yet, or not any more. */
const WAITING = ["PENDING", "REQUEUED", "REQUEUE_HOLD", "REQUEUE_FED", "SPECIAL_EXIT"];

interface Job {
  /** Of the whole array. */
  readonly job: string;
  readonly element: string;
  readonly state: string;
  readonly reason: string;
  readonly node: string;
  readonly script: string;
}

/** The user's jobs whose scripts are in the directory of a sweep. */
async function jobsOf(out: string): Promise<Job[]> {
  const folder = slurmFolder(out);
  if (!existsSync(folder)) return [];
  const [own, real] = [folder, realpathSync(folder)];
  const output = await slurm("squeue", [
    ...["--me", "--noheader", "--array", "--format=%F|%K|%T|%r|%N|%o"],
  ]);
  return output
    .split("\n")
    .map((line) => /^(.*?)\|(.*?)\|(.*?)\|(.*?)\|(.*?)\|(.*)$/.exec(line)?.slice(1) ?? [])
    .map(
      ([job, element, state, reason, node, script]) =>
        ({ job, element, state, reason, node, script }) as Job,
    )
    .filter(({ script }) => script !== undefined && [own, real].includes(dirname(script)));
}
