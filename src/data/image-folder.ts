import type { Dirent } from "node:fs";
import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { ItamlError, nearestName } from "../errors.js";
import { seededRandom } from "../random.js";
import type { ImageFiles, LabelledFiles } from "./image-files.js";
import { readFileOrThrow } from "./read-file.js";

export interface ImageFolderOptions {
  /** The classes to take, in this order. Default: all, sorted by name. */
  readonly classes?: readonly string[];
  /** How pictures are divided where folders don't say it. */
  readonly split?: Split;
}

/**
 * How the pictures of each class are divided: a share of them for testing, in (0, 1), or so many for training and
 * testing of the classes that have more than `moreThan`. It doesn't depend on a run's seed: all runs are tested on
 * the same pictures.
 */
export type Split =
  | { readonly testShare: number }
  | { readonly moreThan: number; readonly train: number; readonly test: number };

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
  const divided = large.map((one) => divide(one, split));
  return {
    classes: large.map(({ name }) => name),
    train: labelled(divided.map(({ train }) => train)),
    test: labelled(divided.map(({ test }) => test)),
  };
}

function checkSplit(split: Split): void {
  const fail = (expected: string): never => {
    const found = JSON.stringify(split);
    throw new ItamlError("CONFIG_INVALID", "not a possible split", { expected, found });
  };
  if ("testShare" in split) {
    if (!(split.testShare > 0 && split.testShare < 1)) fail("a testShare between 0 and 1");
    return;
  }
  const { moreThan, train, test } = split;
  const whole = [moreThan, train, test].every(Number.isInteger);
  if (!whole || moreThan < 0 || train < 1 || test < 1) {
    fail("whole numbers, with at least one picture for training and one for testing");
  }
  if (moreThan + 1 < train + test) {
    fail(`moreThan of at least ${train + test - 1}, so that every class has train + test pictures`);
  }
}

/** Both parts keep their pictures in order; which go where depends on the class alone. */
function divide({ name, pictures }: ClassPictures, split: Split) {
  const shuffled = seededRandom("split", name).shuffle([...pictures]);
  const { train, test } = "testShare" in split ? shares(pictures.length, split.testShare) : split;
  const part = (from: number, count: number): ClassPictures => ({
    name,
    pictures: shuffled.slice(from, from + count).sort(),
  });
  return { test: part(0, test), train: part(test, train) };
}

function shares(count: number, testShare: number) {
  const test = Math.min(Math.max(Math.round(count * testShare), 1), count - 1);
  return { train: count - test, test };
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

/**
 * The classes asked for, or all that are known.
 *
 * @param where the folder or file that knows them, for messages
 * @throws {ItamlError} CONFIG_INVALID where one is unknown or named twice, or none is named
 */
export function chooseClasses(
  known: readonly string[],
  chosen: readonly string[] | undefined,
  where: string,
): readonly string[] {
  if (!chosen) return known;
  if (chosen.length === 0) throw new ItamlError("CONFIG_INVALID", "no class is chosen", { where });
  const all = new Set(known);
  const seen = new Set<string>();
  for (const name of chosen) {
    if (!all.has(name)) {
      const nearest = nearestName(name, known);
      throw new ItamlError("CONFIG_INVALID", `there is no class "${name}"`, {
        where,
        ...(nearest !== undefined && { remedy: `Did you mean "${nearest}"` }),
      });
    }
    if (seen.has(name)) {
      throw new ItamlError("CONFIG_INVALID", `class "${name}" is chosen twice`, { where });
    }
    seen.add(name);
  }
  return chosen;
}

/** A line of a text file. */
export interface TextLine {
  /** Without spaces around it. */
  readonly text: string;
  /** The file and the line's number, for messages. */
  readonly where: string;
}

/**
 * The lines of a text file that aren't blank, with any line ending.
 *
 * @throws {ItamlError} DATASET_MISSING; DATASET_INVALID where there is none
 */
export async function readTextLines(file: string): Promise<TextLine[]> {
  const content = (await readFileOrThrow(file, "DATASET_MISSING")).toString();
  const lines = content
    .split(/\r?\n/)
    .map((line, i) => ({ text: line.trim(), where: `${file}, line ${i + 1}` }))
    .filter(({ text }) => text !== "");
  if (lines.length === 0) {
    throw new ItamlError("DATASET_INVALID", "the file is empty", { where: file });
  }
  return lines;
}

/**
 * Reads a list of classes: each line is a name, and what follows one of ImageNet's (n01440764) is left out. So are
 * blank lines and those that begin with #.
 *
 * @throws {ItamlError} DATASET_MISSING; DATASET_INVALID where a name is there twice, or none is
 */
export async function readClassList(file: string): Promise<string[]> {
  const names = new Set<string>();
  for (const { text, where } of await readTextLines(file)) {
    if (text.startsWith("#")) continue;
    const name = /^n\d{8}(?=\s)/.exec(text)?.[0] ?? text;
    if (names.has(name)) {
      throw new ItamlError("DATASET_INVALID", `class "${name}" is listed twice`, { where });
    }
    names.add(name);
  }
  if (names.size === 0) {
    throw new ItamlError("DATASET_INVALID", "the list has no classes", { where: file });
  }
  return [...names];
}
