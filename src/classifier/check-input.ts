import { ItamlError, nearestName } from "../base/errors.js";
import type * as z from "../base/schema.js";

/** @throws {ItamlError} INPUT_INVALID with the key, what was expected and what was found */
export function checkInput(schema: z.ZodObject, input: unknown, where: string): void {
  // Of an array of samples the keys are too many to be looked at.
  const { success, error } = schema.safeParse(ArrayBuffer.isView(input) ? [] : input);
  if (success) return;
  const issue = furthest(error.issues[0] as z.core.$ZodIssue);
  if (issue.code === "unrecognized_keys") {
    const key = issue.keys[0] as string;
    const known = knownKeys(schema, issue.path);
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

/** Of a union the branch that came furthest says what is wrong. */
function furthest(issue: z.core.$ZodIssue): z.core.$ZodIssue {
  if (issue.code !== "invalid_union") return issue;
  const unknown = issue.errors
    .flat()
    .find(({ code, path }) => code === "unrecognized_keys" || path.length > 0);
  return unknown ? furthest({ ...unknown, path: [...issue.path, ...unknown.path] }) : issue;
}

/** The keys that a part of an object knows. */
function knownKeys(schema: z.ZodType, path: readonly PropertyKey[]): string[] {
  const { def } = schema as unknown as { def: { innerType?: z.ZodType } };
  if (def.innerType) return knownKeys(def.innerType, path);
  const { options } = schema as unknown as { options?: z.ZodType[] };
  if (options) return [...new Set(options.flatMap((option) => knownKeys(option, path)))];
  const shape = (schema as z.ZodObject).shape ?? {};
  const [key, ...rest] = path;
  if (key === undefined) return Object.keys(shape);
  const inner = shape[key as string];
  return inner ? knownKeys(inner as z.ZodType, rest) : [];
}

/** What was found in place of something else, for messages. */
export function describeValue(value: unknown): string {
  if (Object.is(value, -0)) return "-0";
  if (typeof value === "string") return JSON.stringify(value.slice(0, 100));
  if (typeof value !== "object" || value === null) return String(value);
  const { constructor: type } = value;
  return typeof type === "function" ? type.name : "an object";
}
