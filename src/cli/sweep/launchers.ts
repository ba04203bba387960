import { checkBySchema } from "../../base/check.js";
import { choiceSchema, createChosen } from "../../base/part.js";
import * as z from "../../base/schema.js";
import { kubernetes } from "./kubernetes.js";
import type { Launcher, LauncherPart, Queue } from "./launcher.js";
import { local } from "./local.js";
import type { PlannedSweep } from "./plan.js";
import { slurm } from "./slurm.js";
import { slurmQueue } from "./slurm-queue.js";

/** Where sweeps can run. Another one is a file beside these, and a word here. */
export const launchers = [local, slurm, kubernetes] as unknown as readonly LauncherPart[];

const queues: readonly Queue[] = [slurmQueue];

/** The queue that a sweep was handed over to, if any. */
export function queueOf(out: string): Queue | undefined {
  return queues.find((queue) => queue.knows(out));
}

/**
 * The launcher that the command line names, or the sweep's file, or this machine; with settings of both where they mean
 * the same.
 *
 * @param named by the command line
 * @param settings of the command line
 * @throws {ItamlError} CONFIG_INVALID
 */
export function chooseLauncher(
  { file, on: inFile }: Pick<PlannedSweep, "file" | "on">,
  named: string | undefined,
  settings: Readonly<Record<string, unknown>>,
): Launcher {
  const ofFile = typeof inFile === "string" ? { name: inFile } : inFile;
  const schema = z.strictObject({ on: choiceSchema(launchers, local.name) });
  const written = checkBySchema(schema, ofFile === undefined ? {} : { on: ofFile }, file).on;
  const name = named ?? written.name;
  const on = { ...(name === written.name && written), name, ...settings };
  const { on: chosen } = checkBySchema(schema, { on }, "itaml sweep");
  return createChosen(launchers, chosen);
}
