import { basename } from "node:path";
import { ItamlError } from "../base/errors.js";
import { seededRandom } from "../base/random.js";

/**
 * How the pictures of each class are divided: each is for testing with a probability in (0, 1), or so many for training and
 * testing of the classes that have more than `moreThan`. It doesn't depend on a run's seed: all runs are tested on
 * the same pictures.
 */
export type Split =
  | { readonly testShare: number }
  | { readonly moreThan: number; readonly train: number; readonly test: number };

/** @throws {ItamlError} CONFIG_INVALID where a split is not possible */
export function checkSplit(split: Split): void {
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

/**
 * Divides the pictures of one class. Where a picture goes depends on its name and its class's, not on how many there are:
 * pictures that are added move no other from training to testing. With a share there is one exception: of a class so small
 * that chance would leave nothing for a part, that part gets the picture nearest to it.
 *
 * @param pictures sorted
 * @returns both parts in the order of their names, and what a split by numbers has no room for
 */
export function divide(className: string, pictures: readonly string[], split: Split) {
  const places = new Map(
    pictures.map((picture) => {
      const name = basename(picture).normalize("NFC");
      return [picture, seededRandom("split", className, name).uniform(0, 1)];
    }),
  );
  const place = (picture: string) => places.get(picture) as number;
  const ordered = [...pictures].sort((a, b) => place(a) - place(b));
  const { train, test } =
    "testShare" in split
      ? shares(ordered.filter((picture) => place(picture) < split.testShare).length, ordered.length)
      : split;
  return {
    test: ordered.slice(0, test).sort(),
    train: ordered.slice(ordered.length - train).sort(),
    neither: ordered.slice(test, ordered.length - train).sort(),
  };
}

/** Both parts have at least one. */
function shares(chosen: number, count: number) {
  const test = Math.min(Math.max(chosen, 1), count - 1);
  return { train: count - test, test };
}
