import { existsSync } from "node:fs";
import { readdir, rename, rm, stat } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { ItamlError } from "../base/errors.js";
import { syncFolder, withoutPartial, writeFileAtomically } from "./atomic-file.js";
import { makeFolder, removeEmpty } from "./make-folder.js";
import { writingError } from "./system-errors.js";

/** The last writing of each folder that is being written. */
const writings = new Map<string, Promise<void>>();

/**
 * Writes a folder of files as a whole or not at all: beside its place, then renamed. One that is there is replaced, and
 * stays as it is where that fails. In one process a folder is written once at a time, in the order of the calls.
 *
 * @param isOwn whether a file of this name may be in a folder that is replaced. Default: any
 * @throws {ItamlError} DISK_FULL, NOT_WRITABLE, TOO_MANY_FILES
 */
export async function writeFolderAtomically(
  path: string,
  files: Readonly<Record<string, string | Uint8Array>>,
  isOwn: (name: string) => boolean = () => true,
): Promise<void> {
  const place = resolve(path);
  const before = writings.get(place)?.catch(() => {}) ?? Promise.resolve();
  const writing = before.then(() => writeWhole(path, files, isOwn));
  writings.set(place, writing);
  try {
    await writing;
  } finally {
    if (writings.get(place) === writing) writings.delete(place);
  }
}

async function writeWhole(
  path: string,
  files: Readonly<Record<string, string | Uint8Array>>,
  isOwn: (name: string) => boolean,
): Promise<void> {
  const [partial, replaced] = [partialOf(path), replacedBy(path)];
  await refuseOthers(path, isOwn);
  // A process ended between two renames: this is the only copy.
  if (existsSync(replaced) && !existsSync(path)) await rename(replaced, path);
  let made: string | undefined;
  try {
    await rm(partial, { recursive: true, force: true });
    made = await makeFolder(partial);
    for (const [name, content] of Object.entries(files)) {
      await writeFileAtomically(join(partial, name), content);
    }
    await rm(replaced, { recursive: true, force: true });
    if (existsSync(path)) await rename(path, replaced);
    await rename(partial, path);
    await syncFolder(dirname(path));
  } catch (error) {
    if (existsSync(replaced) && !existsSync(path)) await rename(replaced, path);
    await rm(partial, { recursive: true, force: true });
    await removeEmpty(dirname(partial), made);
    throw writingError(error, path);
  }
  await rm(replaced, { recursive: true, force: true });
}

/** Where a folder is while it is written. */
function partialOf(path: string): string {
  return `${path}.partial`;
}

/** Where a folder is while another takes its place. */
function replacedBy(path: string): string {
  return `${path}.replaced`;
}

/** Where a folder that was written so is to be read: for a moment, or since a process ended in it, it isn't in its place. */
export function wholeFolder(path: string): string {
  return existsSync(path) || !existsSync(replacedBy(path)) ? path : replacedBy(path);
}

/** So many others may take its place while a folder is read. */
const MOST_OTHERS = 100;

/** Reads such a folder: files of one writing, also where it is replaced meanwhile. */
export async function readWhole<T>(path: string, read: (folder: string) => Promise<T>): Promise<T> {
  for (let others = 0; ; others++) {
    const folder = wholeFolder(path);
    const before = await identity(folder);
    const [outcome] = await Promise.allSettled([read(folder)]);
    if (before === (await identity(folder)) || others === MOST_OTHERS) {
      if (outcome.status === "rejected") throw outcome.reason;
      return outcome.value;
    }
  }
}

/** Another one has another number, and one that was renamed was changed. */
async function identity(folder: string): Promise<string | undefined> {
  const stats = await stat(folder).catch(() => undefined);
  return stats && `${stats.ino} ${stats.ctimeMs}`;
}

/** Removes such a folder, and what is left of others in its place. */
export async function removeFolder(path: string): Promise<void> {
  for (const place of [partialOf(path), replacedBy(path), path]) {
    await rm(place, { recursive: true, force: true });
  }
}

/** What systems put into folders that somebody looked at. */
const OF_SYSTEMS = [".DS_Store", "Thumbs.db", "desktop.ini"];

/**
 * Refuses to replace what nobody wrote here.
 *
 * @throws {ItamlError} NOT_WRITABLE
 */
export async function refuseOthers(path: string, isOwn: (name: string) => boolean): Promise<void> {
  for (const place of [path, partialOf(path), replacedBy(path)]) {
    const names = await readdir(place).catch((error: NodeJS.ErrnoException) => {
      if (error.code === "ENOENT") return [];
      throw writingError(error, place);
    });
    const other = names
      .sort()
      .find((name) => !OF_SYSTEMS.includes(name) && !isOwn(withoutPartial(name)));
    if (other === undefined) continue;
    throw new ItamlError("NOT_WRITABLE", "the folder holds something else, which would be lost", {
      where: place,
      expected: "an empty folder, or one that was saved before",
      found: other,
      remedy: "Move it away, or choose another folder",
    });
  }
}
