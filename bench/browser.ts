// A training step in a headless Chromium, on ONNX Runtime's WebAssembly, beside the same one in Node, in turns:
// node --import tsx bench/browser.ts
import { availableParallelism } from "node:os";
import { fileURLToPath } from "node:url";
import { textTable } from "../src/report/table.js";
import { createOnnxRuntime } from "../src/runtime/node/onnxruntime-node.js";
import { ChromiumPage, chromiumPath } from "../test/support/chromium.js";
import { bundle, ISOLATED, serve } from "../test/support/page-server.js";
import { BenchStep, STEPS, type StepName } from "./web/step.js";

/** A training step's times, of each round. */
export interface BrowserRow {
  readonly workload: string;
  readonly unit: "ms";
  /** Of Chromium. */
  readonly ours: readonly number[];
  readonly other: { readonly name: "Node"; readonly times: readonly number[] };
}

interface Bench {
  /** How often everything is measured, after twice that don't count. */
  readonly rounds: number;
  /** Tells people how far it is. */
  progress(text: string): void;
}

/** @returns undefined where there is no Chromium */
export async function benchBrowser(bench: Bench): Promise<BrowserRow[] | undefined> {
  const chromium = chromiumPath();
  if (chromium === undefined) return undefined;
  const [program, worker] = [
    await bundle("bench/web/page.ts"),
    await bundle("bench/web/worker.ts"),
  ];
  const scripts = { "/worker.js": worker };
  const { address, close } = await serve(program, { scripts, headers: ISOLATED });
  const rows: BrowserRow[] = [];
  try {
    await ChromiumPage.with(chromium, async (page) => {
      await page.open(address);
      for (const name of Object.keys(STEPS) as StepName[]) {
        for (const threads of [1, 2].filter((count) => count <= availableParallelism())) {
          rows.push(await benchStep(bench, page, name, threads));
        }
      }
    });
  } finally {
    close();
  }
  return rows;
}

async function benchStep(
  { rounds, progress }: Bench,
  page: ChromiumPage,
  name: StepName,
  threads: number,
): Promise<BrowserRow> {
  const workload = `${name}, mini-batch of ${STEPS[name].batchSize}, ${threads === 1 ? "one thread" : "two threads"}`;
  progress(workload);
  const step = await BenchStep.start(name, createOnnxRuntime({ threads }));
  const losses = [await step.loss(), await step.loss()];
  const found = (await page.evaluate(`start("${name}", ${threads})`)) as [number, number];
  if (losses.some((loss, i) => !(Math.abs(loss - (found[i] as number)) <= 1e-3 * loss))) {
    throw new Error(
      `${workload}: losses ${found.join(", ")} in Chromium, ${losses.join(", ")} in Node`,
    );
  }
  const [ours, times]: [number[], number[]] = [[], []];
  for (let round = 0; round < rounds; round++) {
    times.push(await step.measure());
    ours.push((await page.evaluate("measure()")) as number);
  }
  return { workload, unit: "ms", ours, other: { name: "Node", times } };
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] as number;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const progress = (text: string) => process.stderr.write(`  ${text}\n`);
  console.log("\na training step in Chromium beside Node, taking turns, medians of five rounds\n");
  const rows = await benchBrowser({ rounds: 5, progress });
  if (!rows) console.log("none: no Chromium on the PATH, and ITAML_CHROMIUM says no other place");
  else {
    const cells = rows.map(({ workload, ours, other: { times } }) => {
      const ratios = ours.map((value, round) => value / (times[round] as number));
      return [
        workload,
        ...[median(ours), median(times)].map((value) => value.toFixed(1)),
        ...[median(ratios), Math.min(...ratios), Math.max(...ratios)].map((value) =>
          value.toFixed(2),
        ),
      ];
    });
    console.log(textTable([["", "Chromium, ms", "Node, ms", "ratio", "least", "most"], ...cells]));
  }
}
