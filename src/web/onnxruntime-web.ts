import * as ort from "onnxruntime-web/wasm";
import { type Lowering, lower } from "../onnx/lower.js";
import { cpuThread, cpuThreads } from "../onnx/lowerings.js";
import { serializeOnnx } from "../onnx/serialize.js";
import { hostMemory } from "../runtime/host-memory.js";
import type { Runtime } from "../runtime/runtime.js";
import { WebProgram } from "./web-program.js";

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
        extra: { session: { force_spinning_stop: "1" } },
      });
      return new WebProgram(session, ort.Tensor);
    },
  };
}

function defaultThreads(): number {
  return globalThis.crossOriginIsolated
    ? Math.min(globalThis.navigator?.hardwareConcurrency ?? 1, MOST_THREADS)
    : 1;
}
