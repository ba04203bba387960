import { ItamlError, type Problem } from "../base/errors.js";

/** How many names a message has. */
export const NAMES_SHOWN = 10;

/** What is wrong with some classes, as one error that names them; none where there are none. */
export function classProblem(
  summary: string,
  names: readonly string[],
  problem: Problem,
): ItamlError[] {
  if (names.length === 0) return [];
  const shown = names.slice(0, NAMES_SHOWN).map((name) => `"${name}"`);
  const more = names.length > shown.length ? ` and ${names.length - shown.length} more` : "";
  const classes = `${names.length === 1 ? "class" : "classes"} ${shown.join(", ")}${more}`;
  return [new ItamlError("DATASET_INVALID", `${summary} ${classes}`, problem)];
}
