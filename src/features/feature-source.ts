import { join } from "node:path";
import { chunks } from "../base/chunks.js";
import { ItamlError } from "../base/errors.js";
import { Turns } from "../base/turns.js";
import type { ImageSettings } from "../data/image-settings.js";
import type { ImageSourceOptions } from "../data/image-source.js";
import { imageSettings } from "../data/load-dataset.js";
import { cacheFolder } from "../files/cache-folder.js";
import { sha256 } from "../files/checksums.js";
import { prefetch } from "../model/prefetch.js";
import type { InputDescription } from "../samples/input-description.js";
import { allocateSamples, type SampleSource } from "../samples/samples.js";
import { type FrozenNetwork, imagesFor } from "./extractor.js";
import { PictureKeys } from "./picture-keys.js";
import { RowCache } from "./row-cache.js";
import { toSquare } from "./to-square.js";

/** Pictures of one run of the network. */
const BATCH = 16;
/** Pictures that are computed before they are kept. */
const CHUNK = 128;

export interface FeatureHooks {
  readonly onFeatures?: ((progress: { done: number; total: number }) => void) | undefined;
  /** Told of what is worth knowing though all goes on. */
  readonly onWarning?: ((message: string) => void) | undefined;
  signal?: AbortSignal | undefined;
}

/** How pictures become what the network takes. */
export interface PictureSettings {
  readonly network: FrozenNetwork;
  /** Of the pictures: [channels, height, width], uint8. */
  readonly input: InputDescription;
  /** What else the pixels of a file depend on. */
  readonly decoding?: unknown;
}

/**
 * How picture files become what a network takes, and how they are read for that.
 *
 * @param given of a configuration, where it says so
 */
export function filesFor(
  network: FrozenNetwork,
  given?: ImageSettings | undefined,
): { settings: PictureSettings; reading: ImageSourceOptions } {
  const images = imagesFor(network, given);
  const { size } = images;
  const input = { shape: [3, size, size], type: "uint8", mean: [0], std: [1] } as const;
  return {
    settings: { network, input, decoding: images },
    reading: imageSettings("pictures", { augmentation: {}, seed: 0, images }),
  };
}

/** What says that a picture is one that was seen before, where its pixels need not be decoded for that. */
export interface PictureContent {
  /** For each its hash; undefined where it can't be read. */
  keys(indices: readonly number[]): Promise<(string | undefined)[]>;
}

/** The content of picture files. */
export function contentOfFiles(files: readonly string[], keys = new PictureKeys()): PictureContent {
  return { keys: (indices) => keys.of(indices.map((index) => files[index] as string)) };
}

/**
 * The features of a network that are kept; sources that share it read it once.
 *
 * @param hasContent whether pictures are known by {@link PictureContent}, and not by their pixels
 */
export function featureCache(
  { network: { identity, featureSize, device = "cpu" }, input, decoding }: PictureSettings,
  hasContent: boolean,
): RowCache {
  const how = [identity, input.shape, hasContent ? decoding : "samples"];
  // Of the CPU there are caches from before it was said.
  if (device !== "cpu") how.push(device);
  const folder = sha256(JSON.stringify(how)).toString("hex").slice(0, 32);
  return new RowCache(join(cacheFolder(), "features", folder), 4 * featureSize);
}

/** Pictures in the size of the network, [pictures, 3, size, size], and their indices. */
interface Loaded {
  readonly pixels: Uint8Array;
  readonly readable: readonly number[];
}

const [UNKNOWN, KNOWN, UNREADABLE] = [0, 1, 2];

/**
 * The features of a source's pictures as samples. They are computed when they are first asked for, and kept in memory and on
 * disk, by what is in the picture: a picture that any run has seen is not computed again.
 */
export class FeatureSource implements SampleSource {
  readonly length: number;
  readonly sampleSize: number;
  readonly type = "float32";
  /** Pictures that the network has seen here. */
  computed = 0;
  readonly #pictures: SampleSource;
  readonly #content: PictureContent | undefined;
  readonly #settings: PictureSettings;
  readonly #cache: RowCache;
  readonly #turns = new Turns();
  readonly #state: Uint8Array;
  #rows: Float32Array | undefined;
  #warned = false;

  /**
   * @param content of the pictures, where there is more of them than pixels
   * @param cache default: one of its own
   */
  constructor(
    pictures: SampleSource,
    settings: PictureSettings,
    content?: PictureContent | undefined,
    cache = featureCache(settings, content !== undefined),
  ) {
    this.length = pictures.length;
    this.sampleSize = settings.network.featureSize;
    this.#pictures = pictures;
    this.#content = content;
    this.#settings = settings;
    this.#state = new Uint8Array(pictures.length);
    this.#cache = cache;
  }

  async read(indices: readonly number[], target: Uint8Array | Float32Array): Promise<number[]> {
    await this.prepare(indices);
    const unreadable: number[] = [];
    indices.forEach((index, position) => {
      if (this.#state[index] === UNREADABLE) unreadable.push(position);
      else target.set(this.#row(index), position * this.sampleSize);
    });
    return unreadable;
  }

  /**
   * Makes sure that features are here.
   *
   * @throws {ItamlError} INTERRUPTED; what was computed until then is kept
   */
  async prepare(indices: readonly number[], hooks: FeatureHooks = {}): Promise<void> {
    const isMissing = (index: number) => this.#state[index] === UNKNOWN;
    if (!indices.some(isMissing)) return;
    await this.#turns.next(async () => {
      const missing = [...new Set(indices)].filter(isMissing);
      const before = this.computed;
      let done = 0;
      for (const chunk of chunks(missing, CHUNK)) {
        hooks.onFeatures?.({ done, total: missing.length });
        await this.#provide(chunk, hooks, (more) => {
          hooks.onFeatures?.({ done: done + more, total: missing.length });
        });
        done += chunk.length;
      }
      if (this.computed > before) await this.#cache.prune();
    });
  }

  /** From the cache, or computed. */
  async #provide(
    indices: readonly number[],
    hooks: FeatureHooks,
    onComputed: (pictures: number) => void,
  ): Promise<void> {
    const keys = await this.#keysOf(indices);
    const { damaged } = this.#cache;
    const known = await this.#cache.find(keys.filter((key) => key !== undefined));
    if (this.#cache.damaged > damaged) {
      hooks.onWarning?.(
        `${this.#cache.damaged - damaged} damaged files in the cache of features are removed; what was in them is computed again`,
      );
    }
    const missing: number[] = [];
    indices.forEach((index, i) => {
      const row = known.get(keys[i] ?? "");
      if (row) this.#keep(index, new Float32Array(new Uint8Array(row).buffer));
      else missing.push(index);
    });
    const added = new Map<string, Uint8Array>();
    const keyOf = new Map(indices.map((index, i) => [index, keys[i]]));
    try {
      const batches = chunks(missing, BATCH);
      for await (const { value } of prefetch(batches, (batch) => this.#load(batch))) {
        if (hooks.signal?.aborted) {
          throw new ItamlError("INTERRUPTED", "the computation of features was stopped", {
            remedy: "The same command goes on: what was computed is kept",
          });
        }
        await this.#compute(value);
        for (const index of value.readable) {
          const key = keyOf.get(index);
          if (key === undefined) continue;
          const { buffer, byteOffset, byteLength } = this.#row(index);
          added.set(key, new Uint8Array(buffer, byteOffset, byteLength));
        }
        onComputed(indices.length - missing.length + added.size);
      }
    } finally {
      await this.#store(added, hooks);
    }
  }

  /** A cache that can't be written is missed by the next run alone. */
  async #store(rows: ReadonlyMap<string, Uint8Array>, { onWarning }: FeatureHooks): Promise<void> {
    try {
      await this.#cache.add(rows);
    } catch (error) {
      if (!(error instanceof ItamlError)) throw error;
      if (!this.#warned) onWarning?.(`features are not kept for the next run: ${error.message}`);
      this.#warned = true;
    }
  }

  /** The hash of what is in each picture. */
  async #keysOf(indices: readonly number[]): Promise<(string | undefined)[]> {
    if (this.#content) return this.#content.keys(indices);
    const { sampleSize } = this.#pictures;
    const samples = allocateSamples(this.#pictures, indices.length);
    await this.#pictures.read(indices, samples);
    return indices.map((_, i) =>
      sha256(samples.subarray(i * sampleSize, (i + 1) * sampleSize) as Uint8Array).toString("hex"),
    );
  }

  /** Pictures as the network takes them, while those before them are computed. */
  async #load(indices: readonly number[]): Promise<Loaded> {
    const { network, input } = this.#settings;
    const { sampleSize } = this.#pictures;
    const samples = allocateSamples(this.#pictures, indices.length) as Uint8Array;
    const unreadable = new Set(await this.#pictures.read(indices, samples));
    for (const position of unreadable) this.#state[indices[position] as number] = UNREADABLE;
    const positions = [...indices.keys()].filter((position) => !unreadable.has(position));
    const square = 3 * network.size ** 2;
    const pixels = new Uint8Array(positions.length * square);
    await Promise.all(
      positions.map(async (position, i) => {
        const sample = samples.subarray(position * sampleSize, (position + 1) * sampleSize);
        const own = pixels.subarray(i * square, (i + 1) * square);
        await toSquare(sample, input.shape as [number, number, number], network.size, own);
      }),
    );
    return { pixels, readable: positions.map((position) => indices[position] as number) };
  }

  async #compute({ pixels, readable }: Loaded): Promise<void> {
    if (readable.length === 0) return;
    const features = await this.#settings.network.features(pixels, readable.length);
    this.computed += readable.length;
    readable.forEach((index, i) => {
      this.#keep(index, features.subarray(i * this.sampleSize, (i + 1) * this.sampleSize));
    });
  }

  #keep(index: number, row: Float32Array): void {
    this.#row(index).set(row);
    this.#state[index] = KNOWN;
  }

  #row(index: number): Float32Array {
    this.#rows ??= new Float32Array(this.length * this.sampleSize);
    return this.#rows.subarray(index * this.sampleSize, (index + 1) * this.sampleSize);
  }
}
