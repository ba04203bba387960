import { stat } from "node:fs/promises";
import { join, resolve } from "node:path";
import { limiter } from "../base/limiter.js";
import { cacheFolder } from "../files/cache-folder.js";
import { sha256 } from "../files/checksums.js";
import { readFileOrThrow } from "../files/read-file.js";
import { RowCache } from "./row-cache.js";

/** Files that are open at a time. */
const AT_ONCE = 16;

/**
 * Hashes of what is in picture files. They are kept by path, size and time of change, so that a picture that was hashed
 * once isn't read again until it changes.
 */
export class PictureKeys {
  readonly #known = new RowCache(join(cacheFolder(), "features", "files"), 32);

  /** @returns for each file its hash, in hexadecimal digits; undefined where it can't be read */
  async of(files: readonly string[]): Promise<(string | undefined)[]> {
    const inTurn = limiter(AT_ONCE);
    const all = <T>(work: (file: string, i: number) => Promise<T>) =>
      Promise.all(files.map((file, i) => inTurn(() => work(file, i).catch(() => undefined))));
    const places = await all(async (file) => {
      const { size, mtimeNs } = await stat(file, { bigint: true });
      return hash(JSON.stringify([resolve(file), `${size}`, `${mtimeNs}`]));
    });
    const known = await this.#known.find(places.filter((place) => place !== undefined));
    const found = new Map<string, Uint8Array>();
    const keys = await all(async (file, i) => {
      const place = places[i];
      const before = place === undefined ? undefined : known.get(place);
      if (before) return Buffer.from(before).toString("hex");
      const content = sha256(await readFileOrThrow(file, "IMAGE_INVALID"));
      if (place !== undefined) found.set(place, content);
      return content.toString("hex");
    });
    // Without them files are hashed again.
    await this.#known.add(found).catch(() => {});
    return keys;
  }
}

function hash(text: string): string {
  return sha256(text).toString("hex");
}
