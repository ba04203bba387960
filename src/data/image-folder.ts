import type { Dirent } from "node:fs";
import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { ItamlError } from "../base/errors.js";
import { chooseClasses } from "./class-list.js";
import type { ImageFiles, LabelledFiles } from "./image-files.js";
import { checkSplit, divide, type Split } from "./split.js";

export interface ImageFolderOptions {
  /** The classes to take, in this order. Default: all, sorted by name. */
  readonly classes?: readonly string[];
  /** How pictures are divided where folders don't say it. */
  readonly split?: Split;
}

/** The pictures of one class, in whatever part. */
interface ClassPictures {
  readonly name: string;
  readonly pictures: readonly string[];
}

/** What is read as a picture. */
const PICTURE = /\.(avif|gif|jpe?g|png|tiff?|webp)$/i;

/**
 * The user's own pictures: `train/CLASS/*` and `test/CLASS/*` (or `val/CLASS/*`), or `CLASS/*` and a split.
 *
 * @param options split: by default, a fifth of each class is for testing
 * @throws {ItamlError} DATASET_MISSING, DATASET_INVALID, CONFIG_INVALID
 */
export async function listImageFolder(
  folder: string,
  { classes, split }: ImageFolderOptions = {},
): Promise<ImageFiles> {
  const names = await listClassFolders(folder);
  const testName = ["test", "val"].find((name) => names.includes(name));
  if (!names.includes("train") || testName === undefined) {
    if (names.length === 1 && names[0] === "train") {
      throw new ItamlError("DATASET_INVALID", "there are no test pictures", {
        where: folder,
        expected: "test/ or val/ beside train/",
        remedy: `To have the training pictures divided, name ${join(folder, "train")} as the folder`,
      });
    }
    return listSplitFolder(folder, { classes, split: split ?? { testShare: 0.2 } });
  }
  if (split) {
    throw new ItamlError("CONFIG_INVALID", "the pictures are divided already", {
      where: folder,
      expected: "no split",
      found: `a split, and the folders train/ and ${testName}/`,
    });
  }
  return listTrainAndTest(join(folder, "train"), join(folder, testName), classes);
}

/**
 * Pictures that two folders divide: CLASS/* in each.
 *
 * @param classes default: all, which must be the same in both
 * @throws {ItamlError} DATASET_MISSING, DATASET_INVALID, CONFIG_INVALID
 */
export async function listTrainAndTest(
  train: string,
  test: string,
  classes?: readonly string[],
): Promise<ImageFiles> {
  const known = await listClassFolders(train);
  const tested = new Set(await listClassFolders(test));
  const chosen = chooseClasses(known, classes, train);
  const untested = chosen.find((name) => !tested.has(name));
  if (untested !== undefined) {
    throw new ItamlError("DATASET_INVALID", `class "${untested}" has no test pictures`, {
      where: test,
      expected: "the class folders of the training part",
    });
  }
  const trained = new Set(known);
  const untrained = classes ? undefined : [...tested].find((name) => !trained.has(name));
  if (untrained !== undefined) {
    throw new ItamlError("DATASET_INVALID", `class "${untrained}" has no training pictures`, {
      where: train,
      expected: "the class folders of the test part",
      remedy: "Remove it from the test part, or name the classes to take",
    });
  }
  return {
    classes: chosen,
    train: labelled(await listClasses(train, chosen)),
    test: labelled(await listClasses(test, chosen)),
  };
}

/**
 * Pictures in one folder, CLASS/*, divided by a split.
 *
 * @throws {ItamlError} DATASET_MISSING, DATASET_INVALID, CONFIG_INVALID
 */
export async function listSplitFolder(
  folder: string,
  { classes, split }: { classes?: readonly string[] | undefined; split: Split },
): Promise<ImageFiles> {
  checkSplit(split);
  const chosen = chooseClasses(await listClassFolders(folder), classes, folder);
  const all = await listClasses(folder, chosen);
  const least = "moreThan" in split ? split.moreThan + 1 : 2;
  const small = all.find(({ pictures }) => pictures.length < least);
  // Of all classes the split may leave out small ones, of classes chosen by name it may not.
  if (small && (classes || !("moreThan" in split))) {
    throw new ItamlError("DATASET_INVALID", `class "${small.name}" is too small for the split`, {
      where: folder,
      expected: `at least ${least} pictures`,
      found: `${small.pictures.length}`,
    });
  }
  const large = all.filter(({ pictures }) => pictures.length >= least);
  if (large.length === 0) {
    const most = all.reduce((count, { pictures }) => Math.max(count, pictures.length), 0);
    throw new ItamlError("DATASET_INVALID", "every class is too small for the split", {
      where: folder,
      expected: `at least ${least} pictures`,
      found: `at most ${most} in any class`,
    });
  }
  const divided = large.map(({ name, pictures }) => {
    const { train, test } = divide(name, pictures, split);
    return { train: { name, pictures: train }, test: { name, pictures: test } };
  });
  return {
    classes: large.map(({ name }) => name),
    train: labelled(divided.map(({ train }) => train)),
    test: labelled(divided.map(({ test }) => test)),
  };
}

/**
 * The names of the class folders in a folder, sorted; those that begin with a dot are left out.
 *
 * @throws {ItamlError} DATASET_MISSING; DATASET_INVALID where there is none
 */
export async function listClassFolders(folder: string): Promise<string[]> {
  const names: string[] = [];
  for (const entry of await readFolder(folder)) {
    if (entry.name.startsWith(".")) continue;
    if (entry.isDirectory() || (await linksToFolder(entry, folder))) names.push(entry.name);
  }
  if (names.length === 0) {
    throw new ItamlError("DATASET_INVALID", "there are no classes", {
      where: folder,
      expected: "a folder for each class",
    });
  }
  return names.sort();
}

async function linksToFolder(entry: Dirent, folder: string): Promise<boolean> {
  if (!entry.isSymbolicLink()) return false;
  return stat(join(folder, entry.name)).then(
    (target) => target.isDirectory(),
    () => false,
  );
}

/**
 * The picture files directly in a folder, as paths, sorted by name. Files of other kinds, told by their
 * extensions, and those that begin with a dot are left out.
 *
 * @throws {ItamlError} DATASET_MISSING
 */
export async function listPictures(folder: string): Promise<string[]> {
  return (await readFolder(folder))
    .filter((entry) => !entry.isDirectory() && !entry.name.startsWith("."))
    .filter(({ name }) => PICTURE.test(name))
    .map(({ name }) => join(folder, name))
    .sort();
}

async function listClasses(folder: string, names: readonly string[]): Promise<ClassPictures[]> {
  const classes: ClassPictures[] = [];
  for (const name of names) {
    const pictures = await listPictures(join(folder, name));
    if (pictures.length === 0) {
      throw new ItamlError("DATASET_INVALID", "the class folder has no pictures", {
        where: join(folder, name),
        expected: "files of type jpg, jpeg, png, webp, gif, tif, tiff or avif",
      });
    }
    classes.push({ name, pictures });
  }
  return classes;
}

/** All pictures, class after class; the label is the index of the class. */
export function labelled(classes: readonly ClassPictures[]): LabelledFiles {
  return {
    files: classes.flatMap(({ pictures }) => pictures),
    labels: classes.flatMap(({ pictures }, label) => pictures.map(() => label)),
  };
}

async function readFolder(folder: string): Promise<Dirent[]> {
  try {
    return await readdir(folder, { withFileTypes: true });
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    const found = code === "ENOENT" ? "no such folder" : (code ?? String(cause));
    throw new ItamlError(
      "DATASET_MISSING",
      "the folder can't be read",
      { where: folder, found },
      { cause },
    );
  }
}
