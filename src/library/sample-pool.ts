import { ItamlError } from "../base/errors.js";
import { elementCount } from "../graph/shape.js";
import type { InputDescription } from "../samples/input-description.js";
import {
  allocateSamples,
  type SampleData,
  type SampleSource,
  samplesInMemory,
  type Unreadable,
} from "../samples/samples.js";

/** Samples as an application has them: one array with one after another, or an array for each. */
export type Images = SampleData | readonly SampleData[];

/** Samples in memory whose number changes: a task's come in, and all but the exemplars go again. */
export class SamplePool implements SampleSource {
  readonly sampleSize: number;
  readonly type: InputDescription["type"];
  #data: SampleData;

  constructor({ shape, type }: InputDescription) {
    this.sampleSize = elementCount(shape);
    this.type = type;
    this.#data = allocateSamples(this, 0);
  }

  get length(): number {
    return this.#data.length / this.sampleSize;
  }

  /** All samples, one after another. */
  get data(): SampleData {
    return this.#data;
  }

  read(indices: readonly number[], target: SampleData): Unreadable | Promise<Unreadable> {
    return samplesInMemory(this.#data, this.sampleSize).read(indices, target);
  }

  /**
   * Copies samples to the end.
   *
   * @returns their indices
   * @throws {ItamlError} INPUT_INVALID where their type or shape is another one
   */
  append(images: Images): number[] {
    const added = this.#toOneArray(images);
    const first = this.length;
    const grown = allocateSamples(this, this.length + added.length / this.sampleSize);
    grown.set(this.#data);
    grown.set(added, this.#data.length);
    this.#data = grown;
    return Array.from({ length: added.length / this.sampleSize }, (_, i) => first + i);
  }

  /** Keeps these samples alone, in this order. */
  keep(indices: readonly number[]): void {
    const kept = allocateSamples(this, indices.length);
    this.read(indices, kept);
    this.#data = kept;
  }

  #toOneArray(images: Images): SampleData {
    const separate = Array.isArray(images) ? (images as readonly SampleData[]) : undefined;
    for (const [i, image] of (separate ?? [images as SampleData]).entries()) {
      const where = separate ? `image ${i}` : "images";
      const expectedType = this.type === "float32" ? "a Float32Array" : "a Uint8Array";
      const rightType = this.type === "float32" ? image instanceof Float32Array : isBytes(image);
      if (!rightType) {
        throw new ItamlError("INPUT_INVALID", "samples of another type", {
          where,
          expected: expectedType,
          found: (image as object | undefined)?.constructor?.name ?? String(image),
        });
      }
      const fits = separate
        ? image.length === this.sampleSize
        : image.length % this.sampleSize === 0;
      if (!fits) {
        throw new ItamlError("INPUT_INVALID", "samples of another shape", {
          where,
          expected: `${separate ? "" : "a multiple of "}${this.sampleSize} values`,
          found: String(image.length),
        });
      }
    }
    if (!separate) return images as SampleData;
    const joined = allocateSamples(this, separate.length);
    separate.forEach((image, i) => {
      joined.set(image, i * this.sampleSize);
    });
    return joined;
  }
}

function isBytes(value: unknown): boolean {
  return value instanceof Uint8Array || value instanceof Uint8ClampedArray;
}
