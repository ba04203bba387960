import { appendFileSync, statSync, truncateSync } from "node:fs";
import { open, rename, rm } from "node:fs/promises";
import { dirname } from "node:path";
import { writingError } from "./system-errors.js";

/**
 * Writes a file as a whole or not at all: beside its place, synced, then renamed.
 *
 * @throws {ItamlError} DISK_FULL, NOT_WRITABLE, TOO_MANY_FILES
 */
export async function writeFileAtomically(
  path: string,
  content: string | Uint8Array,
): Promise<void> {
  const partial = `${path}.partial`;
  try {
    const file = await open(partial, "w");
    try {
      await file.writeFile(content);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(partial, path);
    await syncFolder(dirname(path));
  } catch (error) {
    await rm(partial, { force: true });
    throw writingError(error, path);
  }
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
