/** `itaml/webgpu`: a runtime of its own entry, since its WebAssembly is 27 MB that other pages shall not carry. */
export { createWebgpuRuntime } from "./web/onnxruntime-webgpu.js";
