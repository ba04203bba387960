import { randomUUID } from "node:crypto";
import { readdir, readFile, rm, stat, utimes } from "node:fs/promises";
import { dirname, join } from "node:path";
import { ItamlError } from "../base/errors.js";
import { withoutPartial, writeFileAtomically } from "../files/atomic-file.js";
import { sha256 } from "../files/checksums.js";
import { makeFolder } from "../files/make-folder.js";
import { decodeSafetensors, encodeSafetensors } from "../storage/safetensors.js";

/** Bytes of a key. */
const KEY = 32;
/** Bytes that all caches in a folder may have together. */
const MOST_BYTES = 4 * 2 ** 30;

/** Rows of bytes by their keys, in hexadecimal digits. */
export type KeyedRows = ReadonlyMap<string, Uint8Array>;

/**
 * Rows of bytes on disk by hashes: safetensors files of some rows each, that are written as a whole, never changed, and
 * named at random, so that any number of processes may read and write. A file that isn't what its checksum says is
 * removed, and its rows are unknown again.
 */
export class RowCache {
  /** Files that were damaged, so far. */
  damaged = 0;
  readonly #folder: string;
  readonly #rowBytes: number;
  readonly #mostBytes: number;
  /** The file of each key. */
  readonly #files = new Map<string, string>();
  readonly #seen = new Set<string>();

  /** @param folder beside the folders of other caches, with which it shares the room */
  constructor(folder: string, rowBytes: number, { mostBytes = MOST_BYTES } = {}) {
    this.#folder = folder;
    this.#rowBytes = rowBytes;
    this.#mostBytes = mostBytes;
  }

  /** The rows that are known. */
  async find(keys: readonly string[]): Promise<Map<string, Uint8Array>> {
    if (keys.some((key) => !this.#files.has(key))) await this.#lookForFiles();
    const wanted = new Set(keys);
    const found = new Map<string, Uint8Array>();
    for (const file of new Set(keys.flatMap((key) => this.#files.get(key) ?? []))) {
      for (const [key, row] of await this.#read(file)) if (wanted.has(key)) found.set(key, row);
    }
    return found;
  }

  /** @throws {ItamlError} NOT_WRITABLE, DISK_FULL */
  async add(rows: KeyedRows): Promise<void> {
    if (rows.size === 0) return;
    const keys = Buffer.from([...rows.keys()].join(""), "hex");
    const data = Buffer.concat([...rows.values()]);
    const tensors = new Map([
      ["keys", { data: keys, shape: [rows.size, KEY] }],
      ["rows", { data, shape: [rows.size, this.#rowBytes] }],
    ]);
    await makeFolder(this.#folder);
    const file = `${randomUUID()}.safetensors`;
    const content = encodeSafetensors(tensors, { sha256: hashOf(keys, data) });
    await writeFileAtomically(join(this.#folder, file), content);
    this.#seen.add(file);
    for (const key of rows.keys()) this.#files.set(key, file);
  }

  /** Removes what was not used for the longest time, until the caches have the room that they may have. */
  async prune(): Promise<void> {
    const root = dirname(this.#folder);
    const names = await readdir(root, { recursive: true }).catch(() => []);
    const files = await Promise.all(
      names
        .filter((name) => withoutPartial(name).endsWith(".safetensors"))
        .map(async (name) => {
          const path = join(root, name);
          const { size = 0, mtimeMs = 0 } = (await stat(path).catch(() => undefined)) ?? {};
          return { path, size, mtimeMs };
        }),
    );
    let bytes = 0;
    for (const { path, size } of files.sort((a, b) => b.mtimeMs - a.mtimeMs)) {
      bytes += size;
      if (bytes > this.#mostBytes) await rm(path, { force: true });
    }
  }

  /** Learns of files that are new, from this process or from others. */
  async #lookForFiles(): Promise<void> {
    const names = await readdir(this.#folder).catch(() => []);
    for (const file of names) {
      if (this.#seen.has(file) || !file.endsWith(".safetensors")) continue;
      this.#seen.add(file);
      for (const key of (await this.#read(file)).keys()) this.#files.set(key, file);
      const now = new Date();
      // A folder that can only be read is a cache, too.
      await utimes(join(this.#folder, file), now, now).catch(() => {});
    }
  }

  /** The rows of a file; none where it is damaged, or was removed in the meantime. */
  async #read(file: string): Promise<KeyedRows> {
    const path = join(this.#folder, file);
    const bytes = await readFile(path).catch(() => undefined);
    const rows = bytes && this.#decode(bytes, path);
    if (rows) return rows;
    for (const [key, own] of this.#files) if (own === file) this.#files.delete(key);
    if (bytes) {
      this.damaged++;
      await rm(path, { force: true }).catch(() => {});
    }
    return new Map();
  }

  #decode(bytes: Uint8Array, path: string): KeyedRows | undefined {
    try {
      const { tensors, metadata } = decodeSafetensors(bytes, path);
      const [keys, rows] = ["keys", "rows"].map((name) => tensors.get(name)?.data);
      if (!(keys instanceof Uint8Array && rows instanceof Uint8Array)) return undefined;
      const count = keys.length / KEY;
      if (rows.length !== count * this.#rowBytes || metadata.sha256 !== hashOf(keys, rows)) {
        return undefined;
      }
      const hex = Buffer.from(keys).toString("hex");
      return new Map(
        Array.from({ length: count }, (_, i) => [
          hex.slice(2 * KEY * i, 2 * KEY * (i + 1)),
          rows.subarray(i * this.#rowBytes, (i + 1) * this.#rowBytes),
        ]),
      );
    } catch (error) {
      if (error instanceof ItamlError) return undefined;
      throw error;
    }
  }
}

function hashOf(keys: Uint8Array, rows: Uint8Array): string {
  return sha256(Buffer.concat([keys, rows])).toString("hex");
}
