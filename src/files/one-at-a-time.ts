import { randomUUID } from "node:crypto";
import { readFile, rename, rm, stat, utimes, writeFile } from "node:fs/promises";
import { hostname } from "node:os";
import { performance } from "node:perf_hooks";
import { setTimeout as delay } from "node:timers/promises";
import { isSystemError, writingError } from "./system-errors.js";

/** Milliseconds from one sign of life to the next, and from one look at it to the next. */
const RENEWAL = 2000;
const LOOK = 200;
/** Milliseconds in which all that take over a lease at once have written it. */
const SETTLING = 500;

export interface LeaseOptions {
  /** Told, again and again, that another process has the lease. */
  readonly onWait?: (() => void) | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Milliseconds without a sign of life after which the other process is taken for dead. Default: 10,000. */
  readonly patience?: number | undefined;
}

/**
 * Does work that one process at a time may do, on whatever machine: it waits for those before it, and takes over from one
 * that gives no sign of life any more. That sign is the time of a file, which changes: clocks aren't compared.
 *
 * @param path the lease, a file that is there while the work is done
 * @throws {ItamlError} DISK_FULL, NOT_WRITABLE, TOO_MANY_FILES where the lease can't be written
 */
export async function oneAtATime<T>(
  path: string,
  work: () => Promise<T>,
  { onWait, signal, patience = 10_000 }: LeaseOptions = {},
): Promise<T> {
  const id = `${hostname()} ${process.pid} ${randomUUID()}\n`;
  let seen: string | undefined;
  let since = 0;
  while (!(await create(path, id))) {
    const sign = await signOfLife(path);
    if (sign !== seen) {
      seen = sign;
      since = performance.now();
    } else if (performance.now() - since > patience && (await takeOver(path, id))) {
      break;
    }
    onWait?.();
    await delay(LOOK, undefined, { signal });
  }
  const renew = () => utimes(path, new Date(), new Date()).catch(() => {});
  const renewal = setInterval(renew, RENEWAL).unref();
  try {
    return await work();
  } finally {
    clearInterval(renewal);
    if ((await ownerOf(path)) === id) await rm(path, { force: true });
  }
}

/** @returns whether it was free */
async function create(path: string, id: string): Promise<boolean> {
  try {
    await writeFile(path, id, { flag: "wx" });
    return true;
  } catch (error) {
    if (isSystemError(error) && error.code === "EEXIST") return false;
    throw writingError(error, path);
  }
}

/** Of several that take over at once the last one has it. */
async function takeOver(path: string, id: string): Promise<boolean> {
  const own = `${path}.${randomUUID()}`;
  try {
    await writeFile(own, id);
    await rename(own, path);
  } catch (error) {
    await rm(own, { force: true });
    throw writingError(error, path);
  }
  await delay(SETTLING);
  return (await ownerOf(path)) === id;
}

async function signOfLife(path: string): Promise<string | undefined> {
  const stats = await stat(path).catch(() => undefined);
  return stats && `${stats.ino} ${stats.mtimeMs}`;
}

async function ownerOf(path: string): Promise<string | undefined> {
  return readFile(path, "utf8").catch(() => undefined);
}
