import { execFileSync } from "node:child_process";
import { randomUUID } from "node:crypto";
import { constants, readFileSync, readlinkSync } from "node:fs";
import { copyFile, link, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { hostname } from "node:os";
import { basename, dirname, join } from "node:path";
import { z } from "zod";
import { ItamlError } from "../base/errors.js";
import { writingError } from "../files/system-errors.js";

const ownerSchema = z.object({
  version: z.literal(1),
  id: z.uuid(),
  pid: z.int(),
  /** A name, and where the system has them the space of its process numbers: containers may share a name. */
  host: z.string(),
  processes: z.string().optional(),
  /** When the process started, in the words of the system: a later one with its number isn't taken for it. */
  started: z.string().optional(),
  since: z.string(),
  /** The job of a queue that the process is of, and which of its starts: a queue starts it again when it has ended it. */
  job: z.string().optional(),
  start: z.int().optional(),
});

/** Who writes to a run. */
export type LockOwner = z.output<typeof ownerSchema>;

export interface LockOptions {
  /** Replaces also the lock of another machine or container, whose process nobody here can see. Default: no. */
  readonly takeOver?: boolean | undefined;
  /** Whether a queue knows of a job that it has ended. Default: none is known to have. */
  readonly isEnded?: ((job: string) => Promise<boolean>) | undefined;
}

/** The right to write to a run directory, which one process at a time has: its file lock.json. */
export class RunLock {
  readonly #path: string;
  readonly #id: string;

  private constructor(path: string, id: string) {
    this.#path = path;
    this.#id = id;
  }

  /**
   * Takes the lock; that of a process of this machine which is gone is replaced, and that of an earlier start of the
   * same job.
   *
   * @throws {ItamlError} RUN_IN_USE with process and host
   */
  static async acquire(directory: string, options: LockOptions = {}): Promise<RunLock> {
    const path = join(directory, LOCK);
    const id = randomUUID();
    const owner: LockOwner = {
      ...{ version: 1, id, pid: process.pid, ...thisMachine() },
      ...{ started: processStart(process.pid), since: new Date().toISOString() },
      ...thisJob(),
    };
    await acquire(path, owner, options);
    await removeLeftovers(directory);
    return new RunLock(path, id);
  }

  /** Who has the lock of a run, as far as can be told; undefined where nobody does. */
  static async holder(
    directory: string,
    options: Pick<LockOptions, "isEnded"> = {},
  ): Promise<LockOwner | undefined> {
    const owner = await readOwner(join(directory, LOCK));
    return owner && !(await isGone(owner, options)) ? owner : undefined;
  }

  /** @throws {ItamlError} RUN_IN_USE where another process has the lock now */
  async refuseTakenOver(): Promise<void> {
    const owner = await readOwner(this.#path);
    if (owner?.id === this.#id) return;
    const by = owner ? `process ${owner.pid} on ${owner.host}` : "another process";
    throw new ItamlError("RUN_IN_USE", `${by} has taken the run over`, {
      where: dirname(this.#path),
    });
  }

  async release(): Promise<void> {
    const owner = await readOwner(this.#path).catch(() => undefined);
    if (owner?.id === this.#id) await rm(this.#path, { force: true });
  }
}

const LOCK = "lock.json";
/** Ends the name of what becomes a lock when it is written. */
const NEW = ".new";

/** Whether a file in a run directory belongs to its lock. */
export function isOfLock(name: string): boolean {
  return name === LOCK || name.startsWith(`${LOCK}.`);
}

async function acquire(path: string, owner: LockOwner, options: LockOptions): Promise<void> {
  while (!(await createWhole(path, owner))) {
    const other = await readOwner(path);
    if (!other) continue;
    const takenOver = options.takeOver === true && !isHere(other);
    if (!takenOver && !(await isGone(other, options))) throw inUse(path, other);
    // Only who has the lock of this stale lock removes it: somebody else's new one could be taken for it otherwise.
    const ofStale = `${path}.${other.id}`;
    await acquire(ofStale, owner, options);
    try {
      if ((await readOwner(path))?.id === other.id) await rm(path);
    } finally {
      await rm(ofStale);
    }
  }
}

/** Somebody else has the lock: it is there, or its owner has removed what of ours was on the way. */
const lost: ReadonlySet<string | undefined> = new Set(["EEXIST", "ENOENT"]);

/** Creates a file with all of its content at once, unless it is there. */
async function createWhole(path: string, owner: LockOwner): Promise<boolean> {
  const whole = `${path}.${owner.id}${NEW}`;
  try {
    await writeFile(whole, `${JSON.stringify(owner)}\n`);
  } catch (error) {
    await rm(whole, { force: true });
    throw writingError(error, path);
  }
  try {
    // Not every file system has links.
    await link(whole, path).catch((error: NodeJS.ErrnoException) => {
      if (lost.has(error.code)) throw error;
      return copyFile(whole, path, constants.COPYFILE_EXCL);
    });
    return true;
  } catch (error) {
    if (lost.has((error as NodeJS.ErrnoException).code)) return false;
    throw writingError(error, path);
  } finally {
    await rm(whole, { force: true });
  }
}

/** @returns undefined where there is no lock any more */
async function readOwner(path: string): Promise<LockOwner | undefined> {
  let text: string;
  try {
    text = await readFile(path, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
  try {
    return ownerSchema.parse(JSON.parse(text));
  } catch (cause) {
    throw new ItamlError(
      "RUN_IN_USE",
      "the lock can't be read",
      { where: path, remedy: "If nothing trains in this run, remove that file" },
      { cause },
    );
  }
}

/**
 * What processes that were killed while they took the lock have left. What is on the way may be half-written and doesn't
 * say whose it is: who has the lock may remove it, since whoever writes it now loses.
 */
async function removeLeftovers(directory: string): Promise<void> {
  for (const name of await readdir(directory)) {
    if (name === LOCK || !isOfLock(name)) continue;
    const path = join(directory, name);
    const isLeft = async () => {
      const owner = await readOwner(path).catch(() => undefined);
      return owner !== undefined && (await isGone(owner));
    };
    if (name.endsWith(NEW) || (await isLeft())) await rm(path, { force: true });
  }
}

function thisMachine(): Pick<LockOwner, "host" | "processes"> {
  try {
    return { host: hostname(), processes: readlinkSync("/proc/self/ns/pid") };
  } catch {
    return { host: hostname() };
  }
}

function isHere({ host, processes }: LockOwner): boolean {
  const here = thisMachine();
  return host === here.host && processes === here.processes;
}

/** The job that this process is of, where a queue's script says so. */
function thisJob(): Pick<LockOwner, "job" | "start"> {
  const { ITAML_JOB: job, ITAML_JOB_START: start } = process.env;
  return job && start ? { job, start: Number(start) } : {};
}

/** Whether the owner is surely gone: of another machine nobody here can tell, but a queue that ended it can. */
async function isGone(owner: LockOwner, { isEnded }: LockOptions = {}): Promise<boolean> {
  const own = thisJob();
  if (owner.job !== undefined) {
    if (owner.job === own.job && (owner.start ?? 0) < (own.start ?? 0)) return true;
    if (await isEnded?.(owner.job)) return true;
  }
  if (!isHere(owner)) return false;
  try {
    process.kill(owner.pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "ESRCH";
  }
  const started = processStart(owner.pid);
  return owner.started !== undefined && started !== undefined && started !== owner.started;
}

/** When a process started, or that it has ended; undefined where the system doesn't say. */
function processStart(pid: number): string | undefined {
  try {
    if (process.platform !== "linux") {
      return execFileSync("ps", ["-o", "lstart=", "-p", String(pid)], {
        encoding: "utf8",
        env: { ...process.env, LC_ALL: "C", TZ: "UTC" },
        stdio: ["ignore", "pipe", "ignore"],
      }).trim();
    }
    // What follows the name, which may have any character: state, …, and as the twentieth the start since boot.
    const status = readFileSync(`/proc/${pid}/stat`, "utf8");
    const fields = status.slice(status.lastIndexOf(")") + 2).split(" ");
    if (fields[0] === "Z" || fields[0] === "X") return "ended";
    const boot = readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim();
    return `${boot} ${fields[19]}`;
  } catch {
    return undefined;
  }
}

function inUse(path: string, owner: LockOwner): ItamlError {
  const { pid, host, since } = owner;
  const directory = dirname(path);
  return new ItamlError("RUN_IN_USE", `process ${pid} on ${host} trains in this run`, {
    where: directory,
    found: `${basename(path)} of ${since}`,
    ...(isHere(owner)
      ? { remedy: "Wait until it is done, or end it with", command: ["kill", String(pid)] }
      : {
          remedy:
            "Whether it still does can't be told from this machine. If it doesn't, go on with",
          command: ["itaml", "train", "--resume", "--take-over", "--out", directory],
        }),
  });
}
