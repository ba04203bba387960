import { existsSync } from "node:fs";
import { readdir, rename, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { ItamlError } from "../base/errors.js";
import { syncFolder, withoutPartial, writeFileAtomically } from "./atomic-file.js";
import { makeFolder } from "./make-folder.js";
import { writingError } from "./system-errors.js";

/**
 * Writes a folder of files as a whole or not at all: beside its place, then renamed. One that is there is replaced, and
 * stays as it is where that fails.
 *
 * @param isOwn whether a file of this name may be in a folder that is replaced. Default: any
 * @throws {ItamlError} DISK_FULL, NOT_WRITABLE, TOO_MANY_FILES
 */
export async function writeFolderAtomically(
  path: string,
  files: Readonly<Record<string, string | Uint8Array>>,
  isOwn: (name: string) => boolean = () => true,
): Promise<void> {
  const partial = `${path}.partial`;
  const replaced = replacedBy(path);
  for (const place of [path, partial, replaced]) await refuseOthers(place, isOwn);
  // A process ended between two renames: this is the only copy.
  if (existsSync(replaced) && !existsSync(path)) await rename(replaced, path);
  let leftover: string | undefined = partial;
  try {
    await rm(partial, { recursive: true, force: true });
    leftover = (await makeFolder(partial)) ?? partial;
    for (const [name, content] of Object.entries(files)) {
      await writeFileAtomically(join(partial, name), content);
    }
    await rm(replaced, { recursive: true, force: true });
    if (existsSync(path)) await rename(path, replaced);
    await rename(partial, path);
    await syncFolder(dirname(path));
  } catch (error) {
    if (existsSync(replaced) && !existsSync(path)) await rename(replaced, path);
    await rm(leftover, { recursive: true, force: true });
    throw writingError(error, path);
  }
  await rm(replaced, { recursive: true, force: true });
}

/** Where a folder is while another takes its place. */
function replacedBy(path: string): string {
  return `${path}.replaced`;
}

/** Where a folder that was written so is to be read: for a moment, or since a process ended in it, it isn't in its place. */
export function wholeFolder(path: string): string {
  return existsSync(path) || !existsSync(replacedBy(path)) ? path : replacedBy(path);
}

/** Removes such a folder, and what is left of another in its place. */
export async function removeFolder(path: string): Promise<void> {
  for (const place of [replacedBy(path), path]) await rm(place, { recursive: true, force: true });
}

/** What systems put into folders that somebody looked at. */
const OF_SYSTEMS = [".DS_Store", "Thumbs.db", "desktop.ini"];

/** Refuses to replace what nobody wrote here. */
async function refuseOthers(place: string, isOwn: (name: string) => boolean): Promise<void> {
  const names = await readdir(place).catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return [];
    throw writingError(error, place);
  });
  const other = names
    .sort()
    .find((name) => !OF_SYSTEMS.includes(name) && !isOwn(withoutPartial(name)));
  if (other === undefined) return;
  throw new ItamlError("NOT_WRITABLE", "the folder holds something else, which would be lost", {
    where: place,
    expected: "an empty folder, or one that was saved before",
    found: other,
    remedy: "Choose another folder",
  });
}
