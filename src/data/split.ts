import { ItamlError } from "../base/errors.js";
import { seededRandom } from "../base/random.js";

/**
 * How the pictures of each class are divided: a share of them for testing, in (0, 1), or so many for training and
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
 * Divides the pictures of one class. Both parts keep their order; which go where depends on the class alone.
 *
 * @param pictures sorted
 */
export function divide(name: string, pictures: readonly string[], split: Split) {
  const shuffled = seededRandom("split", name).shuffle([...pictures]);
  const { train, test } = "testShare" in split ? shares(pictures.length, split.testShare) : split;
  return {
    test: shuffled.slice(0, test).sort(),
    train: shuffled.slice(test, test + train).sort(),
  };
}

function shares(count: number, testShare: number) {
  const test = Math.min(Math.max(Math.round(count * testShare), 1), count - 1);
  return { train: count - test, test };
}
