import { isDeepStrictEqual } from "node:util";
import { Lexer, Parser, parseDocument } from "yaml";
import { ItamlError } from "../base/errors.js";

/** Levels of YAML in a configuration, which has four: the parser calls itself for each of them. */
const MAXIMUM_DEPTH = 50;

/**
 * Reads a configuration from YAML.
 *
 * @throws {ItamlError} CONFIG_INVALID with the line
 */
export function parseConfigText(text: string, where: string): Record<string, unknown> {
  checkDepth(text, where);
  const document = parseDocument(text);
  const invalid = (error: Error, line?: number) =>
    new ItamlError("CONFIG_INVALID", "not valid YAML", {
      where: line === undefined ? where : `${where}, line ${line}`,
      found: error.message.split("\n")[0] as string,
    });
  const [error] = document.errors;
  if (error) throw invalid(error, error.linePos?.[0].line);
  let content: unknown;
  try {
    // Aliases could make a small file expand without end.
    content = document.toJS({ maxAliasCount: 0 });
  } catch (aliasError) {
    throw invalid(aliasError as Error);
  }
  if (typeof content !== "object" || content === null || Array.isArray(content)) {
    throw new ItamlError("CONFIG_INVALID", "not a configuration", {
      where,
      expected: "keys with values, such as dataset: mnist",
    });
  }
  return content as Record<string, unknown>;
}

/** The lexer and the first parser work with a stack of their own. */
function checkDepth(text: string, where: string): void {
  const parser = new Parser();
  for (const lexeme of new Lexer().lex(text)) {
    for (const _ of parser.next(lexeme));
    if (parser.stack.length > 2 * MAXIMUM_DEPTH) {
      throw new ItamlError("CONFIG_INVALID", "too many levels", {
        where,
        expected: `at most ${MAXIMUM_DEPTH}`,
      });
    }
  }
}

/**
 * Applies settings from the outer key to the inner, whatever their order, so that all of them hold: `learner=icarl` before
 * `learner.memory=50`. Of one key the last counts.
 *
 * @throws {ItamlError} as {@link applySetting}; CONFIG_INVALID where two can't both hold
 */
export function applySettings(config: Record<string, unknown>, settings: readonly string[]): void {
  const byKey = new Map(settings.map((setting) => [keyOf(setting), setting]));
  const outerFirst = [...byKey].sort(([a], [b]) => a.split(".").length - b.split(".").length);
  for (const [key, setting] of outerFirst) {
    applySetting(config, setting);
    for (const [inner, other] of outerFirst) {
      if (inner.startsWith(`${key}.`)) refuseLost(setting, other);
    }
  }
}

/** Such as `learner={name: icarl, memory: 10}` with `learner.memory=50`: one of them would be ignored. */
function refuseLost(outer: string, inner: string): void {
  const said: Record<string, unknown> = {};
  applySetting(said, outer);
  const both = structuredClone(said);
  applySetting(both, inner);
  if (!contains(both, said)) throw contradiction("--set", outer, inner);
}

/** Of two settings one would be ignored. */
export function contradiction(where: string, one: string, other: string): ItamlError {
  return new ItamlError("CONFIG_INVALID", "two settings that can't both hold", {
    where,
    found: `${one} and ${other}`,
    remedy: "Leave one of them out",
  });
}

/** Whether something has all of a part of it, with more beside that maybe. */
function contains(whole: unknown, part: unknown): boolean {
  if (isDeepStrictEqual(whole, part)) return true;
  // A part that was given settings of its own has its name among them.
  if (typeof part === "string") {
    return isDeepStrictEqual({ ...(whole as object), ...writtenOut(part) }, whole);
  }
  if (typeof part !== "object" || part === null || Array.isArray(part)) return false;
  const own = (whole ?? {}) as Record<string, unknown>;
  return Object.entries(part).every(([key, value]) => contains(own[key], value));
}

function keyOf(setting: string): string {
  return setting.slice(0, Math.max(0, setting.indexOf("=")));
}

/**
 * Applies `key=value`, or `key.key=value`, to a configuration; the value is read as YAML.
 *
 * @throws {ItamlError} USAGE where there is no `=`; CONFIG_INVALID where a key can't be one
 */
export function applySetting(config: Record<string, unknown>, setting: string): void {
  const equals = setting.indexOf("=");
  if (equals < 1) {
    throw new ItamlError("USAGE", "not a setting", {
      where: "--set",
      expected: "key=value, such as --set epochs=5 or --set learner.memory=500",
      found: setting,
    });
  }
  const path = setting.slice(0, equals).split(".");
  // What objects inherit is no key of theirs.
  const inherited = path.find((key) => key in {});
  if (inherited !== undefined) {
    throw new ItamlError("CONFIG_INVALID", `unknown key "${inherited}"`, { where: "--set" });
  }
  const last = path.pop() as string;
  let target = config;
  for (const key of path) {
    const inner = target[key];
    const named = typeof inner === "string" ? writtenOut(inner) : {};
    const object = typeof inner === "object" && inner !== null ? { ...inner } : named;
    target[key] = object;
    target = object as Record<string, unknown>;
  }
  const { value } = parseConfigText(`value: ${setting.slice(equals + 1)}`, "--set");
  target[last] = value;
}

/** A part that stands somewhere by its name alone, or a network by its file's, as an object for further settings. */
export function writtenOut(part: string): { name?: string; model?: string } {
  return /\.onnx$/i.test(part) ? { model: part } : { name: part };
}
