import { z } from "zod";
import { checkBySchema } from "../base/check.js";
import { ItamlError } from "../base/errors.js";
import { parseConfigText } from "./config-text.js";

const FILE_NAME = /^[A-Za-z0-9][\w.-]*$/;

const sweepSchema = z.strictObject({
  base: z.string(),
  out: z.string().optional(),
  /** Where it runs; what may stand here launchers know, on a floor above. */
  on: z.unknown().optional(),
  seeds: z.array(z.int().min(0)).min(1),
  grid: z.record(z.string(), z.array(z.unknown()).min(1)).default({}),
  variants: z.record(z.string(), z.record(z.string(), z.unknown())).default({ "": {} }),
});

/** A sweep file: a base configuration, and how its runs differ from it. */
export type Sweep = z.output<typeof sweepSchema>;

/** A configuration of a sweep, to be run with each seed. */
export interface SweepVariant {
  /** Fit for a file's name; empty where there is one alone. */
  readonly name: string;
  /** Keys of the configuration, or `key.key`, with their values. */
  readonly settings: Readonly<Record<string, unknown>>;
}

/** @throws {ItamlError} CONFIG_INVALID with what is wrong */
export function parseSweep(text: string, where: string): Sweep {
  const sweep = checkBySchema(sweepSchema, parseConfigText(text, where), where);
  const invalid = (key: string, summary: string, problem: { expected?: string } = {}) =>
    new ItamlError("CONFIG_INVALID", summary, { where: `${where}: ${key}`, ...problem });
  const inGrid = Object.keys(sweep.grid);
  if (inGrid.includes("seed")) throw invalid("grid", "seeds have a key of their own, seeds");
  if (new Set(sweep.seeds).size < sweep.seeds.length)
    throw invalid("seeds", "a seed is there twice");
  for (const [name, settings] of Object.entries(sweep.variants)) {
    if (name !== "" && !FILE_NAME.test(name)) {
      throw invalid("variants", `"${name}" can't be a directory's name`, {
        expected: "letters, digits, dots, - and _",
      });
    }
    const twice = Object.keys(settings).find((key) => key === "seed" || inGrid.includes(key));
    if (twice === undefined) continue;
    throw invalid(`variants.${name}`, `${twice} is in ${twice === "seed" ? "seeds" : "grid"} too`);
  }
  return sweep;
}

/**
 * Every variant with every combination of the grid's values.
 *
 * @throws {ItamlError} CONFIG_INVALID where two of them have one name
 */
export function sweepVariants({ variants, grid }: Sweep, where: string): SweepVariant[] {
  let all: SweepVariant[] = Object.entries(variants).map(([name, settings]) => ({
    ...{ name, settings },
  }));
  for (const [key, values] of Object.entries(grid)) {
    all = all.flatMap(({ name, settings }) =>
      values.map((value) => ({
        // What is the same everywhere needs no name.
        name: values.length === 1 ? name : [name, valueName(key, value)].filter(Boolean).join("-"),
        settings: { ...settings, [key]: value },
      })),
    );
  }
  const names = all.map(({ name }) => name);
  const twice = names.find((name, i) => names.indexOf(name) < i);
  if (twice === undefined) return all;
  throw new ItamlError("CONFIG_INVALID", `two configurations of the sweep are called "${twice}"`, {
    where,
    remedy: "Give them names of their own, under variants",
  });
}

/** Such as `beta0.5` or `epochs5-20`; words and named objects, such as `ewc` and `adam`, speak for themselves. */
function valueName(key: string, value: unknown): string {
  const named = (value as { name?: unknown } | null)?.name ?? value;
  const text =
    typeof named === "string" ? named : `${key.split(".").at(-1)}${JSON.stringify(named)}`;
  return text.replaceAll(/[^\w.]+/g, "-").replaceAll(/^[-.]+|-+$/g, "");
}
