import { spawn, spawnSync } from "node:child_process";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { Writable } from "node:stream";

export interface PyTorchRequest {
  readonly workload: string;
  readonly session: number;
  /** Of each task in the mini-batch. */
  readonly samples: readonly number[];
  readonly repetitions: number;
}

/** Evaluation after the last of some tasks. */
export interface EvaluationRequest {
  readonly tasks: number;
  /** Of all tasks. */
  readonly images: number;
  readonly exemplars: number;
  /** Images of one run of inference. */
  readonly batch: number;
  /** Images of one step of adaptation. */
  readonly adaptation: number;
}

/** Milliseconds of an evaluation's parts. */
export interface EvaluationTimes {
  /** One pass of the base model over all images. */
  readonly base: number;
  /** All adaptations. */
  readonly adaptation: number;
  /** One pass of each adapted model over its own task's images. */
  readonly own: number;
}

/** bench/pytorch.py, which measures a mini-batch whenever it is asked. */
export class PyTorch {
  readonly version: string;
  readonly #requests: Writable;
  readonly #lines: AsyncIterator<string>;

  private constructor(requests: Writable, lines: AsyncIterator<string>, version: string) {
    this.#requests = requests;
    this.#lines = lines;
    this.version = version;
  }

  /** @returns undefined where no Python with PyTorch is found */
  static async start(threads: number): Promise<PyTorch | undefined> {
    const candidates = ["python3", "/usr/bin/python3", "python"];
    const python = candidates.find(
      (command) => spawnSync(command, ["-c", "import torch"]).status === 0,
    );
    if (python === undefined) return undefined;
    const script = join(import.meta.dirname, "pytorch.py");
    const child = spawn(python, [script, String(threads)], { stdio: ["pipe", "pipe", "inherit"] });
    const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
    const { version } = JSON.parse((await lines.next()).value);
    return new PyTorch(child.stdin, lines, version);
  }

  /** Milliseconds a mini-batch. */
  async measure(request: PyTorchRequest): Promise<number> {
    return (await this.#ask<{ milliseconds: number }>(request)).milliseconds;
  }

  evaluate(evaluation: EvaluationRequest): Promise<EvaluationTimes> {
    return this.#ask({ evaluation });
  }

  async #ask<Answer>(request: object): Promise<Answer> {
    this.#requests.write(`${JSON.stringify(request)}\n`);
    return JSON.parse((await this.#lines.next()).value);
  }

  stop(): void {
    this.#requests.end();
  }
}
