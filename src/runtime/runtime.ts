import type { ElementType } from "../graph/tensor.js";

/** Where graphs run. */
export const DEVICES = ["cpu", "webgpu", "cuda"] as const;

export type Device = (typeof DEVICES)[number];

/** A value outside a graph: elements in row-major order. */
export interface Value {
  readonly data: Float32Array | Uint8Array;
  readonly shape: readonly number[];
}

/** The element type of a value, as graphs name it. */
export function valueType({ data }: Value): ElementType {
  return data instanceof Float32Array ? "float32" : "uint8";
}

/** A graph made ready to run. */
export interface Program {
  /**
   * Computes outputs from inputs, both by their names in the graph.
   *
   * @param inputs every input of the graph
   * @param outputs either the names of the outputs wanted, which are then allocated,
   *   or values whose memory is written; it may be that of an input only where the graph reads that input
   *   before it computes the output, and never partly
   * @returns the outputs
   * @throws {ItamlError} OUT_OF_MEMORY
   */
  run<Name extends string>(
    inputs: Readonly<Record<string, Value>>,
    outputs: readonly Name[] | Readonly<Record<Name, Value>>,
  ): Promise<Record<Name, Value>>;
  /** Frees what the program holds; it can't run afterwards. */
  release(): Promise<void>;
}

/** The one way from learners to the machine: compiles ONNX models for a device. */
export interface Runtime {
  readonly device: Device;
  /**
   * @param options threads of this program on the CPU. Default: the runtime's
   * @throws {ItamlError} DEVICE_UNAVAILABLE where the device is missing
   */
  compile(onnxModel: Uint8Array, options?: { readonly threads: number }): Promise<Program>;
}
