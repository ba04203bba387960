import { spawn, spawnSync } from "node:child_process";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { Writable } from "node:stream";

/** A Python that has PyTorch; undefined where none is found. */
export function findPyTorch(): { python: string; version: string } | undefined {
  for (const python of ["python3", "/usr/bin/python3", "python"]) {
    const { status, stdout } = spawnSync(python, ["-c", "import torch; print(torch.__version__)"]);
    if (status === 0) return { python, version: String(stdout).trim() };
  }
  return undefined;
}

/** bench/pytorch/main.py, which does some work whenever it is asked. */
export class PyTorch {
  readonly #requests: Writable;
  readonly #lines: AsyncIterator<string>;

  constructor(python: string, threads: number) {
    const script = join(import.meta.dirname, "pytorch/main.py");
    const child = spawn(python, ["-B", script, String(threads)], {
      stdio: ["pipe", "pipe", "inherit"],
    });
    this.#requests = child.stdin;
    this.#lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  }

  /** What bench/pytorch/main.py answers to a request. */
  async ask<Answer>(work: string, request: object): Promise<Answer> {
    this.#requests.write(`${JSON.stringify({ work, ...request })}\n`);
    const { value, done } = await this.#lines.next();
    if (done) throw new Error(`PyTorch's program ended: ${work}`);
    return JSON.parse(value);
  }

  stop(): void {
    this.#requests.end();
  }
}
