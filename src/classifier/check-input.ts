import { checkBySchema } from "../base/check.js";
import type * as z from "../base/schema.js";

/** @throws {ItamlError} INPUT_INVALID with the key, what was expected and what was found */
export function checkInput(schema: z.ZodObject, input: unknown, where: string): void {
  // Of an array of samples the keys are too many to be looked at.
  checkBySchema(schema, ArrayBuffer.isView(input) ? [] : input, where, "INPUT_INVALID");
}

/** What was found in place of something else, for messages. */
export function describeValue(value: unknown): string {
  if (Object.is(value, -0)) return "-0";
  if (typeof value === "string") return JSON.stringify(value.slice(0, 100));
  if (typeof value !== "object" || value === null) return String(value);
  const { constructor: type } = value;
  return typeof type === "function" ? type.name : "an object";
}
