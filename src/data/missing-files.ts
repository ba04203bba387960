import { existsSync } from "node:fs";
import { ItamlError } from "../base/errors.js";

/**
 * The error of a data set whose files are not in their folder, with what to do about it.
 *
 * @param name the data set's name in the catalog
 * @param root where its files were looked for, in or at the folder
 * @param found default: whether there is a folder
 */
export function missingFiles(
  { title, name }: { readonly title: string; readonly name: string },
  { folder, root = folder }: { readonly folder: string; readonly root?: string },
  missing: readonly string[],
  found = existsSync(folder) ? "a folder without them" : "no such folder",
): ItamlError {
  return new ItamlError("DATASET_MISSING", `${title} is not here`, {
    where: root,
    expected: missing.join(", "),
    found,
    remedy: `Put the files into ${folder}, name their folder with --data, or run`,
    command: ["itaml", "data", "fetch", name, "--data", folder],
  });
}
