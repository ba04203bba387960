import { existsSync } from "node:fs";
import { join } from "node:path";
import { ItamlError } from "../base/errors.js";
import { IMAGENET_STATISTICS } from "../samples/input-description.js";
import { listClassFolders, listPictures } from "./class-folders.js";
import type { ImageFolderOptions, ImageSet } from "./dataset-descriptor.js";
import type { ImageFiles } from "./image-files.js";
import { listTrainAndTest } from "./image-folder.js";

const SORT_VALIDATION =
  "Sort the validation pictures into val/WNID: picture N belongs to the class whose number is on line N of " +
  "ILSVRC2012_validation_ground_truth.txt, and meta.mat has the WNID of each number (both are in the development kit)";

/**
 * ImageNet (ILSVRC2012): `train/WNID/*` and, as the test part, `val/WNID/*`.
 *
 * @throws {ItamlError} DATASET_MISSING, DATASET_INVALID, CONFIG_INVALID
 */
export async function listImageNet(
  folder: string,
  { classes, split }: ImageFolderOptions = {},
): Promise<ImageFiles> {
  if (split) {
    throw new ItamlError("CONFIG_INVALID", "ImageNet is divided already", {
      where: folder,
      expected: "no split",
    });
  }
  const missing = ["train", "val"].filter((part) => !existsSync(join(folder, part)));
  if (missing.length > 0) {
    throw new ItamlError("DATASET_MISSING", "ImageNet is not here", {
      where: folder,
      expected: missing.map((part) => `${part}/WNID/*`).join(", "),
      found: existsSync(folder) ? "a folder without them" : "no such folder",
      remedy:
        "itaml can't download ImageNet: get ILSVRC2012 from image-net.org (an account is needed) and unpack " +
        `the training pictures of each class into train/WNID. ${SORT_VALIDATION}`,
    });
  }
  const [train, val] = [join(folder, "train"), join(folder, "val")];
  const unsorted = await listPictures(val);
  if (unsorted.length > 0) {
    throw new ItamlError("DATASET_INVALID", "the validation pictures are not sorted by class", {
      where: val,
      expected: "folders WNID with pictures",
      found: `${unsorted.length} directly in it`,
      remedy: SORT_VALIDATION,
    });
  }
  await checkNames(train);
  await checkNames(val);
  return listTrainAndTest(train, val, { classes });
}

async function checkNames(folder: string): Promise<void> {
  const wrong = (await listClassFolders(folder)).find(({ name }) => !/^n\d{8}$/.test(name));
  if (wrong === undefined) return;
  throw new ItamlError("DATASET_INVALID", "not a class of ImageNet", {
    where: folder,
    expected: "folders named by a WNID, such as n01440764",
    found: `"${wrong.name}"`,
  });
}

export const imageNet: ImageSet = {
  kind: "images",
  name: "imagenet",
  title: "ImageNet",
  description: "1,000 classes of objects, 1,281,167 + 50,000 pictures (ILSVRC2012)",
  source: "Russakovsky et al. 2015",
  licence: "non-commercial research only",
  files: [],
  obtain:
    "Get ILSVRC2012 at image-net.org, with an account there, and lay it out as train/WNID/* and val/WNID/* " +
    "(the class list of ImageNet-100 was never published: choose the classes yourself)",
  contains: ["train", "val"],
  ...IMAGENET_STATISTICS,
  list: listImageNet,
};
