import * as ort from "onnxruntime-web/wasm";
import {
  cpuThread,
  type Graph,
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
    allocate: (length) => new Float32Array(length),
  };
}

class PageProgram implements Program {
  readonly #session: ort.InferenceSession;

  constructor(session: ort.InferenceSession) {
    this.#session = session;
  }

  async run<Name extends string>(
    inputs: Readonly<Record<string, Value>>,
    outputs: readonly Name[] | Readonly<Record<Name, Value>>,
  ): Promise<Record<Name, Value>> {
    const feeds = Object.entries(inputs).map(([name, { data, shape }]) => [
      name,
      tensor(data, shape),
    ]);
    const names = (Array.isArray(outputs) ? outputs : Object.keys(outputs)) as Name[];
    const results = await this.#session.run(Object.fromEntries(feeds), names);
    const values = names.map((name) => {
      const { data, dims } = results[name] as ort.Tensor;
      const value = { data: data as Float32Array, shape: dims };
      if (Array.isArray(outputs)) return [name, value];
      const given = (outputs as Readonly<Record<Name, Value>>)[name];
      given.data.set(value.data);
      return [name, given];
    });
    return Object.fromEntries(values);
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
