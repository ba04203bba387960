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
    // A part may stand there by its name alone.
    const named = typeof inner === "string" ? { name: inner } : {};
    const object = typeof inner === "object" && inner !== null ? { ...inner } : named;
    target[key] = object;
    target = object as Record<string, unknown>;
  }
  const { value } = parseConfigText(`value: ${setting.slice(equals + 1)}`, "--set");
  target[last] = value;
}
