import { createWebgpuRuntime } from "../../../src/webgpu.js";
import { teach } from "../page/teach.js";
import { convolve } from "./convolution.js";

const runtime = createWebgpuRuntime({ wasmPaths: new URL("/", location.href).href });

Object.assign(globalThis, {
  convolve: (of: { channels: number; filters: number }) => convolve(runtime, of),
  teach: () => teach(runtime),
  hasAdapter: async () =>
    Boolean(
      await (
        navigator as { gpu?: { requestAdapter(): Promise<object | null> } }
      ).gpu?.requestAdapter(),
    ),
  failure: () => convolve(runtime, { channels: 1, filters: 1 }).catch(({ code }) => code),
});
