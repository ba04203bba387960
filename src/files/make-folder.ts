import { constants, existsSync } from "node:fs";
import { access, mkdir } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import { writingError } from "./system-errors.js";

/**
 * Makes a folder and those around it, unless they are there.
 *
 * @returns the outermost that wasn't there, if any
 * @throws {ItamlError} DISK_FULL, NOT_WRITABLE
 */
export async function makeFolder(path: string): Promise<string | undefined> {
  try {
    return await mkdir(path, { recursive: true });
  } catch (error) {
    let outer = resolve(path);
    while (!existsSync(outer)) outer = dirname(outer);
    // On a read-only disk Node says ENOENT.
    const reason = await access(outer, constants.W_OK).catch((refused) => refused);
    throw writingError(reason ?? error, path);
  }
}
