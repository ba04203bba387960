// One part of a benchmark, in a process of its own: what it measured goes to bench/main.ts.
import { availableParallelism } from "node:os";
import { reportError } from "../src/cli/failure.js";
import type { Row } from "./page.js";
import { PyTorch } from "./pytorch.js";
import type { Bench } from "./workload.js";
import { workloads } from "./workloads/index.js";

/** What a part's process is told. */
export interface Order extends Pick<Bench, "rounds" | "data"> {
  readonly workload: string;
  readonly part: string;
  readonly python: string | undefined;
}

process.once("message", async (order: Order) => {
  try {
    const rows = await measure(order);
    // Whatever still runs has to end: a part releases nothing.
    process.send?.(rows, () => process.exit());
  } catch (error) {
    process.exit(reportError(error));
  }
});

// Where bench/main.ts was killed, nobody waits for it.
process.once("disconnect", () => process.exit(1));

async function measure({ workload, part, python, ...order }: Order): Promise<Row[] | undefined> {
  const threads = availableParallelism();
  const pytorch = python === undefined ? undefined : new PyTorch(python, threads);
  const progress = (text: string) => process.stderr.write(`  ${text}\n`);
  const found = workloads.find(({ name }) => name === workload);
  const rows = await found?.parts[part]?.({ ...order, threads, pytorch, progress });
  const memory = Math.round(process.resourceUsage().maxRSS / 1024);
  return rows?.map((row) => ({ memory, ...row }));
}
