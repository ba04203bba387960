import { randomUUID } from "node:crypto";
import { appendFileSync, existsSync, statSync, truncateSync } from "node:fs";
import { open, readdir, realpath, rename, rm, writeFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { ItamlError } from "../base/errors.js";
import { writingError } from "./system-errors.js";

/**
 * Writes a file as a whole or not at all: beside its place, synced, then renamed. Where a link is, what it leads to is
 * written; a device or a pipe is written to as it is. Of several that write one file the last to take its place is heard.
 *
 * @throws {ItamlError} DISK_FULL, NOT_WRITABLE, TOO_MANY_FILES
 */
export async function writeFileAtomically(
  target: string,
  content: string | Uint8Array,
): Promise<void> {
  const path = await realpath(target).catch(() => target);
  try {
    if (isDevice(path)) await writeFile(path, content);
    else {
      await untilDone(path, () => takePlace(path, content));
      await removePartial(path);
      await syncFolder(dirname(path));
    }
  } catch (error) {
    throw writingError(error, path);
  }
}

/** So many others may write a file or a folder while it is written or read. */
export const MOST_OTHERS = 100;

/**
 * Does again what others undid, which it tells by `false`.
 *
 * @throws {ItamlError} NOT_WRITABLE where they always do
 */
export async function untilDone(path: string, work: () => Promise<boolean>): Promise<void> {
  for (let others = 0; !(await work()); others++) {
    if (others < MOST_OTHERS) continue;
    throw new ItamlError("NOT_WRITABLE", "other programs remove it while it is written", {
      where: path,
      remedy: "Choose another place",
    });
  }
}

/** A name of one's own beside a place, for what isn't whole: {@link withoutPartial} takes it off. */
export function nameBeside(path: string, ending: string): string {
  return `${path}.${randomUUID().slice(0, 8)}.${ending}`;
}

/** @returns false where another process has written the file meanwhile, and taken away what seemed to be left */
async function takePlace(path: string, content: string | Uint8Array): Promise<boolean> {
  const partial = nameBeside(path, "partial");
  try {
    const file = await open(partial, "wx");
    try {
      await file.writeFile(content);
      await file.sync();
    } finally {
      await file.close();
    }
    return await rename(partial, path).then(
      () => true,
      (error: NodeJS.ErrnoException) => {
        if (error.code === "ENOENT" && existsSync(dirname(path))) return false;
        throw error;
      },
    );
  } catch (error) {
    await rm(partial, { force: true });
    throw error;
  }
}

/** Takes away what processes left that ended while they wrote a file, now that it is whole. */
async function removePartial(path: string): Promise<void> {
  const [folder, file] = [dirname(path), basename(path)];
  for (const name of await readdir(folder)) {
    if (name === file || withoutPartial(name) !== file) continue;
    // Some systems keep what another process has open.
    await rm(join(folder, name), { force: true }).catch(() => undefined);
  }
}

/** The file that a name stands for, also where a process ended while it wrote it. */
export function withoutPartial(name: string): string {
  return name.replace(/([.][0-9a-f]{8})?[.]partial$/, "");
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
