import { expect, onTestFinished, test } from "vitest";
import { createOnnxRuntime } from "../src/runtime/node/onnxruntime-node.js";
import { ChromiumPage, chromiumPath } from "./support/chromium.js";
import { expectClose } from "./support/close.js";
import { needs } from "./support/needs.js";
import { teach } from "./support/page/teach.js";
import { bundle, serve } from "./support/page-server.js";
import { convolve } from "./support/web/convolution.js";

/** A program that plays a GPU, which Debian's Chromium brings. */
const ADAPTER = [
  ...["--enable-unsafe-webgpu", "--use-webgpu-adapter=swiftshader"],
  ...["--enable-features=Vulkan", "--use-angle=swiftshader"],
];

test("WebGPU in a browser computes and learns as Node does, with the convolutions that 1.30 gets wrong", async (context) => {
  const chromium = chromiumPath();
  needs(context, "a browser", chromium);
  const { address, close } = await serve(await bundle("test/support/web/gpu-page.ts"));
  onTestFinished(close);
  const node = createOnnxRuntime({ threads: 1 });
  await ChromiumPage.with(
    chromium,
    async (page) => {
      await page.open(address);
      needs(context, "a GPU", await page.evaluate("hasAdapter()"), "WebGPU in the browser");
      for (const [channels, filters] of [
        [3, 4],
        [6, 8],
        [9, 8],
        [8, 6],
        [21, 64],
      ] as const) {
        const of = { channels, filters };
        const there = (await page.evaluate(`convolve(${JSON.stringify(of)})`)) as number[][];
        const here = await convolve(node, of);
        here.forEach((values, i) => {
          expectClose(there[i] as number[], values, { absolute: 1e-4 });
        });
      }
      expect(await page.evaluate("teach()")).toEqual(await teach(node));
    },
    ADAPTER,
  );
});

test("where there is no adapter, that is what is said", async (context) => {
  const chromium = chromiumPath();
  needs(context, "a browser", chromium);
  const { address, close } = await serve(await bundle("test/support/web/gpu-page.ts"));
  onTestFinished(close);
  const found = await ChromiumPage.with(chromium, async (page) => {
    await page.open(address);
    return (await page.evaluate("hasAdapter()")) ? "an adapter" : page.evaluate("failure()");
  });
  needs(context, "a browser", found !== "an adapter", "without WebGPU");
  expect(found).toBe("DEVICE_UNAVAILABLE");
});
