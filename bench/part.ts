// One part of a benchmark, in a process of its own: what it measured goes to bench/main.ts.
import { availableParallelism } from "node:os";
import { reportError } from "../src/cli/failure.js";
import { PyTorch } from "./pytorch.js";
import { workloads } from "./workloads/index.js";

/** What a part's process is told. */
export interface Order {
  readonly workload: string;
  readonly part: string;
  readonly rounds: number;
  readonly data: string;
  readonly python: string | undefined;
}

process.once("message", async (order: Order) => {
  const threads = availableParallelism();
  const pytorch = order.python ? new PyTorch(order.python, threads) : undefined;
  try {
    const measure = workloads.find(({ name }) => name === order.workload)?.parts[order.part];
    const { rounds, data } = order;
    const progress = (text: string) => process.stderr.write(`  ${text}\n`);
    const rows = await measure?.({ rounds, data, threads, pytorch, progress });
    const memory = Math.round(process.resourceUsage().maxRSS / 1024);
    process.send?.(rows?.map((row) => ({ memory, ...row })));
  } catch (error) {
    process.exitCode = reportError(error);
  } finally {
    pytorch?.stop();
    process.disconnect?.();
  }
});
