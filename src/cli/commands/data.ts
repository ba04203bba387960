import { DATASETS, datasetFolder, findDataset } from "../../data/catalog.js";
import {
  contentHash,
  type DownloadProgress,
  download,
  findLocal,
  type RemoteFile,
} from "../../data/download.js";
import { indicesByClass } from "../../data/samples.js";
import { ItamlError } from "../../errors.js";
import { textTable } from "../../report/table.js";
import { interruptible } from "../interruption.js";

/** Lists the data sets. */
export async function list({ json }: { json?: boolean }): Promise<void> {
  const rows = DATASETS.map(({ name, description, source, licence, files }) => {
    const folder = datasetFolder(name);
    const here = files.every((file) => findLocal(folder, file) !== undefined);
    return { name, description, source, licence, here, ...(files.length > 0 && { folder }) };
  });
  if (json) {
    console.log(JSON.stringify(rows, undefined, 2));
    return;
  }
  for (const { name, description, source, licence, here, folder } of rows) {
    const where = folder === undefined ? "always here" : here ? `in ${folder}` : "not here";
    console.log(`${name}\n  ${description}\n  ${source}; licence ${licence}; ${where}`);
  }
}

/** Downloads a data set. */
export async function fetchDataset(name: string, { data }: { data?: string }): Promise<void> {
  const { files } = findDataset(name);
  if (files.length === 0) {
    console.log(`${name} is built in: there is nothing to fetch.`);
    return;
  }
  const folder = datasetFolder(name, data);
  await interruptible(async (signal) => {
    for (const file of files) {
      const show = downloadDisplay();
      const fetched = await download(file, folder, { onProgress: show, signal }).catch((error) => {
        throw explain(error, signal, folder, files.slice(files.indexOf(file)));
      });
      if (process.stderr.isTTY) process.stderr.write("\r\x1b[K");
      console.log(`${file.name}: ${fetched ? "downloaded, checksum right" : "already here"}`);
    }
  });
  console.log(`${name} is in ${folder}`);
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
  if (!(error instanceof ItamlError)) return error;
  return new ItamlError("DOWNLOAD_FAILED", "no source gave the file", {
    ...error.problem,
    remedy: `Without a network put ${names} into ${folder} by hand`,
  });
}

/** Reads a data set as a whole, and verifies checksums where they are known. */
export async function check(name: string, { data }: { data?: string }): Promise<void> {
  const entry = findDataset(name);
  const folder = datasetFolder(name, data);
  const dataset = await entry.load(folder);
  for (const file of entry.files) {
    const path = findLocal(folder, file) as string;
    if ((await contentHash(path)) !== file.sha256OfContent) {
      throw new ItamlError("DATASET_INVALID", "the content is not that of the published file", {
        where: path,
        expected: `sha256 ${file.sha256OfContent} of the unpacked content`,
        found: `sha256 ${await contentHash(path)}`,
        remedy: `Get it again: itaml data fetch ${name} --data ${folder}`,
      });
    }
  }
  const classes = dataset.classes.map((_, label) => label);
  const counts = (labels: ArrayLike<number>) =>
    indicesByClass(labels, classes).map(({ length }) => String(length));
  console.log(
    textTable([
      ["class", ...dataset.classes, "all"],
      ["training", ...counts(dataset.train.labels), String(dataset.train.labels.length)],
      ["test", ...counts(dataset.test.labels), String(dataset.test.labels.length)],
    ]),
  );
  const source = entry.files.length > 0 ? `in ${folder}, checksums right` : "built in";
  console.log(`\n${name}: good (${source})`);
}

function downloadDisplay(): (progress: DownloadProgress) => void {
  let last = 0;
  return ({ file, received, total }) => {
    if (!process.stderr.isTTY || performance.now() - last < 200) return;
    last = performance.now();
    const megabytes = (bytes: number) => (bytes / 1e6).toFixed(1);
    const of = total === undefined ? "" : ` of ${megabytes(total)}`;
    process.stderr.write(`\r\x1b[K${file}: ${megabytes(received)}${of} MB`);
  };
}
