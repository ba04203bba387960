import { readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { appendWhole, writeFileAtomically } from "../files/atomic-file.js";
import { makeFolder } from "../files/make-folder.js";
import { encodeFileVersion, encodeScalar } from "../formats/tensorboard.js";
import { historyOf, isEpoch, isTask, type RunEvent } from "./events.js";
import type { LogFormat } from "./log-formats.js";
import type { RunDirectory } from "./run-directory.js";
import { epochScalars, type Scalar, taskScalars } from "./scalars.js";

interface LogFile {
  readonly path: string;
  readonly encode: (scalar: Scalar) => Uint8Array;
}

/**
 * What events.jsonl says, as other programs read it. The files are written anew when a run starts or goes on, and grow
 * with it.
 */
export class RunLogs {
  readonly #files: LogFile[] = [];
  #epochs = 0;

  private constructor() {}

  /**
   * Writes what is known so far.
   *
   * @throws {ItamlError} DISK_FULL, NOT_WRITABLE, TOO_MANY_FILES; FILE_INVALID where an event isn't one
   */
  static async open(directory: RunDirectory, formats: readonly LogFormat[]): Promise<RunLogs> {
    const logs = new RunLogs();
    if (formats.length === 0) return logs;
    const events = await directory.readEvents();
    const scalars = historyOf(events).flatMap((event) => logs.#scalarsOf(event));
    const open = async (file: LogFile, header: Uint8Array) => {
      await writeFileAtomically(file.path, Buffer.concat([header, ...scalars.map(file.encode)]));
      logs.#files.push(file);
    };
    if (formats.includes("csv")) {
      await open({ path: directory.file("metrics.csv"), encode: csvLine }, Buffer.from(CSV_HEADER));
    }
    if (formats.includes("tensorboard")) {
      const folder = directory.file("tensorboard");
      await makeFolder(folder);
      // TensorBoard, which may be following the file of before, notices a new one by its name.
      const now = Date.now() / 1000;
      const name = `events.out.tfevents.${Math.floor(now)}.${process.pid}.itaml`;
      await open({ path: join(folder, name), encode: tensorboardRecord }, encodeFileVersion(now));
      for (const other of await readdir(folder)) {
        if (other !== name) await rm(join(folder, other), { recursive: true, force: true });
      }
    }
    return logs;
  }

  add(event: RunEvent): void {
    const scalars = this.#scalarsOf(event);
    for (const { path, encode } of this.#files) {
      if (scalars.length > 0) appendWhole(path, Buffer.concat(scalars.map(encode)));
    }
  }

  #scalarsOf(event: RunEvent): Scalar[] {
    if (isEpoch(event)) return epochScalars(event, this.#epochs++);
    return isTask(event) ? taskScalars(event) : [];
  }
}

const CSV_HEADER = "time,step,task,epoch,metric,value\n";

function csvLine({ time, step, task, epoch, name, value }: Scalar): Uint8Array {
  return Buffer.from(`${[time, step, task, epoch ?? "", name, value].join(",")}\n`);
}

function tensorboardRecord({ time, step, name, value }: Scalar): Uint8Array {
  return encodeScalar({ wallTime: Date.parse(time) / 1000, step, tag: name, value });
}
