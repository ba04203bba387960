import { existsSync } from "node:fs";
import { rename, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { syncFolder, writeFileAtomically } from "./atomic-file.js";
import { makeFolder } from "./make-folder.js";
import { writingError } from "./system-errors.js";

/**
 * Writes a folder of files as a whole or not at all: beside its place, then renamed. One that is there is replaced, and
 * stays as it is where that fails.
 *
 * @throws {ItamlError} DISK_FULL, NOT_WRITABLE, TOO_MANY_FILES
 */
export async function writeFolderAtomically(
  path: string,
  files: Readonly<Record<string, string | Uint8Array>>,
): Promise<void> {
  const partial = `${path}.partial`;
  const replaced = `${path}.replaced`;
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
