import { createOnnxRuntime } from "../../src/runtime/node/onnxruntime-node.js";
import { ChromiumPage, chromiumPath } from "../../test/support/chromium.js";
import { bundle, ISOLATED, serve } from "../../test/support/page-server.js";
import type { Row } from "../page.js";
import { BenchStep, STEPS, type StepName } from "../web/step.js";
import { type Bench, inTurns, type Workload } from "../workload.js";

/** A training step in a headless Chromium, on ONNX Runtime's WebAssembly, and the same one in Node. */
async function measure(bench: Bench): Promise<Row[]> {
  const chromium = chromiumPath();
  if (chromium === undefined) {
    bench.progress("left out: no Chromium on the PATH, and ITAML_CHROMIUM names none");
    return [];
  }
  const program = await bundle("bench/web/page.ts");
  const scripts = { "/worker.js": await bundle("bench/web/worker.ts") };
  const { address, close } = await serve(program, { scripts, headers: ISOLATED });
  const rows: Row[] = [];
  try {
    await ChromiumPage.with(chromium, async (page) => {
      await page.open(address);
      for (const name of Object.keys(STEPS) as StepName[]) {
        for (const threads of [1, 2].filter((count) => count <= bench.threads)) {
          rows.push(await measureStep(bench, page, name, threads));
        }
      }
    });
  } finally {
    close();
  }
  return rows;
}

async function measureStep(
  bench: Bench,
  page: ChromiumPage,
  name: StepName,
  threads: number,
): Promise<Row> {
  const workload = `browser: ${name}, mini-batch of ${STEPS[name].batchSize}, ${threads === 1 ? "one thread" : "two threads"}`;
  bench.progress(workload);
  const step = await BenchStep.start(name, createOnnxRuntime({ threads }));
  const losses = [await step.loss(), await step.loss()];
  const found = (await page.evaluate(`start("${name}", ${threads})`)) as [number, number];
  if (losses.some((loss, i) => !(Math.abs(loss - (found[i] as number)) <= 1e-3 * loss))) {
    throw new Error(`losses ${found.join(", ")} in Chromium, ${losses.join(", ")} in Node`);
  }
  const times = await inTurns(bench, {
    Chromium: async () => (await page.evaluate("measure()")) as number,
    Node: () => step.measure(),
  });
  return { workload, unit: "ms", ours: times.Chromium, other: { name: "Node", times: times.Node } };
}

export const browser: Workload = {
  name: "browser",
  about: "a training step in a browser, on WebAssembly, beside Node's",
  parts: { Chromium: measure },
};
