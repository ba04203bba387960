import { availableParallelism } from "node:os";
import { ItamlError } from "../../base/errors.js";
import { part } from "../../base/part.js";
import { count } from "../../base/settings.js";
import { shellCommand } from "../../base/shell.js";
import { interruptible } from "../interruption.js";
import { runChild } from "./child-run.js";
import { SweepDisplay } from "./display.js";
import type { Launched, Launcher } from "./launcher.js";
import { type PlannedRun, type PlannedSweep, trainCommand } from "./plan.js";

/** Each run in a process of its own, here, until all have ended. */
export const local = part({
  name: "local",
  title: "this machine",
  settings: {
    jobs: count
      .optional()
      .describe("Runs at once. Without: as many as the cores have threads for."),
  },
  create: ({ jobs }): Launcher => ({
    script: (_sweep, runs) =>
      runs.map((run) => `${shellCommand(["itaml", ...trainCommand(run)])}\n`).join(""),
    launch: (sweep, runs) => trainAll(sweep, runs, jobs ?? defaultJobs(runs)),
  }),
});

async function trainAll(
  { out, runs: all }: PlannedSweep,
  runs: readonly PlannedRun[],
  jobs: number,
): Promise<Launched> {
  const failures = new Map<PlannedRun, string>();
  const display = new SweepDisplay({
    total: all.length,
    finished: all.filter(({ state }) => state === "finished").length,
  });
  const queue = [...runs];
  await interruptible(async (signal) => {
    signal.addEventListener("abort", () => display.keep());
    const work = async () => {
      for (let run = queue.shift(); run && !signal.aborted; run = queue.shift()) {
        const { name } = run;
        display.start(name);
        const outcome = await runChild(trainCommand(run), {
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
  return { failures };
}

/** A run takes all cores, unless its configuration says how many threads it has. */
function defaultJobs(runs: readonly PlannedRun[]): number {
  const threads = runs.map(({ config }) => (config.device === "cpu" ? config.threads : undefined));
  const cores = availableParallelism();
  return Math.max(1, Math.floor(cores / Math.max(...threads.map((own) => own ?? cores))));
}
