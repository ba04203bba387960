import { basename, dirname, extname, join } from "node:path";
import { didYouMean, ItamlError, nearestName } from "../../base/errors.js";
import { parseSweep, sweepVariants } from "../../experiment/sweep.js";
import { readFileOrThrow } from "../../files/read-file.js";
import { MAXIMUM_CONFIG, type TrainOptions } from "../commands/train.js";

/** A run of a sweep, by the sweep's file alone. */
export interface NamedRun {
  readonly configuration: string;
  readonly name: string;
  readonly path: string;
  /** What its configuration is read from, and what changes it. */
  readonly base: string;
  readonly settings: Pick<TrainOptions, "data" | "plugin" | "seed" | "set">;
}

/** A sweep as its file has it: neither configurations nor data are looked at. */
export interface NamedSweep {
  readonly file: string;
  readonly out: string;
  /** Where its file says that it runs. */
  readonly on: unknown;
  /** What the command line was given beside the file. */
  readonly given: SweepPlaces;
  readonly runs: readonly NamedRun[];
}

/** Where the runs of a sweep go, and where data and plugins come from. */
export interface SweepPlaces {
  out?: string;
  data?: string;
  plugin?: string[];
}

/**
 * @param only of its runs the one of this name
 * @throws {ItamlError} CONFIG_INVALID; USAGE where there is no such run
 */
export async function readSweep(
  file: string,
  { out: outGiven, data, plugin = [] }: SweepPlaces,
  only?: string,
): Promise<NamedSweep> {
  const text = (await readFileOrThrow(file, "CONFIG_INVALID", MAXIMUM_CONFIG)).toString("utf8");
  const content = parseSweep(text, file);
  const isFile = /\.ya?ml$/.test(content.base);
  const base = isFile ? join(dirname(file), content.base) : content.base;
  const out = outGiven ?? content.out ?? join("runs", basename(file, extname(file)));
  const all = sweepVariants(content, file).flatMap((variant) => {
    const configuration = variant.name || basename(base, extname(base));
    const set = Object.entries(variant.settings).map(
      ([key, value]) => `${key}=${JSON.stringify(value)}`,
    );
    return content.seeds.map((seed): NamedRun => {
      const name = `${configuration}-seed${seed}`;
      const settings = { data, plugin, seed, set };
      return { configuration, name, path: join(out, name), base, settings };
    });
  });
  const runs = only === undefined ? all : all.filter(({ name }) => name === only);
  if (only !== undefined && runs.length === 0) {
    const names = all.map(({ name }) => name);
    throw unknownRun(file, only, names);
  }
  return { file, out, on: content.on, given: { out: outGiven, data, plugin }, runs };
}

function unknownRun(file: string, name: string, names: readonly string[]): ItamlError {
  return new ItamlError("USAGE", `the sweep has no run "${name}"`, {
    where: file,
    expected: `one of ${names.length}, such as ${names[0]}`,
    ...didYouMean(nearestName(name, names)),
  });
}
