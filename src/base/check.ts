import { didYouMean, type ErrorCode, ItamlError, nearestName, type Problem } from "./errors.js";
import * as z from "./schema.js";

/**
 * Checks what a person or a program wrote.
 *
 * @param where its file or function, for messages
 * @param code of the error. Default: CONFIG_INVALID
 * @throws {ItamlError} with the key, what was expected and what was found
 */
export function checkBySchema<Schema extends z.ZodObject>(
  schema: Schema,
  input: unknown,
  where: string,
  code: ErrorCode = "CONFIG_INVALID",
): z.output<Schema> {
  const result = schema.safeParse(input);
  if (result.success) return result.data;
  const issue = result.error.issues[0] as z.core.$ZodIssue;
  const { summary, problem } = whatIsWrong(schema, issue, input, where);
  throw new ItamlError(code, summary, problem);
}

function whatIsWrong(
  schema: z.ZodType,
  issue: z.core.$ZodIssue,
  input: unknown,
  where: string,
): { summary: string; problem: Problem } {
  // Of a union only the branch that came furthest says what is wrong.
  if (issue.code === "invalid_union" && issue.errors.length > 0) {
    const inner = issue.errors
      .map((issues) => issues[0] as z.core.$ZodIssue)
      .reduce((best, other) => (other.path.length > best.path.length ? other : best));
    if (inner.path.length > 0) {
      const path = [...issue.path, ...inner.path];
      return whatIsWrong(schema, { ...inner, path }, input, where);
    }
  }
  const found = valueAt(input, issue.path);
  const at = issue.path.length > 0 ? `${where}: ${issue.path.join(".")}` : where;
  if (issue.code === "unrecognized_keys") {
    const key = issue.keys[0] as string;
    const known = knownKeys(schema, input, issue.path);
    return {
      summary: `unknown key "${[...issue.path, key].join(".")}"`,
      problem: {
        where,
        ...suggestion(key, known),
      },
    };
  }
  // No part has this name.
  if (issue.code === "invalid_union" && issue.discriminator !== undefined) {
    const names = partNames(schema, input, issue.path.slice(0, -1));
    const nearest = typeof found === "string" ? nearestName(found, names) : undefined;
    return {
      summary: "there is nothing of that name",
      problem: {
        where: at,
        expected: `one of ${names.join(", ")}`,
        found: found === undefined ? "nothing" : JSON.stringify(found),
        ...didYouMean(nearest),
      },
    };
  }
  return {
    summary: whatIsExpected(issue),
    problem: {
      where: at,
      found: found === undefined ? "nothing" : JSON.stringify(found),
    },
  };
}

function suggestion(name: string, known: readonly string[]) {
  const nearest = nearestName(name, known);
  return nearest === undefined ? { expected: `one of ${known.join(", ")}` } : didYouMean(nearest);
}

/** Types of values, in words. */
const TYPES: Readonly<Record<string, string>> = {
  ...{ number: "a number", int: "a whole number", string: "a text", boolean: "true or false" },
  ...{ array: "a list", object: "keys with values" },
};

function whatIsExpected(issue: z.core.$ZodIssue): string {
  const types =
    issue.code === "invalid_union"
      ? issue.errors.map(([first]) => typeOf(first as z.core.$ZodIssue))
      : [typeOf(issue)];
  return types.includes(undefined)
    ? issue.message.replace(/^Invalid (input|option): /, "")
    : `expected ${[...new Set(types)].join(" or ")}`;
}

function typeOf(issue: z.core.$ZodIssue): string | undefined {
  return issue.code === "invalid_type" ? (TYPES[issue.expected] ?? issue.expected) : undefined;
}

function valueAt(input: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>(
    // A part may be given by its name alone.
    (value, key) =>
      typeof value === "string" && key === "name"
        ? value
        : (value as Record<PropertyKey, unknown> | undefined)?.[key],
    input,
  );
}

/** The keys that a section knows; of a choice among parts, those of the part that was chosen. */
function knownKeys(schema: z.ZodType, input: unknown, path: readonly PropertyKey[]): string[] {
  const options = sectionsAt(schema, input, path);
  return [...new Set(options.flatMap((option) => Object.keys(option.shape)))];
}

function partNames(schema: z.ZodType, input: unknown, path: readonly PropertyKey[]): string[] {
  return sectionsAt(schema, input, path).flatMap(({ shape }) =>
    shape.name instanceof z.ZodLiteral ? [String(shape.name.value)] : [],
  );
}

/** The sections that may stand at a place: one, or where nothing of the right name was chosen each of the choice. */
function sectionsAt(
  schema: z.ZodType,
  input: unknown,
  path: readonly PropertyKey[],
): z.ZodObject<z.ZodRawShape>[] {
  let sections = sectionsOf(schema, input);
  let value = input;
  for (const key of path) {
    value = valueAt(value, [key]);
    const inner = sections.flatMap(({ shape }) => {
      const own = shape[key as string];
      return own ? [own as z.ZodType] : [];
    });
    sections = inner.flatMap((own) => sectionsOf(own, value));
  }
  return sections;
}

function sectionsOf(schema: z.ZodType, value: unknown): z.ZodObject<z.ZodRawShape>[] {
  const core = unwrap(schema);
  if (core instanceof z.ZodObject) return [core as z.ZodObject<z.ZodRawShape>];
  if (!(core instanceof z.ZodUnion || core instanceof z.ZodDiscriminatedUnion)) return [];
  const options = (core.options as z.ZodType[]).flatMap((option) => sectionsOf(option, value));
  const name = valueAt(value, ["name"]);
  const chosen = options.filter(
    ({ shape }) => shape.name instanceof z.ZodLiteral && shape.name.value === name,
  );
  return chosen.length > 0 ? chosen : options;
}

/** Without what gives defaults and prepares the input. */
function unwrap(schema: z.ZodType): z.ZodType {
  const { def } = schema as unknown as {
    def: { innerType?: z.ZodType; type: string; out?: z.ZodType };
  };
  if (def.innerType) return unwrap(def.innerType);
  return def.type === "pipe" && def.out ? unwrap(def.out) : schema;
}
