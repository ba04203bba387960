import * as z from "./schema.js";

/** Kinds of numbers that settings are. */
export const count = z.int().min(1);
export const positive = z.number().positive();
/** Of a CPU: far more than any has would take all memory before they do anything. */
export const threads = z.int().min(1).max(1024);
/** 0 included, 1 not. */
export const share = z.number().min(0).lt(1);

/** One value for all tasks, or one for each; the last of a list holds for the tasks after it. */
export function perTask<T extends z.ZodType>(value: T) {
  return z.union([value, z.array(value).min(1)]);
}
