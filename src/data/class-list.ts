import { didYouMean, ItamlError, nearestName } from "../base/errors.js";
import { readTextLines } from "../files/text-lines.js";

/**
 * Reads a list of classes: each line is a name, and what follows one of ImageNet's (n01440764) is left out. So are
 * blank lines and comments, which begin with # and a space.
 *
 * @throws {ItamlError} DATASET_MISSING; DATASET_INVALID where a name is there twice, or none is
 */
export async function readClassList(file: string): Promise<string[]> {
  const names = new Set<string>();
  for (const { text, where } of await readTextLines(file)) {
    if (/^#(\s|$)/.test(text)) continue;
    const name = /^n\d{8}(?=\s)/.exec(text)?.[0] ?? text.normalize("NFC");
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

/**
 * The classes asked for, or all that are known.
 *
 * @param chosen in composed Unicode (NFC), as the known ones are
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
        ...didYouMean(nearest),
      });
    }
    if (seen.has(name)) {
      throw new ItamlError("CONFIG_INVALID", `class "${name}" is chosen twice`, { where });
    }
    seen.add(name);
  }
  return chosen;
}
