import { part } from "../../base/part.js";
import * as z from "../../base/schema.js";
import { count } from "../../base/settings.js";
import type { Launcher } from "./launcher.js";
import { arrayScript } from "./slurm-script.js";
import { submit } from "./slurm-submission.js";

const word = z.string().regex(/^\S+$/, "expected no spaces");

/** An array of jobs, an element a run, and a job that waits for it and writes the report. */
export const slurm = part({
  name: "slurm",
  title: "a cluster with Slurm",
  source: "slurm.schedmd.com/sbatch.html",
  settings: {
    partition: word.optional().describe("Without: the cluster's default."),
    time: z
      .union([word, count])
      .optional()
      .describe(
        "A run's turn, such as `4:00:00`; then it waits for another. Without: its partition's.",
      ),
    gres: word.optional().describe("Such as `gpu:1`."),
    account: word.optional().describe("Whose share it is. Without: the user's default."),
    cpus: count
      .optional()
      .describe("Cores of a run. Without: its `threads`, or the cluster's default."),
    mem: z.union([word, count]).optional().describe("Memory of a run, such as `8G`."),
    concurrent: count
      .optional()
      .describe("Runs at once, at most. Without: as many as there is room for."),
    sbatchOptions: z
      .array(z.string().regex(/^-.*$/, "expected an option of sbatch, with its value"))
      .optional()
      .describe("Others of sbatch, each with its value."),
  },
  create: (settings): Launcher => ({
    script: (sweep, runs) => arrayScript(sweep, runs, settings),
    launch: (sweep, runs) => submit(sweep, runs, settings),
  }),
});
