import { existsSync } from "node:fs";
import { ItamlError } from "../base/errors.js";
import type { ImageFolderOptions, ImageSet } from "./dataset-descriptor.js";
import type { ImageFiles } from "./image-files.js";
import { listSplitFolder } from "./image-folder.js";

/**
 * MS-Celeb-1M: one folder for each identity.
 *
 * @param options split: by default the paper's, 30 training and 15 test pictures of the identities with more than 45
 * @throws {ItamlError} DATASET_MISSING, DATASET_INVALID, CONFIG_INVALID
 */
export async function listMsCeleb(
  folder: string,
  { classes, split = { moreThan: 45, train: 30, test: 15 } }: ImageFolderOptions = {},
): Promise<ImageFiles> {
  if (!existsSync(folder)) {
    throw new ItamlError("DATASET_MISSING", "MS-Celeb-1M is not here", {
      where: folder,
      expected: "a folder for each identity",
      found: "no such folder",
      remedy:
        "The data set was withdrawn in 2019 and is not offered any more, so that itaml can't download it. " +
        "Pictures of your own with a folder for each identity are read alike",
    });
  }
  return listSplitFolder(folder, { classes, split });
}

export const msCeleb: ImageSet = {
  kind: "images",
  name: "msceleb",
  title: "MS-Celeb-1M",
  description: "faces of celebrities, one class for each identity (MS-Celeb-1M)",
  source: "Guo et al. 2016, Microsoft",
  licence: "none any more: withdrawn by its publisher in 2019",
  files: [],
  obtain:
    "Its publisher withdrew it in 2019 and itaml never downloads it: name the folder of a copy that you have " +
    "the right to use, with a folder in it for each identity",
  contains: ["."],
  mean: [0.5071, 0.4867, 0.4408],
  std: [0.2675, 0.2565, 0.2761],
  list: listMsCeleb,
};
