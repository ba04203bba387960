import { resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { z } from "zod";
import { ItamlError } from "../base/errors.js";
import { datasetSchema } from "../data/catalog.js";
import { withParts } from "../learners/parts.js";
import { builtInParts, type Parts } from "./parts.js";

const named = { name: z.string().min(1), title: z.string().min(1) };
const called = z.custom<object>((value) => typeof value === "function", "expected a function");

/** As far as it can be told whether something is a part of a kind. */
const SCHEMAS: Readonly<Partial<Record<string, z.ZodType>>> = {
  datasets: datasetSchema,
  sections: z.looseObject({ ...named, render: called }),
};
const partSchema = z.looseObject({ ...named, create: called });

/**
 * What comes with the program, and what modules bring: each exports lists of parts by their kinds, such as
 * `export const networks = [mine]`.
 *
 * @param files JavaScript modules
 * @throws {ItamlError} CONFIG_INVALID where one can't be loaded, or exports no parts
 */
export async function loadParts(files: readonly string[] = []): Promise<Parts> {
  let parts = builtInParts;
  for (const file of files) parts = withParts(parts, await loadPlugin(resolve(file)));
  return parts;
}

const trusted = new Set<string>();

/** Lets files that are read name these plugins: whoever starts the program has named them. */
export function trustPlugins(files: readonly string[]): void {
  for (const file of files) trusted.add(resolve(file));
}

/**
 * The same for plugins that a configuration or a run names: what is in a file runs no code by itself.
 *
 * @throws {ItamlError} CONFIG_INVALID where one was not trusted
 */
export async function loadNamedParts(files: readonly string[] = []): Promise<Parts> {
  const stranger = files.find((file) => !trusted.has(resolve(file)));
  if (stranger === undefined) return loadParts(files);
  throw new ItamlError("CONFIG_INVALID", "a plugin is code, which runs only where you name it", {
    where: "plugins",
    found: stranger,
    remedy: "If you trust it, add",
    command: ["--plugin", stranger],
  });
}

async function loadPlugin(file: string): Promise<Partial<Parts>> {
  const where = `plugin ${file}`;
  let exported: object;
  try {
    exported = (await import(pathToFileURL(file).href)) as object;
  } catch (error) {
    const found = (error as Error).message;
    throw invalid("the module can't be loaded", where, found, error);
  }
  return partsOf(exported, where);
}

/**
 * The parts that a module exports.
 *
 * @throws {ItamlError} CONFIG_INVALID where there are none, or one is not what it should be
 */
export function partsOf(exported: object, where: string): Partial<Parts> {
  const kinds = Object.entries(exported).filter(([kind]) => kind in builtInParts);
  if (kinds.length === 0) {
    const names = Object.keys(exported).join(", ") || "no export";
    throw invalid("the module brings nothing", where, names);
  }
  for (const [kind, list] of kinds) {
    const { error } = z.array(SCHEMAS[kind] ?? partSchema).safeParse(list);
    const issue = error?.issues[0];
    if (!issue) continue;
    const key = [kind, ...issue.path].join(".");
    throw invalid("a part is not one", where, `${key}: ${issue.message}`);
  }
  return Object.fromEntries(kinds);
}

function invalid(summary: string, where: string, found: string, cause?: unknown): ItamlError {
  const expected = `exports of lists of parts: ${Object.keys(builtInParts).join(", ")}`;
  return new ItamlError("CONFIG_INVALID", summary, { where, expected, found }, { cause });
}
