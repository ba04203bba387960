import { existsSync } from "node:fs";
import { ItamlError } from "../base/errors.js";
import type { ImageFiles } from "./image-files.js";
import { type ImageFolderOptions, listSplitFolder } from "./image-folder.js";

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
