import * as ort from "onnxruntime-web/wasm";
import {
  cpuThread,
  type Graph,
  type Handles,
  hostMemory,
  type Program,
  type Runtime,
  serializeOnnx,
  type Value,
} from "../../../src/core.js";

/** ONNX Runtime on WebAssembly, in one thread: as much of it as a test needs. */
export function createPageRuntime(wasmPaths: string): Runtime {
  Object.assign(ort.env.wasm, { numThreads: 1, wasmPaths });
  return {
    device: "cpu",
    lanes: 1,
    compile: async (graph: Graph) => {
      const session = await ort.InferenceSession.create(serializeOnnx(graph, cpuThread));
      return new PageProgram(session);
    },
    memory: hostMemory(1),
  };
}

class PageProgram implements Program {
  readonly #session: ort.InferenceSession;

  constructor(session: ort.InferenceSession) {
    this.#session = session;
  }

  async run<Name extends string = never>(
    inputs: Handles,
    outputs: readonly Name[] | Handles,
  ): Promise<Record<Name, Value>> {
    // Of the host's memory every box is a value.
    const feeds = Object.entries(inputs as Record<string, Value>).map(([name, { data, shape }]) => [
      name,
      tensor(data, shape),
    ]);
    const names = Array.isArray(outputs) ? outputs : Object.keys(outputs);
    const results = await this.#session.run(Object.fromEntries(feeds), names);
    const values = Object.entries(results).map(([name, { data, dims }]): [string, Value] => [
      name,
      { data: data as Float32Array, shape: dims },
    ]);
    if (Array.isArray(outputs)) return Object.fromEntries(values) as Record<Name, Value>;
    for (const [name, { data }] of values) (outputs as Record<string, Value>)[name]?.data.set(data);
    return {} as Record<Name, Value>;
  }

  release(): Promise<void> {
    return this.#session.release();
  }
}

function tensor(data: Value["data"], shape: readonly number[]): ort.Tensor {
  return data instanceof Float32Array
    ? new ort.Tensor("float32", data, shape)
    : new ort.Tensor("uint8", data, shape);
}
