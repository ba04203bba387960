import * as ort from "onnxruntime-web/wasm";
import { type Lowering, lower } from "../onnx/lower.js";
import { cpuThread, cpuThreads } from "../onnx/lowerings.js";
import { serializeOnnx } from "../onnx/serialize.js";
import { hostMemory } from "../runtime/host-memory.js";
import { runError } from "../runtime/run-error.js";
import type { Handles, Program, Runtime, Value } from "../runtime/runtime.js";
import { breathe } from "./breath.js";

export interface WebRuntimeOptions {
  /** Threads of a program. Default: one for each core, four at most; more than one needs a cross-origin isolated page. */
  readonly threads?: number | undefined;
  /** Where ONNX Runtime's `.wasm` and `.mjs` files are. Default: where the bundler puts them, or beside the script. */
  readonly wasmPaths?: string | undefined;
}

/** More than so many threads hardly help graphs of this size, and the page wants some. */
const MOST_THREADS = 4;

/**
 * ONNX Runtime on WebAssembly. Its threads are the page's for good: of several runtimes the first one says how many
 * there are.
 */
export function createWebRuntime({
  threads = defaultThreads(),
  wasmPaths,
}: WebRuntimeOptions = {}): Runtime {
  ort.env.wasm.numThreads = threads;
  if (wasmPaths !== undefined) ort.env.wasm.wasmPaths = wasmPaths;
  ort.env.logLevel = "error";
  // The blocked layout of convolutions is one of ONNX Runtime's native CPU kernels alone.
  const lowering: Lowering = threads === 1 ? cpuThread : cpuThreads(undefined);
  return {
    device: "cpu",
    lanes: 1,
    memory: hostMemory(1),
    async compile(graph) {
      const model = serializeOnnx(lower(graph, lowering), {});
      // The same options as in Node, for the same reasons.
      const session = await ort.InferenceSession.create(model, {
        executionProviders: ["wasm"],
        enableMemPattern: false,
      });
      return new WebProgram(session);
    },
  };
}

function defaultThreads(): number {
  return globalThis.crossOriginIsolated
    ? Math.min(globalThis.navigator?.hardwareConcurrency ?? 1, MOST_THREADS)
    : 1;
}

class WebProgram implements Program {
  readonly #session: ort.InferenceSession;

  constructor(session: ort.InferenceSession) {
    this.#session = session;
  }

  async run<Name extends string = never>(
    inputs: Handles,
    outputs: readonly Name[] | Handles,
  ): Promise<Record<Name, Value>> {
    await breathe();
    // Of the host's memory every box is a value.
    const feeds = Object.entries(inputs as Record<string, Value>).map(
      ([name, value]) => [name, tensorOf(value)] as const,
    );
    const names: readonly string[] = Array.isArray(outputs) ? outputs : Object.keys(outputs);
    const results = await this.#session.run(Object.fromEntries(feeds), names).catch((error) => {
      throw runError(error, inputs);
    });
    if (Array.isArray(outputs)) {
      const values = names.map((name) => [name, received(results[name] as ort.Tensor)] as const);
      return Object.fromEntries(values) as Record<Name, Value>;
    }
    // Preallocated outputs are ignored here, so they are copied.
    for (const [name, into] of Object.entries(outputs as Record<string, Value>)) {
      into.data.set((results[name] as ort.Tensor).data as Float32Array);
    }
    return {} as Record<Name, Value>;
  }

  release(): Promise<void> {
    return this.#session.release();
  }
}

function tensorOf({ data, shape }: Value): ort.Tensor {
  return data instanceof Float32Array
    ? new ort.Tensor("float32", data, shape)
    : new ort.Tensor("uint8", data, shape);
}

function received({ data, dims }: ort.Tensor): Value {
  return { data: data as Float32Array, shape: dims };
}
