import { ItamlError } from "../../base/errors.js";
import {
  DATASETS,
  type DatasetEntry,
  datasetFolder,
  findDataset,
  type ImageSetEntry,
  isHere,
} from "../../data/catalog.js";
import { checkImages } from "../../data/check-images.js";
import { fetchArchive } from "../../files/archive.js";
import { download, fileHash, findLocal, type RemoteFile } from "../../files/download.js";
import { textTable } from "../../report/table.js";
import { indicesByClass } from "../../samples/samples.js";
import { interruptible } from "../interruption.js";
import { ProgressLine } from "../progress-line.js";

/** How many broken pictures are named. */
const BROKEN_SHOWN = 20;
/** With more classes than this the table of counts has no column for each. */
const MOST_COLUMNS = 30;

/** Lists the data sets. */
export async function list({ json }: { json?: boolean }): Promise<void> {
  const rows = DATASETS.map((entry) => {
    const { name, kind, description, source, licence, files } = entry;
    const folder = datasetFolder(name);
    return {
      ...{ name, kind, description, source, licence },
      obtain: entry.obtain ?? (isBuiltIn(entry) ? "built in" : `itaml data fetch ${name}`),
      here: isHere(entry, folder),
      ...(!isBuiltIn(entry) && { folder }),
      files,
    };
  });
  if (json) {
    console.log(JSON.stringify(rows, undefined, 2));
    return;
  }
  for (const { name, description, source, licence, obtain, files, here, folder } of rows) {
    const lines = [name, description, `${source}; licence: ${licence}`];
    if (folder === undefined) {
      lines.push("always here");
    } else {
      const bytes = files.reduce((sum, file) => sum + file.bytes, 0);
      const algorithm = files[0]?.checksum.algorithm;
      lines.push(
        algorithm
          ? `${obtain} (${megabytes(bytes)} MB, ${algorithm} known)`
          : `by hand, no checksum known: ${obtain}`,
        here ? `here: ${folder}` : "not here",
      );
    }
    console.log(lines.join("\n  "));
  }
}

function isBuiltIn({ files, obtain }: DatasetEntry): boolean {
  return files.length === 0 && obtain === undefined;
}

/** Downloads a data set, and extracts what is in an archive. */
export async function fetchDataset(name: string, { data }: { data?: string }): Promise<void> {
  const entry = findDataset(name);
  if (isBuiltIn(entry)) {
    console.log(`${name} is built in: there is nothing to fetch.`);
    return;
  }
  if (entry.obtain) {
    throw new ItamlError("USAGE", `${name} is not to be downloaded`, { remedy: entry.obtain });
  }
  const folder = datasetFolder(name, data);
  await interruptible(async (signal) => {
    for (const file of entry.files) {
      const done = await fetchFile(entry, file, folder, signal).catch((error) => {
        throw explain(error, signal, folder, entry.files.slice(entry.files.indexOf(file)));
      });
      console.log(`${file.name}: ${done}`);
    }
  });
  console.log(`${name} is in ${folder}`);
}

/** Gets a file of a data set; returns what had to be done. */
async function fetchFile(
  entry: DatasetEntry,
  file: RemoteFile,
  folder: string,
  signal: AbortSignal,
): Promise<string> {
  const line = new ProgressLine();
  const onDownload = ({ received, total }: { received: number; total: number | undefined }) =>
    line.show(() => {
      const of = total === undefined ? "" : ` of ${megabytes(total)}`;
      return `${file.name}: ${megabytes(received)}${of} MB`;
    });
  const onExtraction = ({ read, total }: { read: number; total: number }) =>
    line.show(() => `${file.name}: extracting, ${Math.floor((100 * read) / total)} %`);
  try {
    if (!file.archive) {
      const downloaded = await download(file, folder, { onProgress: onDownload, signal });
      return downloaded ? "downloaded, checksum right" : "already here";
    }
    // An archive isn't kept: that it was here shows in what it left.
    if (isHere(entry, folder)) return "already extracted";
    const downloaded = await fetchArchive(file, folder, { onDownload, onExtraction, signal });
    const origin = downloaded ? "downloaded" : "already here";
    return `${origin}, checksum right; extracted, and the archive removed`;
  } finally {
    line.clear();
  }
}

/** The error of a download with what to do about it for the whole data set. */
function explain(
  error: unknown,
  signal: AbortSignal,
  folder: string,
  missing: readonly RemoteFile[],
): unknown {
  const names = missing.map((file) => file.name).join(", ");
  if (signal.aborted) {
    return new ItamlError("INTERRUPTED", "the download was stopped", {
      where: names,
      remedy: "The same command continues it",
    });
  }
  if (!(error instanceof ItamlError) || error.code !== "DOWNLOAD_FAILED") return error;
  const extract = missing.some(({ archive }) => archive)
    ? ", and the same command extracts it"
    : "";
  return new ItamlError("DOWNLOAD_FAILED", "no source gave the file", {
    ...error.problem,
    remedy: `Without a network put ${names} into ${folder} by hand${extract}`,
  });
}

/** Reads a data set as a whole, and verifies checksums where they are known. */
export async function check(name: string, { data }: { data?: string }): Promise<void> {
  const entry = findDataset(name);
  const folder = datasetFolder(name, data);
  if (entry.kind === "images") {
    await checkPictures(entry, folder);
    return;
  }
  const dataset = await entry.load(folder);
  const files = entry.files.filter(({ archive }) => !archive);
  for (const file of files) await verifyChecksum(entry, file, folder);
  console.log(countTable(dataset));
  const checksums = entry.files.some(({ archive }) => archive)
    ? "; no checksum verified: only the archive has one, which fetching verifies"
    : ", checksums right";
  console.log(`\n${name}: good (${isBuiltIn(entry) ? "built in" : `in ${folder}${checksums}`})`);
}

async function verifyChecksum(
  { name }: DatasetEntry,
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
    found: `${algorithm} ${hash}`,
    remedy: `Get it again: itaml data fetch ${name} --data ${folder}`,
  });
}

async function checkPictures(entry: ImageSetEntry, folder: string): Promise<void> {
  const listed = await entry.list(folder, {});
  console.log(countTable(listed));
  const files = [...listed.train.files, ...listed.test.files];
  const line = new ProgressLine();
  const onProgress = (checked: number, total: number) =>
    line.show(() => `${checked} of ${total} pictures`);
  const broken = await interruptible((signal) =>
    checkImages(files, { onProgress, signal }),
  ).finally(() => line.clear());
  const pictures = files.length.toLocaleString("en");
  if (broken.length === 0) {
    console.log(`\n${entry.name}: good (in ${folder}; all ${pictures} pictures can be read)`);
    return;
  }
  console.log("");
  for (const { file, reason } of broken.slice(0, BROKEN_SHOWN)) console.log(`${file}: ${reason}`);
  if (broken.length > BROKEN_SHOWN) console.log(`and ${broken.length - BROKEN_SHOWN} more`);
  throw new ItamlError("IMAGE_INVALID", "pictures can't be read", {
    where: folder,
    found: `${broken.length} broken ones among ${pictures}`,
    remedy: "Replace or remove them",
  });
}

interface Part {
  readonly labels: ArrayLike<number>;
}

/** How many samples there are of each class, or the range of it where the classes are many. */
function countTable({
  classes,
  train,
  test,
}: {
  readonly classes: readonly string[];
  readonly train: Part;
  readonly test: Part;
}): string {
  const labels = classes.map((_, label) => label);
  const row = (title: string, part: Part): string[] => {
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

function megabytes(bytes: number): string {
  return (bytes / 1e6).toFixed(1);
}
