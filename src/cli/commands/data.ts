import { ItamlError } from "../../base/errors.js";
import { DATASETS, datasetFolder, findDataset, isBuiltIn, isHere } from "../../data/catalog.js";
import type { DatasetDescriptor } from "../../data/dataset-descriptor.js";
import { fetchArchive } from "../../files/archive.js";
import { download, type RemoteFile } from "../../files/download.js";
import { interruptible } from "../interruption.js";
import { ProgressLine } from "../progress-line.js";

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
  entry: DatasetDescriptor,
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
  const onWait = () => line.show(() => `${file.name}: another process is getting it …`);
  try {
    if (!file.archive) {
      const downloaded = await download(file, folder, { onProgress: onDownload, onWait, signal });
      return downloaded ? "downloaded, checksum right" : "already here";
    }
    const origin = await fetchArchive(file, folder, {
      // An archive isn't kept: that it was here shows in what it left.
      isExtracted: () => isHere(entry, folder),
      ...{ onDownload, onExtraction, onWait, signal },
    });
    if (origin === "extracted before") return "already extracted";
    const from = origin === "downloaded" ? "downloaded" : "already here";
    return `${from}, checksum right; extracted, and the archive removed`;
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

function megabytes(bytes: number): string {
  return (bytes / 1e6).toFixed(1);
}
