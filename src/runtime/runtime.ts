import type { Graph } from "../graph/graph.js";

/** Where graphs run. */
export const DEVICES = ["cpu", "webgpu", "cuda"] as const;

export type Device = (typeof DEVICES)[number];

/**
 * Where a tensor's numbers stand from run to run: a box in a device's memory, whose content runs replace, or a
 * {@link Value}. Of a box nobody but its runtime knows more than the shape.
 */
export interface Handle {
  readonly shape: readonly number[];
}

/** Numbers in JavaScript's own memory, in row-major order. A run on another device brings them there, and back. */
export interface Value extends Handle {
  readonly data: Float32Array | Uint8Array;
}

/** What a run reads or writes, by the names in its graph. */
export type Handles = Readonly<Record<string, Handle | Value>>;

/** A graph made ready to run. */
export interface Program {
  /**
   * Computes outputs from inputs. Of a program compiled `overlapping`, runs may overlap; of others they may not.
   *
   * @param inputs every input of the graph
   * @param outputs either the names of the outputs wanted, which then come as new values, or where they are written;
   *   that may be an input only where the graph reads it before it computes the output, and never partly
   * @returns the outputs that were asked for by name
   * @throws {ItamlError} OUT_OF_MEMORY
   */
  run<Name extends string = never>(
    inputs: Handles,
    outputs: readonly Name[] | Handles,
  ): Promise<Record<Name, Value>>;
  /** Frees what the program holds; it can't run afterwards. */
  release(): Promise<void>;
}

export interface CompileOptions {
  /** Threads of a run on the CPU. Default: the runtime's. */
  readonly threads?: number;
  /** Runs may overlap: as many as the runtime has lanes go on at once, each in one thread. */
  readonly overlapping?: boolean;
  /** Outputs that stay in the device's memory: runs write them to boxes, others to values. Default: none. */
  readonly resident?: readonly string[];
}

/** Who uses memory. */
export interface Placement {
  /** Runs that overlap: their lanes then read and write it where it is. Default: no. */
  readonly overlapping?: boolean;
}

/** Boxes of one shape that a program can read as one matrix. */
export interface Stack {
  readonly rows: readonly Handle[];
  /** [rows, elements of a row], to be read before one of them changes, and to be freed then. */
  matrix(): Promise<Handle>;
}

/** A device's memory, of float32. What is allocated stays until it is freed. */
export interface Memory {
  /** A box of zeros. */
  allocate(shape: readonly number[], placement?: Placement): Handle;
  /** As many boxes of zeros. */
  stack(rows: number, shape: readonly number[], placement?: Placement): Stack;
  /** A box of these numbers. The array is the box's from now on: nobody else may change it. */
  upload(data: Float32Array, shape: readonly number[]): Promise<Handle>;
  /** Gives one box the numbers of another one of as many. */
  copy(from: Handle, into: Handle): Promise<void>;
  /** The numbers in a box, which may be its own memory: whoever keeps them copies them before the box changes. */
  read(handle: Handle): Promise<Float32Array>;
  free(...handles: readonly Handle[]): void;
}

/** The one way from learners to the machine: its memory, and graphs compiled for a device. */
export interface Runtime {
  readonly device: Device;
  readonly memory: Memory;
  /** How many overlapping runs go on at once. */
  readonly lanes: number;
  /** @throws {ItamlError} DEVICE_UNAVAILABLE where the device is missing */
  compile(graph: Graph, options?: CompileOptions): Promise<Program>;
}
