import { join, resolve } from "node:path";
import { z } from "zod";
import { didYouMean, ItamlError, nearestName } from "../base/errors.js";
import { findLocal } from "../files/download.js";
import { cifar10, cifar100 } from "./cifar.js";
import { cub200 } from "./cub200.js";
import type { DatasetDescriptor } from "./dataset-descriptor.js";
import { imageFolder } from "./image-folder.js";
import { imageNet } from "./imagenet.js";
import { mnist } from "./mnist.js";
import { msCeleb } from "./msceleb.js";
import { strokes } from "./strokes.js";
import { svhn, svhnExtra } from "./svhn.js";

/** The data sets that come with the program. */
export const DATASETS: readonly DatasetDescriptor[] = [
  ...[strokes, mnist, cifar10, cifar100, svhn, svhnExtra],
  ...[cub200, imageNet, msCeleb, imageFolder],
];

const text = z.string().min(1);
const called = z.custom<object>((value) => typeof value === "function", "expected a function");
const channels = z.array(z.number()).min(1);
const common = {
  name: z.string().regex(/^[a-z0-9][a-z0-9-]*$/, "expected small letters, digits and hyphens"),
  ...{ title: text, description: text, source: text, licence: text, obtain: text.optional() },
  contains: z.array(text),
  within: text.optional(),
  files: z.array(
    z.object({
      name: z.string().regex(/^[^/\\]+$/, "expected a name without folders"),
      urls: z.array(z.url()).min(1),
      bytes: z.int().min(1),
      checksum: z.object({
        algorithm: z.enum(["md5", "sha256"]),
        hash: z.string().regex(/^[0-9a-f]{32,64}$/, "expected hexadecimal digits"),
        of: z.enum(["content", "file"]),
      }),
      archive: z.object({ strip: z.int().min(0) }).optional(),
    }),
  ),
};

/** What a descriptor from outside must be, whatever its types said. */
export const datasetSchema = z.discriminatedUnion("kind", [
  z.object({ kind: z.literal("samples"), ...common, load: called }),
  z.object({ kind: z.literal("images"), ...common, mean: channels, std: channels, list: called }),
]);

/**
 * @param datasets where it is looked for; by default those that come with the program
 * @throws {ItamlError} DATASET_UNKNOWN with the nearest name
 */
export function findDataset(name: string, datasets = DATASETS): DatasetDescriptor {
  const found = datasets.find((dataset) => dataset.name === name);
  if (found) return found;
  const known = datasets.map((dataset) => dataset.name);
  const nearest = nearestName(name, known);
  throw new ItamlError("DATASET_UNKNOWN", `there is no data set "${name}"`, {
    ...(nearest ? didYouMean(nearest) : { expected: known.join(", ") }),
  });
}

/** Where a data set is looked for: the folder given, or data/NAME here. */
export function datasetFolder(name: string, folder?: string): string {
  return resolve(folder ?? `data/${name}`);
}

/** Whether a folder holds a data set. */
export function isHere({ contains, within = "." }: DatasetDescriptor, folder: string): boolean {
  const roots = [folder, join(folder, within)];
  return roots.some((root) => contains.every((path) => findLocal(root, path) !== undefined));
}

/** Whether a data set is part of the program. */
export function isBuiltIn({ files, obtain }: DatasetDescriptor): boolean {
  return files.length === 0 && obtain === undefined;
}
