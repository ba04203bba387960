import { dirname } from "node:path";
import { ItamlError, throwAll } from "../base/errors.js";
import { IMAGENET_STATISTICS } from "../samples/input-description.js";
import {
  type ClassFolder,
  listClassFolders,
  listPictures,
  picturesWithin,
} from "./class-folders.js";
import { chooseClasses } from "./class-list.js";
import { classProblem, NAMES_SHOWN } from "./class-problem.js";
import type { ImageFolderOptions, ImageSet } from "./dataset-descriptor.js";
import type { ImageFiles, LabelledFiles } from "./image-files.js";
import { LeftOutFiles } from "./left-out.js";
import { PICTURE_FORMATS } from "./picture-formats.js";
import { checkSplit, divide, type Split } from "./split.js";

/** The pictures of one class, in whatever part. */
interface ClassPictures {
  readonly name: string;
  readonly pictures: readonly string[];
}

const TRAIN_NAMES = ["train", "training"];
/** The first that is there is for testing. */
const TEST_NAMES = ["test", "testing", "val", "valid", "validation"];

/**
 * The user's own pictures: `train/CLASS/*` and `test/CLASS/*`, or `CLASS/*` and a split. The two folders may have other
 * common names, in capitals too: training; testing, val, valid, validation.
 *
 * @param options split: by default, about a fifth of each class is for testing
 * @throws {ItamlError} DATASET_MISSING, DATASET_INVALID, CONFIG_INVALID
 */
export async function listImageFolder(
  folder: string,
  { classes, split }: ImageFolderOptions = {},
): Promise<ImageFiles> {
  const folders = await listClassFolders(folder);
  const train = findPart(folders, TRAIN_NAMES);
  const test = findPart(folders, TEST_NAMES);
  if (!train || !test) {
    // Without a picture in it, train/ is no class.
    if (train && (await listPictures(train.path)).length === 0) {
      throw new ItamlError("DATASET_INVALID", "there are no test pictures", {
        where: folder,
        expected: `${orList(TEST_NAMES.map((name) => `${name}/`))} beside ${train.name}/`,
        found: folders.map(({ name }) => `${name}/`).join(", "),
        remedy: "To have the training pictures divided, name their folder",
        command: ["--data", train.path],
      });
    }
    return listSplitFolder(folder, { classes, split: split ?? { testShare: 0.2 } });
  }
  if (split) {
    throw new ItamlError("CONFIG_INVALID", "the pictures are divided already", {
      where: folder,
      expected: "no split",
      found: `a split, and the folders ${train.name}/ and ${test.name}/`,
    });
  }
  const leftOut = new LeftOutFiles();
  for (const other of folders) {
    if (other === train || other === test) continue;
    leftOut.add(`beside ${train.name}/ and ${test.name}/`, await picturesWithin(other.path));
  }
  return listTrainAndTest(train.path, test.path, { classes, leftOut });
}

function findPart(folders: readonly ClassFolder[], names: readonly string[]) {
  for (const name of names) {
    const exact = folders.find((folder) => folder.name === name);
    const found = exact ?? folders.find((folder) => folder.name.toLowerCase() === name);
    if (found) return found;
  }
  return undefined;
}

function orList(names: readonly string[]): string {
  return `${names.slice(0, -1).join(", ")} or ${names.at(-1)}`;
}

/**
 * Pictures that two folders divide: CLASS/* in each.
 *
 * @param options classes: by default all, which must be the same in both; leftOut: what is left out already
 * @throws {ItamlError} DATASET_MISSING, DATASET_INVALID with all that is wrong, CONFIG_INVALID
 */
export async function listTrainAndTest(
  train: string,
  test: string,
  {
    classes,
    leftOut = new LeftOutFiles(),
  }: { classes?: readonly string[] | undefined; leftOut?: LeftOutFiles } = {},
): Promise<ImageFiles> {
  const trained = byName(await listClassFolders(train));
  const tested = byName(await listClassFolders(test));
  const chosen = chooseClasses([...trained.keys()], classes, train);
  for (const part of [train, test]) leftOut.add("in no class's folder", await listPictures(part));
  const untested = chosen.filter((name) => !tested.has(name));
  const untrained = classes ? [] : [...tested.keys()].filter((name) => !trained.has(name));
  const problems = [
    ...classProblem("no test pictures of", untested, {
      where: test,
      expected: "the class folders of the training part",
    }),
    ...classProblem("no training pictures of", untrained, {
      where: train,
      expected: "the class folders of the test part",
      remedy: "Remove what is only tested, or name the classes to take",
    }),
  ];
  const partOf = async (folders: ReadonlyMap<string, ClassFolder>) => {
    const wanted = chosen.flatMap((name) => folders.get(name) ?? []);
    const pictures = await listClasses(wanted, leftOut);
    problems.push(...emptyClasses(pictures, wanted, leftOut));
    return labelled(pictures);
  };
  const [training, testing] = [await partOf(trained), await partOf(tested)];
  throwAll(problems);
  return { classes: chosen, train: training, test: testing, leftOut: leftOut.list() };
}

/**
 * Pictures in one folder, CLASS/*, divided by a split.
 *
 * @throws {ItamlError} DATASET_MISSING, DATASET_INVALID with all that is wrong, CONFIG_INVALID
 */
export async function listSplitFolder(
  folder: string,
  { classes, split }: { classes?: readonly string[] | undefined; split: Split },
): Promise<ImageFiles> {
  checkSplit(split);
  const folders = byName(await listClassFolders(folder));
  const chosen = chooseClasses([...folders.keys()], classes, folder);
  const wanted = chosen.map((name) => folders.get(name) as ClassFolder);
  const leftOut = new LeftOutFiles();
  leftOut.add("in no class's folder", await listPictures(folder));
  const all = await listClasses(wanted, leftOut);
  const problems = emptyClasses(all, wanted, leftOut);
  const least = "moreThan" in split ? split.moreThan + 1 : 2;
  const small = all.filter(({ pictures }) => 0 < pictures.length && pictures.length < least);
  const large = all.filter(({ pictures }) => pictures.length >= least);
  // Of all classes the split leaves out small ones, of classes chosen by name it may not.
  if (classes) {
    const counts = small.slice(0, NAMES_SHOWN).map(({ pictures }) => pictures.length);
    problems.push(
      ...classProblem("too few pictures for the split in", names(small), {
        where: folder,
        expected: `at least ${least}`,
        found: counts.join(", "),
        remedy: "Add pictures, or leave the classes out of the list",
      }),
    );
  } else if (large.length === 0) {
    const most = all.reduce((count, { pictures }) => Math.max(count, pictures.length), 0);
    problems.push(
      new ItamlError("DATASET_INVALID", "every class is too small for the split", {
        where: folder,
        expected: `at least ${least} pictures`,
        found: `at most ${most} in any class`,
      }),
    );
  }
  throwAll(problems);
  for (const { pictures } of small) {
    leftOut.add(`in a class of fewer than ${least}`, pictures);
  }
  const divided = large.map(({ name, pictures }) => {
    const { train, test, neither } = divide(name, pictures, split);
    leftOut.add("beyond the numbers of the split", neither);
    return { train: { name, pictures: train }, test: { name, pictures: test } };
  });
  return {
    classes: names(large),
    train: labelled(divided.map(({ train }) => train)),
    test: labelled(divided.map(({ test }) => test)),
    leftOut: leftOut.list(),
  };
}

function byName(folders: readonly ClassFolder[]): ReadonlyMap<string, ClassFolder> {
  return new Map(folders.map((folder) => [folder.name, folder]));
}

async function listClasses(
  folders: readonly ClassFolder[],
  leftOut: LeftOutFiles,
): Promise<ClassPictures[]> {
  const classes: ClassPictures[] = [];
  for (const { name, path } of folders) {
    classes.push({ name, pictures: await listPictures(path, leftOut) });
  }
  return classes;
}

/** The classes without a picture, as an error; none where there are none. */
export function emptyClasses(
  classes: readonly Pick<ClassPictures, "pictures">[],
  folders: readonly ClassFolder[],
  leftOut: LeftOutFiles,
): ItamlError[] {
  const empty = folders.filter((_, i) => classes[i]?.pictures.length === 0);
  const there = leftOut.list().map(({ reason, count }) => `${count} ${reason}`);
  return classProblem("no pictures in", names(empty), {
    where: dirname(empty[0]?.path ?? ""),
    expected: `${PICTURE_FORMATS}, directly in the class folder`,
    ...(there.length > 0 && { found: there.join(", ") }),
  });
}

const names = (all: readonly { name: string }[]) => all.map(({ name }) => name);

/** All pictures, class after class; the label is the index of the class. */
export function labelled(classes: readonly ClassPictures[]): LabelledFiles {
  return {
    files: classes.flatMap(({ pictures }) => pictures),
    labels: classes.flatMap(({ pictures }, label) => pictures.map(() => label)),
  };
}

export const imageFolder: ImageSet = {
  kind: "images",
  name: "folder",
  title: "Pictures of your own",
  description: "your own pictures, one class for each folder of them",
  source: "yours",
  licence: "yours",
  files: [],
  obtain:
    "Name the folder of your pictures, laid out as train/LABEL/* and test/LABEL/*, or as LABEL/*, which is split",
  contains: ["."],
  ...IMAGENET_STATISTICS,
  list: listImageFolder,
};
