import { elementCount } from "../graph/shape.js";
import type { Handle, Memory, Placement, Value } from "./runtime.js";

/** A box here is an array of JavaScript's. */
interface HostHandle extends Value {
  readonly data: Float32Array;
}

/**
 * JavaScript's own memory: every box is a {@link Value}, and a stack one array.
 *
 * @param lanes more than one: memory for overlapping runs is shared between threads
 */
export function hostMemory(lanes: number): Memory {
  const zeros = (length: number, { overlapping = false }: Placement = {}) =>
    overlapping && lanes > 1
      ? new Float32Array(new SharedArrayBuffer(4 * length))
      : new Float32Array(length);
  const dataOf = (handle: Handle) => (handle as HostHandle).data;
  return {
    allocate: (shape, placement): HostHandle => ({
      data: zeros(elementCount(shape), placement),
      shape,
    }),
    stack(rows, shape, placement) {
      const length = elementCount(shape);
      const data = zeros(rows * length, placement);
      const row = (i: number): HostHandle => ({
        data: data.subarray(i * length, (i + 1) * length),
        shape,
      });
      const matrix: HostHandle = { data, shape: [rows, length] };
      return {
        rows: Array.from({ length: rows }, (_, i) => row(i)),
        matrix: async () => matrix,
      };
    },
    upload: async (data, shape): Promise<HostHandle> => ({ data, shape }),
    copy: async (from, into) => dataOf(into).set(dataOf(from)),
    read: async (handle) => dataOf(handle),
    // Nobody refers to it any more.
    free() {},
  };
}
