import { existsSync, readdirSync, statSync } from "node:fs";
import { mkdir, readdir, rename, rm, stat } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { ItamlError } from "../base/errors.js";
import {
  MOST_OTHERS,
  nameBeside,
  syncFolder,
  untilDone,
  withoutPartial,
  writeFileAtomically,
} from "./atomic-file.js";
import { makeFolder, removeEmpty } from "./make-folder.js";
import { writingError } from "./system-errors.js";

/**
 * Writes a folder of files as a whole or not at all: beside its place, then renamed. One that is there is replaced, and
 * stays as it is where that fails. Of several that write one folder the last to take its place is heard.
 *
 * @param isOwn whether a file of this name may be in a folder that is replaced. Default: any
 * @throws {ItamlError} DISK_FULL, NOT_WRITABLE, TOO_MANY_FILES
 */
export async function writeFolderAtomically(
  path: string,
  files: Readonly<Record<string, string | Uint8Array>>,
  isOwn: (name: string) => boolean = () => true,
): Promise<void> {
  await refuseOthers(path, isOwn);
  await untilDone(path, () => takePlace(path, files));
  await removeLeft(path, isOwn);
}

/** @returns false where another process has written the folder meanwhile, and taken away what seemed to be left */
async function takePlace(
  path: string,
  files: Readonly<Record<string, string | Uint8Array>>,
): Promise<boolean> {
  const partial = nameBeside(path, "partial");
  let made: string | undefined;
  let isMade = false;
  try {
    made = await makeFolder(dirname(path));
    await mkdir(partial);
    isMade = true;
    for (const [name, content] of Object.entries(files)) {
      await writeFileAtomically(join(partial, name), content);
    }
    await exchange(partial, path);
    await syncFolder(dirname(path));
    return true;
  } catch (error) {
    if (isMade && !existsSync(partial)) return false;
    const [replaced] = replacedBeside(path);
    if (replaced !== undefined && !existsSync(path)) await rename(replaced, path).catch(() => {});
    await rm(partial, { recursive: true, force: true }).catch(() => {});
    await removeEmpty(dirname(path), made);
    throw writingError(error, path);
  }
}

/** That a folder is where another is to be, by systems. */
const IN_THE_WAY: ReadonlySet<string | undefined> = new Set(["ENOTEMPTY", "EEXIST", "EPERM"]);

/** Renames a folder to where another may be, which then has another name. */
async function exchange(partial: string, path: string): Promise<void> {
  for (let others = 0; ; others++) {
    try {
      await rename(partial, path);
      return;
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (!IN_THE_WAY.has(code) || others === MOST_OTHERS) throw error;
    }
    await rename(path, nameBeside(path, "replaced")).catch((error: NodeJS.ErrnoException) => {
      // Another process was faster.
      if (error.code !== "ENOENT") throw error;
    });
  }
}

/**
 * Names beside a folder that it has while it is written, while another takes its place, and while it is removed; without a
 * number in version 0.3.
 */
const BESIDE = /^[.](?:([0-9a-f]{8})[.])?(partial|replaced|removed)$/;

/** Takes away what processes left that ended while they wrote a folder, now that it is whole. */
async function removeLeft(path: string, isOwn: (name: string) => boolean): Promise<void> {
  for (const name of await readdir(dirname(path))) {
    const beside = besideOf(path, name);
    if (!beside) continue;
    const place = join(dirname(path), name);
    const isOurs = beside[1] !== undefined || (await strangerIn(place, isOwn)) === undefined;
    if (isOurs) await removeWhole(place, nameBeside(path, "removed"));
  }
}

/** Away at once, and then file by file: another process may write or read it still, and must not take a part for the whole. */
async function removeWhole(place: string, removed: string): Promise<void> {
  try {
    await rename(place, removed);
    await rm(removed, { recursive: true, force: true });
  } catch {
    // Another process was faster, or has it open, which some systems keep.
  }
}

function besideOf(path: string, name: string): RegExpExecArray | null {
  const own = basename(path);
  return name.startsWith(own) ? BESIDE.exec(name.slice(own.length)) : null;
}

/** A folder is away for a moment while another takes its place: where it isn't, it may be back. */
const LOOKS = 3;

/** Where a folder that was written so is to be read, also since a process ended in it; undefined where there is none. */
export function wholeFolder(path: string): string | undefined {
  for (let look = 0; look < LOOKS; look++) {
    if (existsSync(path)) return path;
    const [newest] = replacedBeside(path);
    if (newest !== undefined) return newest;
  }
  return undefined;
}

/** The newest first. */
function replacedBeside(path: string): string[] {
  const parent = dirname(path);
  const names = existsSync(parent) ? readdirSync(parent) : [];
  return names
    .filter((name) => besideOf(path, name)?.[2] === "replaced")
    .map((name) => {
      const place = join(parent, name);
      return { place, changed: statSync(place, { throwIfNoEntry: false })?.ctimeMs ?? 0 };
    })
    .sort((a, b) => b.changed - a.changed)
    .map(({ place }) => place);
}

/** Reads such a folder: files of one writing, also where it is replaced meanwhile. */
export async function readWhole<T>(path: string, read: (folder: string) => Promise<T>): Promise<T> {
  for (let others = 0; ; others++) {
    const folder = wholeFolder(path) ?? path;
    const before = await identity(folder);
    const [outcome] = await Promise.allSettled([read(folder)]);
    const isSame = before !== undefined && before === (await identity(folder));
    if (!isSame && others < MOST_OTHERS) continue;
    if (outcome.status === "rejected") throw outcome.reason;
    return outcome.value;
  }
}

/** Another one has another number, and one that was renamed was changed. */
async function identity(folder: string): Promise<string | undefined> {
  const stats = await stat(folder).catch(() => undefined);
  return stats && `${stats.ino} ${stats.ctimeMs}`;
}

/** Removes such a folder, and what is left of others in its place. */
export async function removeFolder(path: string): Promise<void> {
  await removeLeft(path, () => true);
  await rm(path, { recursive: true, force: true });
}

/** What systems put into folders that somebody looked at. */
const OF_SYSTEMS = [".DS_Store", "Thumbs.db", "desktop.ini"];

/**
 * Refuses to replace what nobody wrote here.
 *
 * @throws {ItamlError} NOT_WRITABLE
 */
export async function refuseOthers(path: string, isOwn: (name: string) => boolean): Promise<void> {
  const found = await strangerIn(path, isOwn);
  if (found === undefined) return;
  throw new ItamlError("NOT_WRITABLE", "the folder holds something else, which would be lost", {
    where: path,
    expected: "an empty folder, or one that was saved before",
    found,
    remedy: "Move it away, or choose another folder",
  });
}

async function strangerIn(
  place: string,
  isOwn: (name: string) => boolean,
): Promise<string | undefined> {
  const names = await readdir(place).catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return [];
    throw writingError(error, place);
  });
  return names.sort().find((name) => !OF_SYSTEMS.includes(name) && !isOwn(withoutPartial(name)));
}
