import { resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { z } from "zod";
import { ItamlError } from "../base/errors.js";
import { withParts } from "../learners/parts.js";
import { builtInParts, type Parts } from "./parts.js";

/** As far as it can be told whether something is a part. */
const partSchema = z.looseObject({ name: z.string().min(1), title: z.string().min(1) });

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
    remedy: `If you trust it, add --plugin ${stranger}`,
  });
}

async function loadPlugin(file: string): Promise<Partial<Parts>> {
  const invalid = (summary: string, found: string, cause?: unknown) =>
    new ItamlError(
      "CONFIG_INVALID",
      summary,
      {
        where: `plugin ${file}`,
        expected: `exports of lists of parts: ${Object.keys(builtInParts).join(", ")}`,
        found,
      },
      { cause },
    );
  let exported: Record<string, unknown>;
  try {
    exported = (await import(pathToFileURL(file).href)) as Record<string, unknown>;
  } catch (error) {
    throw invalid("the module can't be loaded", (error as Error).message, error);
  }
  const kinds = Object.keys(exported).filter((kind) => kind in builtInParts);
  if (kinds.length === 0) {
    throw invalid("the module brings nothing", Object.keys(exported).join(", ") || "no export");
  }
  for (const kind of kinds) {
    const list = z.array(partSchema).safeParse(exported[kind]);
    if (list.success) continue;
    const [issue] = list.error.issues;
    throw invalid(
      "a part is not one",
      `${[kind, ...(issue?.path ?? [])].join(".")}: ${issue?.message}`,
    );
  }
  return Object.fromEntries(kinds.map((kind) => [kind, exported[kind]])) as Partial<Parts>;
}
