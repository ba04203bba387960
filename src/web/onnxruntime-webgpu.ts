import * as ort from "onnxruntime-web/webgpu";
import { ItamlError } from "../base/errors.js";
import { lower } from "../onnx/lower.js";
import { gpu } from "../onnx/lowerings.js";
import { serializeOnnx } from "../onnx/serialize.js";
import { hostMemory } from "../runtime/host-memory.js";
import type { Runtime } from "../runtime/runtime.js";
import type { WebRuntimeOptions } from "./onnxruntime-web.js";
import { WebProgram } from "./web-program.js";

/**
 * ONNX Runtime on WebGPU, where the browser has an adapter: programs fail with DEVICE_UNAVAILABLE elsewhere. What a step
 * reads and writes is copied to the GPU and back.
 *
 * @param options where its files are: `ort-wasm-simd-threaded.asyncify.wasm` and `.mjs`
 */
export function createWebgpuRuntime({ wasmPaths }: WebRuntimeOptions = {}): Runtime {
  // What the GPU doesn't compute is little.
  ort.env.wasm.numThreads = 1;
  if (wasmPaths !== undefined) ort.env.wasm.wasmPaths = wasmPaths;
  ort.env.logLevel = "error";
  let adapter: Promise<void> | undefined;
  return {
    ...{ device: "webgpu", lanes: 1, memory: hostMemory(1) },
    async compile(graph) {
      adapter ??= findAdapter();
      await adapter;
      const model = serializeOnnx(lower(graph, gpu), {});
      const session = await ort.InferenceSession.create(model, {
        executionProviders: ["webgpu"],
        enableMemPattern: false,
      });
      return new WebProgram(session, ort.Tensor);
    },
  };
}

/** @throws {ItamlError} DEVICE_UNAVAILABLE */
async function findAdapter(): Promise<void> {
  // TypeScript's library for pages knows nothing of WebGPU in workers.
  const { gpu } = navigator as { gpu?: { requestAdapter(): Promise<object | null> } };
  if (await gpu?.requestAdapter()) return;
  throw new ItamlError("DEVICE_UNAVAILABLE", 'the device "webgpu" is not available here', {
    found: gpu ? "a browser that gives no adapter" : "a page without WebGPU",
    remedy: "Use createWebRuntime, or another browser; a page needs https or localhost for it",
  });
}
