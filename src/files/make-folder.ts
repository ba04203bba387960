import { constants, existsSync } from "node:fs";
import { access, mkdir, rmdir } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import { writingError } from "./system-errors.js";

/**
 * Makes a folder and those around it, unless they are there.
 *
 * @returns the outermost that it made, if any
 * @throws {ItamlError} DISK_FULL, NOT_WRITABLE
 */
export async function makeFolder(path: string): Promise<string | undefined> {
  const missing: string[] = [];
  let there = resolve(path);
  // The root of a drive that isn't there is its own parent.
  for (; !existsSync(there) && dirname(there) !== there; there = dirname(there)) {
    missing.unshift(there);
  }
  let outermost: string | undefined;
  try {
    // One by one: all at once Node tries for ever where a parent takes no folders at all, as /proc does.
    for (const folder of missing) {
      if (await make(folder)) outermost ??= folder;
    }
    // Fails where it is a file.
    await mkdir(path, { recursive: true });
    return outermost;
  } catch (error) {
    // On a read-only disk Node says ENOENT.
    const reason = await access(there, constants.W_OK).catch((refused) => refused);
    throw writingError(reason ?? error, path);
  }
}

/** @returns whether it wasn't there: another process may have been faster */
async function make(folder: string): Promise<boolean> {
  try {
    await mkdir(folder);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EEXIST") return false;
    throw error;
  }
}

/**
 * Removes a folder and those around it, to the outermost, as far as they are empty: others may have put something there.
 *
 * @param outermost the one that {@link makeFolder} made, if any
 */
export async function removeEmpty(path: string, outermost: string | undefined): Promise<void> {
  if (outermost === undefined) return;
  let folder = resolve(path);
  try {
    for (; folder.length >= resolve(outermost).length; folder = dirname(folder)) {
      await rmdir(folder);
    }
  } catch {
    // Something is in it.
  }
}
