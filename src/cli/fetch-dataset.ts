import { createInterface } from "node:readline";
import { ItamlError } from "../base/errors.js";
import { isHere } from "../data/catalog.js";
import type { DatasetDescriptor } from "../data/dataset-descriptor.js";
import { fetchArchive } from "../files/archive.js";
import { download, type RemoteFile } from "../files/download.js";
import { interruptible } from "./interruption.js";
import { ProgressLine } from "./progress-line.js";

/**
 * Downloads a data set, and extracts what is in an archive.
 *
 * @param say told what became of each file
 * @throws {ItamlError} USAGE where it is not to be downloaded; DOWNLOAD_FAILED, ARCHIVE_INVALID, INTERRUPTED
 */
export async function fetchFiles(
  entry: DatasetDescriptor,
  folder: string,
  say: (line: string) => void,
): Promise<void> {
  if (entry.obtain) {
    throw new ItamlError("USAGE", `${entry.name} is not to be downloaded`, {
      remedy: entry.obtain,
    });
  }
  await interruptible(async (signal) => {
    for (const file of entry.files) {
      const done = await fetchFile(entry, file, folder, signal).catch((error) => {
        throw explain(error, signal, folder, entry.files.slice(entry.files.indexOf(file)));
      });
      say(`${file.name}: ${done}`);
    }
  });
}

/**
 * Gets a data set that isn't there before it is trained on: where that was asked for, or somebody says yes. What is not to
 * be downloaded is left to be missed.
 *
 * @param ask undefined where nobody is there to answer
 * @throws {ItamlError} as {@link fetchFiles}
 */
export async function provideDataset(
  entry: DatasetDescriptor,
  folder: string,
  { fetch, ask }: { fetch: boolean; ask: ((question: string) => Promise<boolean>) | undefined },
): Promise<void> {
  if (isHere(entry, folder)) return;
  if (!fetch) {
    if (!ask || entry.files.length === 0) return;
    const bytes = entry.files.reduce((sum, file) => sum + file.bytes, 0);
    const yes = await ask(
      `${entry.title} is not in ${folder}. It has ${megabytes(bytes)} MB; licence: ${entry.licence}.\n` +
        "Download it there? [y/N] ",
    );
    if (!yes) return;
  }
  await fetchFiles(entry, folder, (line) => process.stderr.write(`${line}\n`));
}

/** Asks on the terminal; undefined where there is none. */
export function terminalQuestion(
  input: NodeJS.ReadStream = process.stdin,
  output: NodeJS.WriteStream = process.stderr,
): ((question: string) => Promise<boolean>) | undefined {
  if (!input.isTTY || !output.isTTY) return undefined;
  return (question) =>
    new Promise((resolve) => {
      const terminal = createInterface({ input, output });
      // Ctrl-C and the end of input are no answer.
      terminal.on("close", () => resolve(false));
      terminal.question(question, (answer) => {
        resolve(/^y(es)?$/i.test(answer.trim()));
        terminal.close();
      });
    });
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

export function megabytes(bytes: number): string {
  return (bytes / 1e6).toFixed(1);
}
