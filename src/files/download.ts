import { createHash } from "node:crypto";
import { createReadStream, existsSync } from "node:fs";
import { open, rename, rm, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import { pipeline } from "node:stream/promises";
import { createGunzip } from "node:zlib";
import { ItamlError } from "../base/errors.js";
import { makeFolder } from "./make-folder.js";
import { writingError } from "./system-errors.js";

export interface Checksum {
  readonly algorithm: "md5" | "sha256";
  /** In hexadecimal digits. */
  readonly hash: string;
  /** What is hashed: the file, or what is packed in it (compression differs between mirrors, content doesn't). */
  readonly of: "content" | "file";
}

/** Redirections that are followed. */
const MAXIMUM_REDIRECTIONS = 5;

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

/**
 * Downloads a file into a folder, unless it is there with the right content: resumes what an earlier try left,
 * checks the content, and only then gives the file its name.
 *
 * @returns whether anything had to be downloaded
 * @throws {ItamlError} DOWNLOAD_FAILED where no mirror gives the right file; DISK_FULL, NOT_WRITABLE
 */
export async function download(
  file: RemoteFile,
  folder: string,
  {
    onProgress,
    signal,
  }: { onProgress?: (progress: DownloadProgress) => void; signal?: AbortSignal } = {},
): Promise<boolean> {
  const path = join(folder, file.name);
  if (existsSync(path) && (await fileHash(path, file.checksum)) === file.checksum.hash)
    return false;
  const partial = `${path}.partial`;
  const failures: string[] = [];
  for (const url of file.urls) {
    try {
      await fetchTo(
        partial,
        url,
        // Another mirror may have packed the same content otherwise.
        2 * file.bytes,
        (received, total) => onProgress?.({ file: file.name, url, received, total }),
        signal,
      );
      const hash = await fileHash(partial, file.checksum);
      if (hash === file.checksum.hash) {
        await rename(partial, path);
        return true;
      }
      await rm(partial, { force: true });
      failures.push(
        `${url}: wrong content (${file.checksum.algorithm} ${hash ?? "of a damaged file"})`,
      );
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
  const response = await request(url, {
    ...(existing > 0 && { headers: { range: `bytes=${existing}-` } }),
    ...(signal && { signal }),
  });
  // 416: the partial file is already as long as the whole.
  if (response.status === 416) return;
  if (!response.ok || !response.body) throw new Error(`HTTP ${response.status}`);
  const writing = <T>(work: Promise<T>) =>
    work.catch((error) => {
      throw writingError(error, partial);
    });
  await makeFolder(dirname(partial));
  // A server that doesn't know ranges sends the whole file.
  const start = response.status === 206 ? existing : 0;
  const length = response.headers.get("content-length");
  const total = length === null ? undefined : start + Number(length);
  const output = await writing(open(partial, start > 0 ? "a" : "w"));
  try {
    let received = start;
    for await (const chunk of response.body) {
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

/** Fetches over https, or from this machine itself; so do redirections. */
async function request(url: string, options: RequestInit): Promise<Response> {
  let address = new URL(url);
  for (let followed = 0; followed <= MAXIMUM_REDIRECTIONS; followed++) {
    const isLocal = ["localhost", "127.0.0.1", "[::1]"].includes(address.hostname);
    if (address.protocol !== "https:" && !(address.protocol === "http:" && isLocal)) {
      throw new Error(`${address.href} is not https`);
    }
    const response = await fetch(address, { ...options, redirect: "manual" });
    const location = response.headers.get("location");
    if (response.status < 300 || response.status >= 400 || location === null) return response;
    await response.body?.cancel();
    address = new URL(location, address);
  }
  throw new Error(`more than ${MAXIMUM_REDIRECTIONS} redirections`);
}

/** Where a file is in a folder, as it is named or unpacked. */
export function findLocal(folder: string, name: string): string | undefined {
  return [name, name.replace(/\.gz$/, "")].map((file) => join(folder, file)).find(existsSync);
}

/** The hash of a file, or of what is packed in it where its name says .gz; undefined where it can't be read. */
export async function fileHash(
  path: string,
  { algorithm, of }: Omit<Checksum, "hash">,
): Promise<string | undefined> {
  const hash = createHash(algorithm);
  try {
    if (of === "content" && /\.gz(\.partial)?$/.test(path)) {
      await pipeline(createReadStream(path), createGunzip(), hash);
    } else {
      await pipeline(createReadStream(path), hash);
    }
  } catch {
    return undefined;
  }
  return hash.digest("hex");
}

function reason(error: unknown): string {
  const { message, cause } = error as Error & { cause?: { code?: string } };
  return cause?.code ?? message;
}
