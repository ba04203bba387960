import type { Dirent } from "node:fs";
import { open, readdir, stat } from "node:fs/promises";
import { extname, join } from "node:path";
import { ItamlError } from "../base/errors.js";
import { readingError, refusal } from "../files/system-errors.js";
import type { LeftOutFiles } from "./left-out.js";
import { isNamedAsPicture, isPicture, SIGNATURE_LENGTH } from "./picture-formats.js";

/** A folder that is a class. */
export interface ClassFolder {
  /** The folder's name in composed Unicode (NFC), whichever way the disk writes it. */
  readonly name: string;
  readonly path: string;
}

/** What systems and storage put beside the user's files. */
const OF_THE_SYSTEM =
  /^(\..*|__MACOSX|@eaDir|#recycle|\$RECYCLE\.BIN|System Volume Information|lost\+found|Thumbs\.db|desktop\.ini)$/i;

/**
 * The class folders in a folder, sorted by name; those of the system, and whose names begin with a dot, are no classes.
 *
 * @throws {ItamlError} DATASET_MISSING; DATASET_INVALID where there is none, or two have one name
 */
export async function listClassFolders(folder: string): Promise<ClassFolder[]> {
  const folders = new Map<string, ClassFolder>();
  for (const entry of await readFolder(folder)) {
    if (!(entry.isDirectory() || (await linksToFolder(entry, folder)))) continue;
    const name = entry.name.normalize("NFC");
    const path = join(folder, entry.name);
    if (folders.has(name)) {
      throw new ItamlError("DATASET_INVALID", `two folders are class "${name}"`, {
        where: folder,
        found: "its name in composed and in decomposed Unicode",
        remedy: "Put the pictures into one of them",
      });
    }
    folders.set(name, { name, path });
  }
  if (folders.size === 0) {
    throw new ItamlError("DATASET_INVALID", "there are no classes", {
      where: folder,
      expected: "a folder for each class",
    });
  }
  return [...folders.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
}

/**
 * The picture files directly in a folder, as paths, sorted by name: told by their extensions, or, without one, by their
 * content.
 *
 * @param leftOut is told of all other files, those of the system apart
 * @throws {ItamlError} DATASET_MISSING, TOO_MANY_FILES
 */
export async function listPictures(folder: string, leftOut?: LeftOutFiles): Promise<string[]> {
  const pictures: string[] = [];
  for (const entry of await readFolder(folder)) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) {
      leftOut?.add("in a folder within a class's", await picturesWithin(path));
      continue;
    }
    const type = extname(entry.name).toLowerCase();
    if (isNamedAsPicture(entry.name) || (type === "" && (await beginsAsPicture(path)))) {
      pictures.push(path);
    } else {
      leftOut?.add(type === "" ? "without extension that is no picture" : `of type ${type}`, [
        path,
      ]);
    }
  }
  return pictures;
}

/** Files that are named as pictures, however deep in a folder. */
export async function picturesWithin(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => !entry.isDirectory() && isNamedAsPicture(entry.name))
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
}

async function beginsAsPicture(path: string): Promise<boolean> {
  try {
    // A pipe would be waited for.
    if (!(await stat(path)).isFile()) return false;
    const file = await open(path, "r");
    try {
      const { buffer } = await file.read(Buffer.alloc(SIGNATURE_LENGTH), 0, SIGNATURE_LENGTH, 0);
      return isPicture(buffer);
    } finally {
      await file.close();
    }
  } catch (error) {
    const lacking = refusal(error, path);
    if (lacking?.code === "TOO_MANY_FILES") throw lacking;
    return false;
  }
}

async function linksToFolder(entry: Dirent, folder: string): Promise<boolean> {
  if (!entry.isSymbolicLink()) return false;
  return stat(join(folder, entry.name)).then(
    (target) => target.isDirectory(),
    () => false,
  );
}

/** What is in a folder, sorted by name, without what belongs to the system. */
async function readFolder(folder: string): Promise<Dirent[]> {
  try {
    const entries = await readdir(folder, { withFileTypes: true });
    return entries
      .filter(({ name }) => !OF_THE_SYSTEM.test(name))
      .sort((a, b) => (a.name < b.name ? -1 : 1));
  } catch (cause) {
    throw readingError(cause, folder, "DATASET_MISSING", "the folder can't be read");
  }
}
