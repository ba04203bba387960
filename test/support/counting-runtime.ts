import { createOnnxRuntime } from "../../src/runtime/node/onnxruntime-node.js";
import type {
  Handle,
  Handles,
  Memory,
  Program,
  Runtime,
  Value,
} from "../../src/runtime/runtime.js";

/** What crosses between JavaScript's memory and a device's, in numbers. */
export interface Traffic {
  /** Lengths of what was uploaded, and of what was read, one after another. */
  uploads: number[];
  reads: number[];
  /** In all, of the values that runs brought to the device, and back. */
  inputs: number;
  outputs: number;
}

/**
 * The CPU in the part of a device with a memory of its own: of its boxes nobody knows more than the shape, and all that
 * crosses is counted.
 */
export function countingRuntime(): { runtime: Runtime; traffic: Traffic } {
  const cpu = createOnnxRuntime({ threads: 1 });
  const traffic: Traffic = { uploads: [], reads: [], inputs: 0, outputs: 0 };
  const inside = new WeakMap<Handle, Handle>();
  const box = (handle: Handle): Handle => {
    const opaque = { shape: handle.shape };
    inside.set(opaque, handle);
    return opaque;
  };
  const open = (handle: Handle) => {
    const known = inside.get(handle);
    if (!known) throw new Error("a box that is not of this memory, or freed");
    return known;
  };
  const memory: Memory = {
    allocate: (shape) => box(cpu.memory.allocate(shape)),
    stack(count, shape) {
      const { rows, matrix } = cpu.memory.stack(count, shape);
      return { rows: rows.map(box), matrix: async () => box(await matrix()) };
    },
    async upload(data, shape) {
      traffic.uploads.push(data.length);
      return box(await cpu.memory.upload(data.slice(), shape));
    },
    copy: (from, into) => cpu.memory.copy(open(from), open(into)),
    async read(handle) {
      const data = (await cpu.memory.read(open(handle))).slice();
      traffic.reads.push(data.length);
      return data;
    },
    free(...handles) {
      for (const handle of handles) {
        open(handle);
        inside.delete(handle);
      }
    },
  };
  const crossing = (handles: Handles, count: (length: number) => void) =>
    Object.fromEntries(
      Object.entries(handles).map(([name, handle]) => {
        if (!("data" in handle)) return [name, open(handle)];
        count(handle.data.length);
        return [name, handle];
      }),
    );
  const counted = (program: Program): Program => ({
    async run<Name extends string = never>(inputs: Handles, outputs: readonly Name[] | Handles) {
      const feeds = crossing(inputs, (length) => {
        traffic.inputs += length;
      });
      const count = (length: number) => {
        traffic.outputs += length;
      };
      if (!Array.isArray(outputs)) {
        return program.run<Name>(feeds, crossing(outputs as Handles, count));
      }
      const results = await program.run(feeds, outputs as readonly Name[]);
      for (const { data } of Object.values<Value>(results)) count(data.length);
      return results;
    },
    release: () => program.release(),
  });
  const runtime: Runtime = {
    ...cpu,
    memory,
    compile: async (graph, options) => counted(await cpu.compile(graph, options)),
  };
  return { runtime, traffic };
}
