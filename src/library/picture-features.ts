import { ItamlError } from "../base/errors.js";
import { limiter } from "../base/limiter.js";
import { Turns } from "../base/turns.js";
import { isByteArray } from "../base/typed-arrays.js";
import type { ImageSettings } from "../data/image-settings.js";
import type { FrozenNetwork } from "../features/extractor.js";
import {
  FeatureSource,
  featureCache,
  filesFor,
  type PictureSettings,
} from "../features/feature-source.js";
import { PictureKeys } from "../features/picture-keys.js";
import { sha256 } from "../files/checksums.js";
import type { LearnHooks } from "../model/progress.js";
import type { SampleSource } from "../samples/samples.js";
import {
  bufferOf,
  isBlob,
  type Picture,
  type PictureReading,
  type Pictures,
  readPicture,
} from "./pictures.js";

/** Pictures that come one by one, and are looked at together. */
const AT_ONCE = 256;
/** Files that are open at a time. */
const OPEN = 16;

/**
 * Turns pictures into the features of a frozen network. They are kept in the cache that runs have, by what is in a picture:
 * one that was seen before, in whatever form, isn't computed again.
 */
export class PictureFeatures {
  readonly network: FrozenNetwork;
  readonly #settings: PictureSettings;
  readonly #reading: PictureReading;
  readonly #cache;
  readonly #keys = new PictureKeys();
  readonly #turns = new Turns();

  /** @param images how files become what the network takes. Default: scaled to its size */
  constructor(network: FrozenNetwork, images?: ImageSettings | undefined) {
    const { settings, reading } = filesFor(network, images);
    this.network = network;
    this.#reading = { side: reading.resize.test, background: reading.background };
    this.#settings = settings;
    this.#cache = featureCache(this.#settings, true);
  }

  /**
   * @returns one vector after another
   * @throws {ItamlError} IMAGE_INVALID with the picture's path or its number, counted from 0; INPUT_INVALID, INTERRUPTED
   */
  async of(pictures: Pictures, where: string, hooks: LearnHooks = {}): Promise<Float32Array> {
    const total = Array.isArray(pictures) ? pictures.length : undefined;
    const parts: Float32Array[] = [];
    let [part, before]: [Picture[], number] = [[], 0];
    const compute = async () => {
      const own = part;
      part = [];
      // The runs of a network may not overlap.
      parts.push(await this.#turns.next(() => this.#compute(own, { where, before, total }, hooks)));
      before += own.length;
    };
    for await (const picture of pictures) {
      part.push(picture);
      if (part.length === AT_ONCE) await compute();
    }
    if (part.length > 0) await compute();
    if (before === 0) throw new ItamlError("INPUT_INVALID", "there are no images", { where });
    const joined = new Float32Array(before * this.network.featureSize);
    let offset = 0;
    for (const own of parts) {
      joined.set(own, offset);
      offset += own.length;
    }
    return joined;
  }

  async #compute(
    pictures: readonly Picture[],
    { where, before, total }: { where: string; before: number; total: number | undefined },
    { onProgress, signal }: LearnHooks,
  ): Promise<Float32Array> {
    const place = (index: number) => {
      const picture = pictures[index];
      return typeof picture === "string" ? picture : `${where}: image ${before + index}`;
    };
    const source = this.#pixels(pictures, place);
    const content = { keys: (indices: readonly number[]) => this.#keysOf(pictures, indices) };
    const features = new FeatureSource(source, this.#settings, content, this.#cache);
    const all = [...pictures.keys()];
    const onFeatures = ({ done }: { done: number }) =>
      onProgress?.({
        ...{ kind: "features", pictures: before + done },
        ...(total !== undefined && { of: total }),
      });
    await features.prepare(all, { onFeatures, signal });
    const rows = new Float32Array(pictures.length * features.sampleSize);
    await features.read(all, rows);
    return rows;
  }

  #pixels(pictures: readonly Picture[], place: (index: number) => string): SampleSource {
    const { shape } = this.#settings.input;
    const reading = this.#reading;
    const sampleSize = shape.reduce((product, side) => product * side, 1);
    const inTurn = limiter(OPEN);
    return {
      ...{ length: pictures.length, sampleSize, type: "uint8" },
      async read(indices, target) {
        const readOne = async (index: number, position: number) => {
          const picture = pictures[index] as Picture;
          const where = place(index);
          const sample = await inTurn(() => readPicture(picture, shape, where, reading));
          target.set(sample, position * sampleSize);
        };
        // All are tried before the first error ends the reading, so that none is left running.
        const outcomes = await Promise.allSettled(indices.map(readOne));
        for (const outcome of outcomes) if (outcome.status === "rejected") throw outcome.reason;
        return [];
      },
    };
  }

  /** Hashes of files' content, wherever it is; of a canvas of its pixels. */
  async #keysOf(
    pictures: readonly Picture[],
    indices: readonly number[],
  ): Promise<(string | undefined)[]> {
    const wanted = indices.map((index) => pictures[index]);
    const files = wanted.filter((picture) => typeof picture === "string");
    const ofFiles = (await this.#keys.of(files)).values();
    const keys: (string | undefined)[] = [];
    for (const picture of wanted) {
      const key = typeof picture === "string" ? ofFiles.next().value : await keyOf(picture);
      keys.push(key);
    }
    return keys;
  }
}

async function keyOf(picture: unknown): Promise<string | undefined> {
  if (isByteArray(picture)) return hash(bufferOf(picture));
  if (isBlob(picture)) return hash(new Uint8Array(await picture.arrayBuffer()));
  const { data, width, height } = (picture ?? {}) as { [key: string]: unknown };
  // What is none of them is refused when it is read.
  if (!isByteArray(data)) return undefined;
  return hash(Buffer.concat([Buffer.from(`pixels ${width} × ${height}\n`), bufferOf(data)]));
}

function hash(bytes: Uint8Array): string {
  return sha256(bytes).toString("hex");
}
