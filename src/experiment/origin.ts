import { isDeepStrictEqual } from "node:util";
import { z } from "zod";
import { ItamlError } from "../base/errors.js";
import type { Config } from "./config.js";

/** What a state came from: with anything else it would have been another one. */
export const originSchema = z.object({
  /** Version of the program. */
  itaml: z.string(),
  /** Content of the data set, as a hash. */
  data: z.string(),
  /** The network that features come from, as a hash. */
  features: z.string().optional(),
  config: z.record(z.string(), z.unknown()),
});

export type Origin = z.output<typeof originSchema>;

/** Paths may change, since the hash of the data set stands for what is there. */
export const PATHS: readonly (keyof Config)[] = ["data", "classes"];
const FREE: readonly (keyof Config)[] = [...PATHS, "logs"];

/**
 * @param data hash of the data set's content
 * @param features hash of the network that features come from, if any
 */
export function originOf(config: Config, itaml: string, data: string, features?: string): Origin {
  const entries = Object.entries(config).filter(
    ([key, value]) => value !== undefined && !FREE.includes(key as keyof Config),
  );
  // Sorted: the same settings are the same bytes.
  return {
    ...{ itaml, data, ...(features !== undefined && { features }) },
    config: Object.fromEntries(entries.sort(([a], [b]) => (a < b ? -1 : 1))),
  };
}

/**
 * Refuses to go on from a state of other settings, data or program.
 *
 * @param file of the state
 * @param force whether other settings and programs are no reason; other data always are: the state's exemplars are named by
 * their places among them
 * @throws {ItamlError} RUN_CHANGED with all that differs
 */
export function refuseOtherOrigin(
  state: Origin,
  now: Origin,
  file: string,
  { force = false }: { force?: boolean | undefined } = {},
): void {
  const differing = differences(state, now).filter(({ name }) => !force || name === DATA);
  if (differing.length === 0) return;
  const side = (of: "state" | "now") =>
    differing
      .map(({ name, ...values }) => `${name} ${JSON.stringify(values[of]) ?? "none"}`)
      .join(", ");
  throw new ItamlError("RUN_CHANGED", "the run was something else when this was written", {
    where: file,
    expected: side("state"),
    found: side("now"),
    remedy: differing.some(({ name }) => name === DATA)
      ? "Bring the data back, or name the folder where they are with itaml train --resume --data"
      : "Bring that back, or go on all the same with itaml train --resume --force; the results are then of no single setting",
  });
}

const DATA = "content of the data set";

function differences(state: Origin, now: Origin) {
  const parts = [
    { name: "itaml", state: state.itaml, now: now.itaml },
    { name: DATA, state: state.data, now: now.data },
    { name: "network of the features", state: state.features, now: now.features },
    ...[...new Set([...Object.keys(state.config), ...Object.keys(now.config)])].map((key) => ({
      ...{ name: key, state: state.config[key], now: now.config[key] },
    })),
  ] as const;
  return parts.filter((part) => !isDeepStrictEqual(part.state, part.now));
}
