import { existsSync } from "node:fs";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { ItamlError } from "../../base/errors.js";
import { RunDirectory } from "../../experiment/run-directory.js";
import type { LockOptions } from "../../experiment/run-lock.js";
import { commandOptions, type PlannedSweep, stateOf } from "./plan.js";

/**
 * Makes room for the settings of today's file in runs that never began. Since the sweep was planned, another may have begun
 * them: so each is looked at again while nobody else may write to it.
 *
 * @param queued names of the runs that wait in a queue, or run there
 * @throws {ItamlError} RUN_DIRECTORY where one waits in the queue with others, or has begun with others; RUN_IN_USE
 */
export async function removeOldSettings(
  { file, given, runs }: PlannedSweep,
  queued: ReadonlyMap<string, unknown>,
  options: LockOptions,
): Promise<void> {
  for (const { name, path, config, state } of runs) {
    const settings = join(path, "config.yaml");
    if (state !== "new" || !existsSync(settings)) continue;
    if (queued.has(name)) {
      throw new ItamlError("RUN_DIRECTORY", "the run waits in the queue with other settings", {
        where: path,
        remedy: "Take the sweep out of the queue first",
        command: ["itaml", "sweep", file, ...commandOptions(given), "--cancel"],
      });
    }
    const { directory } = await RunDirectory.openToWrite(path, options);
    try {
      if ((await stateOf(path, config)) === "new") await rm(settings);
    } finally {
      await directory.close();
    }
  }
}
