import { ItamlError } from "../base/errors.js";
import { elementCount } from "../graph/shape.js";

/** One named tensor inside a flat buffer. */
export interface LayoutEntry {
  readonly name: string;
  readonly shape: readonly number[];
  /** First element in the buffer. */
  readonly offset: number;
  readonly length: number;
}

/** Says which part of one flat Float32Array is which tensor. */
export class Layout {
  readonly entries: readonly LayoutEntry[];
  /** Elements of the whole buffer. */
  readonly size: number;

  constructor(tensors: readonly { name: string; shape: readonly number[] }[]) {
    let size = 0;
    this.entries = tensors.map(({ name, shape }) => {
      const length = elementCount(shape);
      size += length;
      return { name, shape, offset: size - length, length };
    });
    this.size = size;
  }

  /** @throws {ItamlError} INPUT_INVALID where there is no entry of that name */
  entry(name: string): LayoutEntry {
    const entry = this.entries.find((candidate) => candidate.name === name);
    if (!entry) {
      throw new ItamlError("INPUT_INVALID", `there is no tensor "${name}"`, {
        expected: this.entries.map((known) => known.name).join(", "),
      });
    }
    return entry;
  }

  /** The part of `buffer` that holds an entry; it shares the buffer's memory. */
  view(buffer: Float32Array, name: string): Float32Array {
    const { offset, length } = this.entry(name);
    return buffer.subarray(offset, offset + length);
  }
}
