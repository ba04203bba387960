import { unzipSync, zipSync } from "fflate";
import { ItamlError } from "../../src/web.js";

/** The file of a classifier that says what it is. */
export const DESCRIPTION = "classifier.json";

export function zipped(files: ReadonlyMap<string, Uint8Array>): Uint8Array {
  return zipSync(Object.fromEntries(files));
}

/**
 * The files of a classifier by their names, also where the .zip is of the folder that they are in.
 *
 * @throws {ItamlError} FILE_INVALID where it is no .zip, or none of a classifier
 */
export function unzipped(bytes: Uint8Array): Map<string, Uint8Array> {
  const problem = {
    expected: `a .zip that was downloaded here, or of a folder with ${DESCRIPTION}`,
  };
  let entries: [string, Uint8Array][];
  try {
    entries = Object.entries(unzipSync(bytes));
  } catch (cause) {
    throw new ItamlError("FILE_INVALID", "the file can't be read", problem, { cause });
  }
  const names = entries.map(([name]) => name);
  const found = names.find((name) => name === DESCRIPTION || name.endsWith(`/${DESCRIPTION}`));
  if (found === undefined) {
    throw new ItamlError("FILE_INVALID", "there is no classifier in the file", {
      ...problem,
      found: names.slice(0, 5).join(", ") || "nothing",
    });
  }
  const folder = found.slice(0, -DESCRIPTION.length);
  return new Map(
    entries
      .filter(([name]) => name.startsWith(folder))
      .map(([name, content]) => [name.slice(folder.length), content]),
  );
}
