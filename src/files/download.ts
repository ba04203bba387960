import { createHash } from "node:crypto";
import { createReadStream, createWriteStream, existsSync } from "node:fs";
import { open, rename, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { Transform } from "node:stream";
import { pipeline } from "node:stream/promises";
import { createGunzip } from "node:zlib";
import { ItamlError } from "../base/errors.js";
import { makeFolder, removeEmpty } from "./make-folder.js";
import { type LeaseOptions, oneAtATime } from "./one-at-a-time.js";
import { refusal, writingError } from "./system-errors.js";

export interface Checksum {
  readonly algorithm: "md5" | "sha256";
  /** In hexadecimal digits. */
  readonly hash: string;
  /** What is hashed: the file, or what is packed in it (compression differs between mirrors, content doesn't). */
  readonly of: "content" | "file";
}

/** A file that is to be had from several places, with its checksum. */
export interface RemoteFile {
  /** Its name in the data folder; `.gz` files are stored as they are. */
  readonly name: string;
  /** https alone, but for servers on this machine. */
  readonly urls: readonly string[];
  readonly bytes: number;
  readonly checksum: Checksum;
  /** Where it is an archive: how many leading folders of its paths are left out when it is extracted. */
  readonly archive?: { readonly strip: number };
}

export interface DownloadProgress {
  readonly file: string;
  readonly url: string;
  /** Bytes so far, those of an earlier try included. */
  readonly received: number;
  /** Bytes in all, where the server says. */
  readonly total: number | undefined;
}

export interface DownloadOptions extends LeaseOptions {
  readonly onProgress?: ((progress: DownloadProgress) => void) | undefined;
}

/**
 * Downloads a file into a folder, unless it is there with the right content: resumes what an earlier try left,
 * checks the content, and only then gives the file its name. Another process that does the same is waited for.
 *
 * @returns whether anything had to be downloaded
 * @throws {ItamlError} DOWNLOAD_FAILED where no mirror gives the right file; DISK_FULL, NOT_WRITABLE
 */
export async function download(
  file: RemoteFile,
  folder: string,
  options: DownloadOptions = {},
): Promise<boolean> {
  // Nothing is written where nothing is missing: the folder may be read-only.
  if (await isRight(file, folder)) return false;
  return alone(file, folder, options, () => downloadAlone(file, folder, options));
}

async function isRight({ name, checksum }: RemoteFile, folder: string): Promise<boolean> {
  const path = findLocal(folder, name);
  return path !== undefined && (await fileHash(path, checksum)) === checksum.hash;
}

/** Does work on a file that no other process does in this folder; a folder that it leaves empty is not left. */
export async function alone<T>(
  { name }: Pick<RemoteFile, "name">,
  folder: string,
  options: LeaseOptions,
  work: () => Promise<T>,
): Promise<T> {
  const made = await makeFolder(folder);
  try {
    return await oneAtATime(join(folder, `${name}.lock`), work, options);
  } finally {
    await removeEmpty(folder, made);
  }
}

/** {@link download}, where no other process does it. */
export async function downloadAlone(
  file: RemoteFile,
  folder: string,
  { onProgress, signal }: DownloadOptions = {},
): Promise<boolean> {
  const { checksum, bytes } = file;
  if (await isRight(file, folder)) return false;
  const path = join(folder, file.name);
  const partial = `${path}.partial`;
  // Another mirror may have packed the same content otherwise.
  const atMost = 2 * bytes;
  const failures: string[] = [];
  for (const url of file.urls) {
    try {
      const report = (received: number, total: number | undefined) =>
        onProgress?.({ file: file.name, url, received, total });
      await fetchTo(partial, url, atMost, report, signal);
      const hash = await fileHash(partial, checksum);
      if (hash === checksum.hash || (await unpackTo(partial, checksum, atMost))) {
        await rename(partial, path);
        return true;
      }
      await rm(partial, { force: true });
      failures.push(`${url}: wrong content (${checksum.algorithm} ${hash ?? "of a damaged file"})`);
    } catch (error) {
      if (signal?.aborted || error instanceof ItamlError) throw error;
      failures.push(`${url}: ${reason(error)}`);
    }
  }
  throw new ItamlError("DOWNLOAD_FAILED", "no source gave the file", {
    where: file.name,
    found: failures.join("; "),
    remedy: `Put ${file.name} into ${folder} by hand, from any of ${file.urls.join(", ")}`,
  });
}

/** Appends to a partial file what is missing of it; it never becomes larger than `atMost` bytes. */
async function fetchTo(
  partial: string,
  url: string,
  atMost: number,
  onProgress: (received: number, total: number | undefined) => void,
  signal: AbortSignal | undefined,
): Promise<void> {
  const existing = existsSync(partial) ? (await stat(partial)).size : 0;
  // Imported where it is needed: who has the files doesn't wait for a client of HTTP.
  const { requestFile } = await import("./request.js");
  const { statusCode, body, contentLength } = await requestFile(url, { start: existing, signal });
  // 416: the partial file is already as long as the whole.
  if (statusCode === 416) return body.dump();
  if (statusCode < 200 || statusCode >= 300) {
    await body.dump();
    throw new Error(`HTTP ${statusCode}`);
  }
  const writing = <T>(work: Promise<T>) =>
    work.catch((error) => {
      throw writingError(error, partial);
    });
  // A server that doesn't know ranges sends the whole file.
  const start = statusCode === 206 ? existing : 0;
  const total = contentLength === undefined ? undefined : start + contentLength;
  const output = await writing(open(partial, start > 0 ? "a" : "w"));
  try {
    let received = start;
    for await (const chunk of body) {
      received += chunk.length;
      if (received > atMost) throw new Error(`more than ${atMost} bytes`);
      await writing(output.writeFile(chunk));
      onProgress(received, total);
    }
    await writing(output.sync());
  } finally {
    await output.close();
  }
}

/** Unpacks a file in its place where a server has packed it on the way, and what was packed has the right hash. */
async function unpackTo(partial: string, checksum: Checksum, atMost: number): Promise<boolean> {
  if (!(await isGzipped(partial))) return false;
  const unpacked = `${partial}.unpacked`;
  try {
    let size = 0;
    const limit = new Transform({
      transform(chunk, _, done) {
        size += chunk.length;
        done(size > atMost ? new Error(`more than ${atMost} bytes`) : null, chunk);
      },
    });
    await pipeline(createReadStream(partial), createGunzip(), limit, createWriteStream(unpacked));
    if ((await fileHash(unpacked, checksum)) !== checksum.hash) return false;
    await rename(unpacked, partial);
    return true;
  } catch (error) {
    const refused = refusal(error, unpacked);
    if (refused) throw refused;
    return false;
  } finally {
    await rm(unpacked, { force: true });
  }
}

/** Where a file is in a folder: as it is named, unpacked, or, of idx files, with the dot that some programs give them. */
export function findLocal(folder: string, name: string): string | undefined {
  const dotted = name.replace(/-(?=idx\d-ubyte)/, ".");
  return [name, dotted]
    .flatMap((one) => [one, one.replace(/\.gz$/, "")])
    .map((one) => join(folder, one))
    .find(existsSync);
}

/** The hash of a file, or of what is packed in it, if anything is; undefined where it can't be read. */
export async function fileHash(
  path: string,
  { algorithm, of }: Omit<Checksum, "hash">,
): Promise<string | undefined> {
  const hash = createHash(algorithm);
  try {
    if (of === "content" && (await isGzipped(path))) {
      await pipeline(createReadStream(path), createGunzip(), hash);
    } else {
      await pipeline(createReadStream(path), hash);
    }
  } catch {
    return undefined;
  }
  return hash.digest("hex");
}

/** Told by its content: names are given by hand, too. */
async function isGzipped(path: string): Promise<boolean> {
  const file = await open(path, "r");
  try {
    const { buffer } = await file.read(Buffer.alloc(2), 0, 2, 0);
    return buffer.readUInt16BE() === 0x1f8b;
  } finally {
    await file.close();
  }
}

function reason(error: unknown): string {
  const { message, code } = error as Error & { code?: string };
  return code ?? message;
}
