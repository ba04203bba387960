import {
  closeSync,
  createReadStream,
  lstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  renameSync,
  writeFileSync,
} from "node:fs";
import { rm, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import { PassThrough, pipeline } from "node:stream";
import { createGunzip } from "node:zlib";
import { Parser, type ReadEntry } from "tar";
import { ItamlError } from "../base/errors.js";
import { alone, type DownloadProgress, downloadAlone, type RemoteFile } from "./download.js";
import { makeFolder, removeEmpty } from "./make-folder.js";
import type { LeaseOptions } from "./one-at-a-time.js";
import { refusal } from "./system-errors.js";

/** Entries of an archive: CUB-200-2011 has 12,000. */
const MAXIMUM_ENTRIES = 1_000_000;
/** Bytes that an archive unpacks to: ImageNet has 150 GB. */
const MAXIMUM_SIZE = 2 ** 38;
/** Pictures hardly compress, and text ten times: an archive that unpacks to more than this times its size is a bomb … */
const MAXIMUM_RATIO = 100;
/** … once it has unpacked to this, in bytes: a small one does no harm. */
const HARMLESS_SIZE = 2 ** 26;

export interface ExtractionProgress {
  readonly archive: string;
  /** Bytes of the archive so far, and in all. */
  readonly read: number;
  readonly total: number;
}

export interface FetchOptions extends LeaseOptions {
  /** Whether what is in the archive is there already. */
  readonly isExtracted: () => boolean;
  readonly onDownload?: ((progress: DownloadProgress) => void) | undefined;
  readonly onExtraction?: ((progress: ExtractionProgress) => void) | undefined;
}

/**
 * Downloads an archive into a folder, extracts it there, and removes it. Another process that does the same is waited for.
 *
 * @returns whether it had to be downloaded, was there, or what is in it was
 * @throws {ItamlError} DOWNLOAD_FAILED, ARCHIVE_INVALID
 */
export async function fetchArchive(
  file: RemoteFile,
  folder: string,
  options: FetchOptions,
): Promise<"downloaded" | "archive there" | "extracted before"> {
  const { isExtracted, onDownload, onExtraction, signal } = options;
  if (isExtracted()) return "extracted before";
  return alone(file, folder, options, async () => {
    if (isExtracted()) return "extracted before";
    const downloaded = await downloadAlone(file, folder, { onProgress: onDownload, signal });
    const path = join(folder, file.name);
    await extractArchive(path, folder, { ...file.archive, onProgress: onExtraction, signal });
    await rm(path);
    return downloaded ? "downloaded" : "archive there";
  });
}

/**
 * Extracts the files and folders of a .tar, .tar.gz or .tgz into a folder. They are written to a temporary folder in
 * it, and moved to their places when all of them are there.
 *
 * @param strip leading folders that are left out of every path, and with them what is in no deeper one
 * @throws {ItamlError} ARCHIVE_INVALID where it is damaged, holds a link, a device or a path out of the folder, unpacks to
 * more than an archive of data can, or is in the way of what is there; DISK_FULL, NOT_WRITABLE, TOO_MANY_FILES. Nothing
 * of it is there then
 */
export async function extractArchive(
  file: string,
  folder: string,
  {
    strip = 0,
    onProgress,
    signal,
  }: {
    strip?: number;
    onProgress?: ((progress: ExtractionProgress) => void) | undefined;
    signal?: AbortSignal | undefined;
  } = {},
): Promise<void> {
  // In the folder, not beside it: the folder may be a disk of its own, and files can't be renamed between disks.
  const temporary = join(folder, ".extraction.partial");
  const entries = new EntryWriter(temporary, strip);
  let made: string | undefined;
  try {
    await rm(temporary, { recursive: true, force: true });
    made = await makeFolder(temporary);
    const total = (await stat(file)).size;
    const input = createReadStream(file, { signal });
    const unpacker = /\.(tgz|gz)$/.test(file) ? createGunzip() : new PassThrough();
    // An error of the input comes out of the loop: it destroys the stream that is read there.
    const content = pipeline(input, unpacker, () => {});
    let unpacked = 0;
    for await (const chunk of content) {
      unpacked += chunk.length;
      if (unpacked > Math.max(HARMLESS_SIZE, MAXIMUM_RATIO * input.bytesRead)) {
        throw new Error(`more than ${MAXIMUM_RATIO} times as much as the archive has`);
      }
      entries.write(chunk);
      onProgress?.({ archive: file, read: input.bytesRead, total });
    }
    entries.end();
    for (const [from, to] of movesInto(folder, temporary)) renameSync(from, to);
  } catch (error) {
    if (signal?.aborted || error instanceof ItamlError) throw error;
    const refused = refusal(error, folder);
    if (refused) throw refused;
    throw new ItamlError(
      "ARCHIVE_INVALID",
      "the archive can't be extracted",
      { where: `${file}, ${entries.position}`, found: (error as Error).message },
      { cause: error },
    );
  } finally {
    entries.close();
    await rm(temporary, { recursive: true, force: true });
    await removeEmpty(folder, made);
  }
}

/** Writes the entries of an archive one after another: when an error comes, nothing is still being written. */
class EntryWriter {
  /** The place in the archive, for errors. */
  position = "at its start";
  readonly #folder: string;
  readonly #strip: number;
  readonly #parser: Parser;
  #output: number | undefined;
  #complete = false;
  #entries = 0;
  #size = 0;

  constructor(folder: string, strip: number) {
    this.#folder = folder;
    this.#strip = strip;
    this.#parser = new Parser({
      strict: true,
      // What comes here is unpacked already, and isn't unpacked a second time.
      maxDecompressionRatio: 0,
      zstd: false,
      brotli: false,
      onReadEntry: (entry) => this.#add(entry),
    })
      .on("ignoredEntry", (entry: ReadEntry) => this.#add(entry))
      .on("eof", () => {
        this.#complete = true;
      })
      .on("error", (error: Error) => {
        throw error;
      });
  }

  write(chunk: Buffer): void {
    this.#parser.write(chunk);
  }

  end(): void {
    this.#parser.end();
    if (!this.#complete) throw new Error("an archive that is cut off");
  }

  close(): void {
    if (this.#output !== undefined) closeSync(this.#output);
    this.#output = undefined;
  }

  #add(entry: ReadEntry): void {
    this.position = `in ${entry.path}`;
    this.#size += entry.size;
    if (++this.#entries > MAXIMUM_ENTRIES) throw new Error(`more than ${MAXIMUM_ENTRIES} entries`);
    if (this.#size > MAXIMUM_SIZE) throw new Error(`more than ${MAXIMUM_SIZE} bytes`);
    const parts = safeParts(entry).slice(this.#strip);
    entry.on("end", () => {
      this.close();
      this.position = `after ${entry.path}`;
    });
    if (parts.length === 0) {
      entry.resume();
      return;
    }
    const path = join(this.#folder, ...parts);
    if (entry.type === "Directory") {
      mkdirSync(path, { recursive: true });
      entry.resume();
      return;
    }
    mkdirSync(dirname(path), { recursive: true });
    // "x": an entry must not write over another.
    const output = openSync(path, "wx");
    this.#output = output;
    entry.on("data", (chunk: Buffer) => writeFileSync(output, chunk));
  }
}

/** The parts of an entry's path; an error where it is no file or folder, or not in the folder of the archive. */
function safeParts({ type, path, ignore }: ReadEntry): string[] {
  if (ignore || !["File", "OldFile", "ContiguousFile", "Directory"].includes(type)) {
    throw new Error(`neither a file nor a folder, but ${type}`);
  }
  // As Windows reads it, everywhere.
  const parts = path.split(/[/\\]/);
  if (parts[0] === "" || /^[a-z]:/i.test(path) || parts.includes("..")) {
    throw new Error("a path out of the archive's folder");
  }
  return parts.filter((part) => part !== "" && part !== ".");
}

/**
 * The renames, from and to, that move what is in a folder into another: folders that are there keep what else is in
 * them. An error where a file and a folder are in each other's way.
 */
function movesInto(target: string, folder: string): [string, string][] {
  return readdirSync(folder).flatMap((name): [string, string][] => {
    const [from, to] = [join(folder, name), join(target, name)];
    const isFolder = lstatSync(from).isDirectory();
    // A link is no folder here: nothing is moved through it.
    const there = lstatSync(to, { throwIfNoEntry: false });
    if (there && there.isDirectory() !== isFolder) throw new Error(`${to} is in the way`);
    return there && isFolder ? movesInto(to, from) : [[from, to]];
  });
}
