import { ItamlError } from "../base/errors.js";
import { describeValue } from "./check-input.js";

/** A class, as the application names it: a text, or a finite number. */
export type Label = string | number;

/**
 * Checks labels, and copies them.
 *
 * @throws {ItamlError} INPUT_INVALID where they aren't such a list, or one couldn't be stored: it would be another one
 *   when it is read again
 */
export function takeLabels(labels: unknown, where: string): Label[] {
  if (!Array.isArray(labels)) {
    throw new ItamlError("INPUT_INVALID", "not a list of labels", {
      where: `${where}: labels`,
      expected: "an array of texts or numbers, one for each image",
      found: describeValue(labels),
    });
  }
  return Array.from(labels, (label: unknown, i) => {
    if (isLabel(label)) return label;
    throw new ItamlError("INPUT_INVALID", "not a label", {
      where: `${where}: labels, position ${i}`,
      expected: "a text of whole characters, or a finite number other than -0",
      found: describeValue(label),
    });
  });
}

function isLabel(value: unknown): value is Label {
  if (typeof value === "number") return Number.isFinite(value) && !Object.is(value, -0);
  return typeof value === "string" && !LONE_SURROGATE.test(value);
}

const LONE_SURROGATE = /\p{Surrogate}/u;
