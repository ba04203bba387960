import { randomUUID } from "node:crypto";
import { appendFileSync, statSync, truncateSync } from "node:fs";
import { type FileHandle, open, realpath, rename, rm, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import { writingError } from "./system-errors.js";

/**
 * Writes a file as a whole or not at all: beside its place, synced, then renamed. Where a link is, what it leads to is
 * written; a device or a pipe is written to as it is.
 *
 * @throws {ItamlError} DISK_FULL, NOT_WRITABLE, TOO_MANY_FILES
 */
export async function writeFileAtomically(
  target: string,
  content: string | Uint8Array,
): Promise<void> {
  const path = await realpath(target).catch(() => target);
  if (isDevice(path)) {
    await writeFile(path, content).catch((error) => {
      throw writingError(error, path);
    });
    return;
  }
  let partial: string | undefined;
  try {
    const { file, place } = await openBeside(path);
    partial = place;
    try {
      await file.writeFile(content);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(partial, path);
    await syncFolder(dirname(path));
  } catch (error) {
    if (partial !== undefined) await rm(partial, { force: true });
    throw writingError(error, path);
  }
}

/** Milliseconds after which nobody writes to a file any more that nobody has written to. */
const LEFT_OVER = 60_000;

/** A new file beside one: another process may write the same one now, or have ended in it. */
async function openBeside(path: string): Promise<{ file: FileHandle; place: string }> {
  const usual = `${path}.partial`;
  const written = statSync(usual, { throwIfNoEntry: false })?.mtimeMs;
  if (written !== undefined && Date.now() - written > LEFT_OVER) await rm(usual, { force: true });
  try {
    return { file: await open(usual, "wx"), place: usual };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
    const place = `${path}.${randomUUID()}.partial`;
    return { file: await open(place, "wx"), place };
  }
}

/** The file that a name stands for, also where a process ended while it wrote it: {@link openBeside}. */
export function withoutPartial(name: string): string {
  return name.replace(/([.][0-9a-f-]{36})?[.]partial$/, "");
}

function isDevice(path: string): boolean {
  const stats = statSync(path, { throwIfNoEntry: false });
  return stats !== undefined && !stats.isFile() && !stats.isDirectory();
}

/**
 * Adds a line, or a record, to a file, whole or not at all.
 *
 * @throws {ItamlError} DISK_FULL, NOT_WRITABLE, TOO_MANY_FILES
 */
export function appendWhole(path: string, content: string | Uint8Array): void {
  const size = () => statSync(path, { throwIfNoEntry: false })?.size ?? 0;
  const before = size();
  try {
    appendFileSync(path, content);
  } catch (error) {
    // A full disk takes the first part of it.
    if (size() > before) truncateSync(path, before);
    throw writingError(error, path);
  }
}

/** Makes what was renamed in a folder last through a power cut. */
export async function syncFolder(path: string): Promise<void> {
  // Windows has no such thing.
  if (process.platform === "win32") return;
  const folder = await open(path, "r");
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}
