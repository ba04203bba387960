import { existsSync } from "node:fs";
import { dirname, isAbsolute, join, normalize } from "node:path";
import { ItamlError } from "../base/errors.js";
import { readTextLines } from "../files/text-lines.js";
import { listPictures } from "./class-folders.js";
import { chooseClasses } from "./class-list.js";
import type { ImageFolderOptions, ImageSet } from "./dataset-descriptor.js";
import type { ImageFiles } from "./image-files.js";
import { labelled } from "./image-folder.js";
import { missingFiles } from "./missing-files.js";
import { publishedFile } from "./published-file.js";

/** The folder in the archive. */
const FOLDER = "CUB_200_2011";
const FILES = ["images.txt", "image_class_labels.txt", "classes.txt", "train_test_split.txt"];

/** A line "id value". */
interface Row {
  readonly value: string;
  /** The file and the line's number, for messages. */
  readonly where: string;
}

/** Rows by their ids, in the file's order. */
type Table = ReadonlyMap<number, Row>;

/**
 * CUB-200-2011 (Caltech-UCSD Birds), divided as its own files say, in a folder or in CUB_200_2011 there. The order
 * of classes is that of their numbers.
 *
 * @throws {ItamlError} DATASET_MISSING, DATASET_INVALID, CONFIG_INVALID
 */
export async function listCub200(
  folder: string,
  { classes: chosen, split }: ImageFolderOptions = {},
): Promise<ImageFiles> {
  if (split) {
    throw new ItamlError("CONFIG_INVALID", "CUB-200-2011 is divided already", {
      where: folder,
      expected: "no split",
    });
  }
  const root = findRoot(folder);
  const [images, labels, classes, parts] = (await Promise.all(
    FILES.map((name) => readTable(join(root, name))),
  )) as [Table, Table, Table, Table];
  checkIds(labels, images);
  checkIds(parts, images);
  checkDistinct(classes);
  checkDistinct(images);
  const files = await findPictures(images, join(root, "images"));

  const trainById = new Map<number, string[]>();
  const testById = new Map<number, string[]>();
  for (const [id, { where }] of images) {
    const label = labels.get(id) ?? fail(where, "the image has no class");
    const part = parts.get(id) ?? fail(where, "the image is in neither part");
    if (!/^\d+$/.test(label.value) || !classes.has(Number(label.value))) {
      fail(label.where, "the class has no name in classes.txt", label.value);
    }
    if (part.value !== "0" && part.value !== "1") {
      fail(part.where, "neither 0 (test) nor 1 (training)", part.value);
    }
    const byId = part.value === "1" ? trainById : testById;
    const ofClass = byId.get(Number(label.value)) ?? [];
    byId.set(Number(label.value), ofClass);
    ofClass.push(files.get(id) as string);
  }

  const sorted = [...classes].sort(([a], [b]) => a - b);
  const known = sorted.map(([, { value }]) => value);
  const idOf = new Map(sorted.map(([id, { value }]) => [value, id]));
  const names = chooseClasses(known, chosen, join(root, "classes.txt"));
  const picturesOf = (byId: ReadonlyMap<number, string[]>, what: string) =>
    names.map((name) => {
      const id = idOf.get(name) as number;
      const pictures = byId.get(id) ?? fail((classes.get(id) as Row).where, what, name);
      return { name, pictures };
    });
  return {
    classes: names,
    train: labelled(picturesOf(trainById, "the class has no training images")),
    test: labelled(picturesOf(testById, "the class has no test images")),
    leftOut: [],
  };
}

function fail(where: string, summary: string, found?: string): never {
  throw new ItamlError("DATASET_INVALID", summary, {
    where,
    ...(found !== undefined && { found: `"${found}"` }),
  });
}

function findRoot(folder: string): string {
  const inside = join(folder, FOLDER);
  const root = existsSync(inside) ? inside : folder;
  const missing = [...FILES, "images"].filter((name) => !existsSync(join(root, name)));
  if (missing.length === 0) return root;
  throw missingFiles(cub200, { folder, root }, missing);
}

async function readTable(file: string): Promise<Table> {
  const table = new Map<number, Row>();
  for (const { text, where } of await readTextLines(file)) {
    const [, id, value] = /^(\d{1,9})\s+(.+)$/.exec(text) ?? fail(where, 'not "id value"', text);
    if (table.has(Number(id))) fail(where, "the id is there twice", id);
    table.set(Number(id), { value: value as string, where });
  }
  return table;
}

function checkIds(table: Table, images: Table): void {
  for (const [id, { where }] of table) {
    if (!images.has(id)) fail(where, "images.txt has no image with this id", `${id}`);
  }
}

function checkDistinct(table: Table): void {
  const values = new Set<string>();
  for (const { value, where } of table.values()) {
    if (values.has(value)) fail(where, "the name is there twice", value);
    values.add(value);
  }
}

/** The file of each image; each folder is read once. */
async function findPictures(images: Table, folder: string): Promise<Map<number, string>> {
  const folders = new Map<string, Set<string>>();
  const files = new Map<number, string>();
  for (const [id, { value, where }] of images) {
    if (isAbsolute(value) || normalize(value).startsWith("..")) {
      fail(where, "the path leaves the folder images", value);
    }
    const file = join(folder, value);
    const parent = dirname(file);
    const pictures = folders.get(parent) ?? new Set(await listPictures(parent).catch(() => []));
    folders.set(parent, pictures);
    if (!pictures.has(file)) fail(where, "the image is not in the folder images", value);
    files.set(id, file);
  }
  return files;
}

export const cub200: ImageSet = {
  kind: "images",
  name: "cub200",
  title: "CUB-200-2011",
  description: "200 classes of birds, 5,994 + 5,794 pictures (CUB-200-2011)",
  source: "Wah et al. 2011, Caltech",
  licence: "non-commercial research and education only",
  files: [
    {
      ...publishedFile(
        "https://data.caltech.edu/records/65de6-vp158/files/CUB_200_2011.tgz",
        1150585339,
        "97eceeb196236b17998738112f37df78",
      ),
      archive: { strip: 0 },
    },
  ],
  contains: ["images", ...FILES],
  within: FOLDER,
  mean: [0],
  std: [1],
  list: listCub200,
};
