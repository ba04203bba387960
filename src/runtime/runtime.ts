import type { Graph } from "../graph/graph.js";

/** Where graphs run. */
export const DEVICES = ["cpu", "webgpu", "cuda"] as const;

export type Device = (typeof DEVICES)[number];

/** A value outside a graph: elements in row-major order. */
export interface Value {
  readonly data: Float32Array | Uint8Array;
  readonly shape: readonly number[];
}

/** A graph made ready to run. */
export interface Program {
  /**
   * Computes outputs from inputs, both by their names in the graph. Of a program compiled `overlapping`, runs may
   * overlap; of others they may not.
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

export interface CompileOptions {
  /** Threads of a run on the CPU. Default: the runtime's. */
  readonly threads?: number;
  /** Runs may overlap: as many as the runtime has lanes go on at once, each in one thread. */
  readonly overlapping?: boolean;
}

/** The one way from learners to the machine: compiles graphs for a device. */
export interface Runtime {
  readonly device: Device;
  /** How many overlapping runs go on at once. */
  readonly lanes: number;
  /** @throws {ItamlError} DEVICE_UNAVAILABLE where the device is missing */
  compile(graph: Graph, options?: CompileOptions): Promise<Program>;
  /** Memory of zeros that is not copied on its way from lane to lane. */
  allocate(length: number): Float32Array;
}
