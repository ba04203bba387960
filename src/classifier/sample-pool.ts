import { elementCount } from "../graph/shape.js";
import type { InputDescription } from "../samples/input-description.js";
import {
  allocateSamples,
  type SampleData,
  type SampleSource,
  samplesInMemory,
  type Unreadable,
} from "../samples/samples.js";

/** Samples in memory whose number changes: a task's come in, and all but the exemplars go again. */
export class SamplePool implements SampleSource {
  readonly sampleSize: number;
  readonly type: InputDescription["type"];
  #data: SampleData;

  /** @param data samples to begin with. Default: none */
  constructor({ shape, type }: InputDescription, data?: SampleData) {
    this.sampleSize = elementCount(shape);
    this.type = type;
    this.#data = data ?? allocateSamples(this, 0);
  }

  get length(): number {
    return this.#data.length / this.sampleSize;
  }

  /** All samples, one after another. Never changed: other samples are another array. */
  get data(): SampleData {
    return this.#data;
  }

  read(indices: readonly number[], target: SampleData): Unreadable | Promise<Unreadable> {
    return samplesInMemory(this.#data, this.sampleSize).read(indices, target);
  }

  /**
   * Adds samples at the end.
   *
   * @returns their indices
   * @throws {ItamlError} OUT_OF_MEMORY
   */
  append(samples: SampleData): number[] {
    const first = this.length;
    const added = samples.length / this.sampleSize;
    const grown = allocateSamples(this, first + added);
    grown.set(this.#data);
    grown.set(samples, this.#data.length);
    this.#data = grown;
    return Array.from({ length: added }, (_, i) => first + i);
  }

  /** Keeps these samples alone, in this order. */
  keep(indices: readonly number[]): void {
    const kept = allocateSamples(this, indices.length);
    this.read(indices, kept);
    this.#data = kept;
  }
}
