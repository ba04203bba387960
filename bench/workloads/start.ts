import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { type Bench, inTurns, milliseconds, type Workload } from "../workload.js";

const MAIN = join(import.meta.dirname, "../../dist/cli/main.js");

export const start: Workload = {
  name: "start",
  about: "milliseconds of the shortest command, itaml --help",
  parts: {
    "itaml --help": async (bench: Bench) => {
      const { help } = await inTurns(bench, {
        help: () => milliseconds(async () => spawnSync(process.execPath, [MAIN, "--help"])),
      });
      // The memory of this process is not the command's.
      return [{ workload: "itaml --help", unit: "ms", ours: help, memory: undefined }];
    },
  },
};
