import { ItamlError } from "../base/errors.js";
import { readFileOrThrow } from "../files/read-file.js";
import type { NamedTensors } from "../nn/feature-extractor.js";
import type { Network } from "../nn/network.js";
import { decodeSafetensors } from "../storage/safetensors.js";
import { PRETRAINED, readWeights } from "./pretrained.js";

/**
 * The tensors that a network starts from; undefined where it starts at random.
 *
 * @throws {ItamlError} WEIGHTS_MISSING, FILE_INVALID, CONFIG_INVALID
 */
export async function startingTensors({
  name,
  weights,
}: Network): Promise<NamedTensors | undefined> {
  if (weights === undefined) return undefined;
  if (weights !== "pretrained") {
    const bytes = await readFileOrThrow(weights, "FILE_INVALID");
    return decodeSafetensors(bytes, weights).tensors;
  }
  const known = PRETRAINED.find((candidate) => candidate.name === name);
  if (known) return readWeights(known);
  throw new ItamlError("CONFIG_INVALID", "there are no pretrained weights by name", {
    where: `network ${name}`,
    expected: `a file, or one of ${PRETRAINED.map((candidate) => candidate.name).join(", ")}`,
  });
}
