import { ItamlError, nearestName } from "../base/errors.js";
import type * as z from "../base/schema.js";

/** @throws {ItamlError} INPUT_INVALID with the key, what was expected and what was found */
export function checkInput(schema: z.ZodObject, input: unknown, where: string): void {
  // Of an array of samples the keys are too many to be looked at.
  const { success, error } = schema.safeParse(ArrayBuffer.isView(input) ? [] : input);
  if (success) return;
  const [issue] = error.issues as [z.core.$ZodIssue];
  if (issue.code === "unrecognized_keys") {
    const key = issue.keys[0] as string;
    const known = Object.keys(schema.shape);
    const nearest = nearestName(key, known);
    throw new ItamlError("INPUT_INVALID", `unknown key "${[...issue.path, key].join(".")}"`, {
      where,
      ...(nearest ? { remedy: `Did you mean "${nearest}"` } : { expected: known.join(", ") }),
    });
  }
  throw new ItamlError("INPUT_INVALID", issue.message, {
    where: issue.path.length > 0 ? `${where}: ${issue.path.join(".")}` : where,
  });
}
