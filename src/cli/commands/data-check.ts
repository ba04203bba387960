import { ItamlError, refusals, throwAll } from "../../base/errors.js";
import { datasetFolder, findDataset, isBuiltIn } from "../../data/catalog.js";
import { readClassList } from "../../data/class-list.js";
import type { DatasetDescriptor, ImageSet, SampleSet } from "../../data/dataset-descriptor.js";
import type { ImageSettings } from "../../data/image-settings.js";
import { imageStatistics } from "../../data/image-statistics.js";
import { inspectImages } from "../../data/inspect-images.js";
import { leftOutNotes } from "../../data/left-out.js";
import type { Config } from "../../experiment/config.js";
import type { Parts } from "../../experiment/parts.js";
import { loadParts } from "../../experiment/plugins.js";
import { openFrozen } from "../../experiment/setup.js";
import { taskSamples } from "../../experiment/task-samples.js";
import { imagesFor } from "../../features/extractor.js";
import { fileHash, findLocal, type RemoteFile } from "../../files/download.js";
import { textTable, wrapText } from "../../report/table.js";
import { indicesByClass } from "../../samples/samples.js";
import { writeContactSheet } from "../contact-sheet.js";
import { chooseForFolder } from "../folder-features.js";
import { interruptible } from "../interruption.js";
import { ProgressLine } from "../progress-line.js";
import { terminalWidth } from "../terminal-width.js";
import { warn } from "../warn.js";
import { readConfig } from "./train.js";

/** How many broken pictures are named. */
const BROKEN_SHOWN = 20;
/** With more classes than this the table of counts has no column for each. */
const MOST_COLUMNS = 30;

export interface CheckOptions {
  data?: string;
  features?: string;
  sheet?: string;
  plugin?: string[];
}

/**
 * Reads a data set as a whole, verifies checksums where they are known, and says what training would: with the settings
 * of a configuration, or those that come with the program under the data set's name.
 */
export async function check(name: string, options: CheckOptions): Promise<void> {
  const parts = await loadParts(options.plugin);
  const config = await settingsOf(name, options, parts);
  const entry = findDataset(config?.dataset ?? name, parts.datasets);
  const folder = datasetFolder(entry.name, config?.data ?? options.data);
  if (entry.kind === "images") {
    await checkPictures(entry, folder, parts, config, options.sheet);
    return;
  }
  if (options.sheet !== undefined) {
    throw new ItamlError("USAGE", "only picture files make a contact sheet", {
      ...{ where: "--sheet", found: entry.name },
    });
  }
  await checkSamples(entry, folder, parts, config);
}

/** The settings that training would have; undefined where only the data set has this name. */
async function settingsOf(
  name: string,
  { sheet: _, ...options }: CheckOptions,
  { datasets }: Parts,
): Promise<Config | undefined> {
  const say = (line: string) => console.log(`${wrapText(line, terminalWidth()).join("\n")}\n`);
  const chosen = await chooseForFolder(name, options, say);
  return readConfig(chosen, options, say).catch((error) => {
    const isUnknown = error instanceof ItamlError && error.code === "DATASET_UNKNOWN";
    if (isUnknown && datasets.some((entry) => entry.name === name)) return undefined;
    throw error;
  });
}

async function checkSamples(
  entry: SampleSet,
  folder: string,
  parts: Parts,
  config: Config | undefined,
): Promise<void> {
  const dataset = await entry.load(folder);
  const files = entry.files.filter(({ archive }) => !archive);
  for (const file of files) await verifyChecksum(entry, file, folder);
  console.log(countTable(dataset));
  if (config) taskSamples(dataset, config, parts);
  const checksums = entry.files.some(({ archive }) => archive)
    ? "; no checksum verified: only the archive has one, which fetching verifies"
    : ", checksums right";
  console.log(
    `\n${entry.name}: good (${isBuiltIn(entry) ? "built in" : `in ${folder}${checksums}`})`,
  );
}

async function verifyChecksum(
  { name }: DatasetDescriptor,
  { name: file, checksum }: RemoteFile,
  folder: string,
): Promise<void> {
  const path = findLocal(folder, file) as string;
  const hash = await fileHash(path, checksum);
  if (hash === checksum.hash) return;
  const { algorithm, of } = checksum;
  throw new ItamlError("DATASET_INVALID", "the content is not that of the published file", {
    where: path,
    expected: `${algorithm} ${checksum.hash}${of === "content" ? " of the unpacked content" : ""}`,
    found: hash === undefined ? "a damaged file" : `${algorithm} ${hash}`,
    remedy: "Get it again",
    command: ["itaml", "data", "fetch", name, "--data", folder],
  });
}

async function checkPictures(
  entry: ImageSet,
  folder: string,
  parts: Parts,
  config: Config | undefined,
  sheet: string | undefined,
): Promise<void> {
  const { split, classes, images } = config ?? {};
  const listed = await entry.list(folder, {
    ...(split && { split }),
    ...(classes !== undefined && { classes: await readClassList(classes) }),
  });
  console.log(countTable(listed));
  const files = [...listed.train.files, ...listed.test.files];
  const learned = config && (await imagesOf(config).catch(sayUnknownSize));
  const line = new ProgressLine();
  const inspection = await interruptible((signal) =>
    inspectImages(files, {
      ...{ background: images?.background, side: scaledSide(learned) },
      onProgress: (checked, total) => line.show(() => `${checked} of ${total} pictures`),
      signal,
    }),
  ).finally(() => line.clear());
  const { facts, doubts } = imageStatistics(listed, inspection);
  const notes = [...leftOutNotes(listed.leftOut, folder), ...doubts];
  if (facts.length > 0) console.log(`\n${textOf(facts)}`);
  if (notes.length > 0) console.log(`\n${notes.map((note) => `note: ${note}`).join("\n")}`);
  if (sheet !== undefined) {
    await writeContactSheet(sheet, listed, learned ?? images);
    console.log(`\ncontact sheet: ${sheet}`);
  }
  const { broken } = inspection;
  const pictures = files.length.toLocaleString("en");
  if (broken.length > 0) console.log("");
  for (const { file, reason } of broken.slice(0, BROKEN_SHOWN)) console.log(`${file}: ${reason}`);
  if (broken.length > BROKEN_SHOWN) console.log(`and ${broken.length - BROKEN_SHOWN} more`);
  throwAll([
    ...(broken.length > 0 ? [brokenPictures(folder, broken.length, pictures)] : []),
    ...(config ? refusals(() => taskSamples(listed, config, parts)) : []),
  ]);
  const noted = notes.length > 0 ? "; see the notes above" : "";
  console.log(`\n${entry.name}: good (in ${folder}; all ${pictures} pictures can be read${noted})`);
}

/** How pictures are read, in the size of the network that turns them into features where there is one. */
async function imagesOf(config: Config): Promise<ImageSettings | undefined> {
  const network = await openFrozen(config);
  await network?.release();
  return network ? imagesFor(network, config.images) : config.images;
}

/** The pixels to which training, or testing, scales a picture's shorter side. */
function scaledSide(images: ImageSettings | undefined): number | undefined {
  const { size = 0, resize = size, testResize = resize } = images ?? {};
  return Math.max(resize, testResize) || undefined;
}

/** Pictures are as whole without the network that will see them. */
function sayUnknownSize(error: unknown): undefined {
  if (!(error instanceof ItamlError && error.code === "WEIGHTS_MISSING")) throw error;
  warn(`${error.message} Until then nobody knows whether pictures are too narrow for it.`);
}

function brokenPictures(folder: string, broken: number, pictures: string): ItamlError {
  return new ItamlError("IMAGE_INVALID", "pictures can't be read", {
    where: folder,
    found: `${broken} broken ones among ${pictures}`,
    remedy: "Replace or remove them, or use itaml train --set images.broken=skip",
  });
}

function textOf(facts: readonly (readonly [string, string])[]): string {
  return facts.map(([name, value]) => `${name.padEnd(10)}${value}`).join("\n");
}

interface Labelled {
  readonly labels: ArrayLike<number>;
}

/** How many samples there are of each class, or the range of it where the classes are many. */
function countTable({
  classes,
  train,
  test,
}: {
  readonly classes: readonly string[];
  readonly train: Labelled;
  readonly test: Labelled;
}): string {
  const labels = classes.map((_, label) => label);
  const row = (title: string, part: Labelled): string[] => {
    const counts = indicesByClass(part.labels, labels).map(({ length }) => length);
    const cells =
      classes.length > MOST_COLUMNS
        ? [classes.length, ...leastMedianMost(counts), part.labels.length]
        : [...counts, part.labels.length];
    return [title, ...cells.map(String)];
  };
  const header =
    classes.length > MOST_COLUMNS
      ? ["", "classes", "min/class", "median/class", "max/class", "all"]
      : ["class", ...classes, "all"];
  return textTable([header, row("training", train), row("test", test)]);
}

function leastMedianMost(counts: readonly number[]): number[] {
  const sorted = [...counts].sort((a, b) => a - b);
  const at = (position: number) => sorted[position] as number;
  const middle = (sorted.length - 1) / 2;
  const median = (at(Math.floor(middle)) + at(Math.ceil(middle))) / 2;
  return [at(0), median, at(sorted.length - 1)];
}
