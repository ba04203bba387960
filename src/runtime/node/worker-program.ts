import { Worker } from "node:worker_threads";
import { ItamlError } from "../../base/errors.js";
import { runError } from "../run-error.js";
import type { Handles, Program, Value } from "../runtime.js";
import type { InferenceSession } from "./ort.js";
import { isShared } from "./run-session.js";

/** A run that has been asked for. */
interface Job {
  readonly inputs: Readonly<Record<string, Value>>;
  readonly outputs: Readonly<Record<string, Value>>;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

/**
 * One session in each of several threads. Runs are started in the order in which they are asked for; which thread a run
 * gets makes no difference to its numbers.
 */
export class WorkerProgram implements Program {
  readonly #model: Uint8Array;
  readonly #options: InferenceSession.SessionOptions;
  readonly #lanes: number;
  readonly #waiting: Job[] = [];
  readonly #idle: Worker[] = [];
  readonly #running = new Map<Worker, Job>();

  /** Threads start when they are first needed. */
  constructor(model: Uint8Array, options: InferenceSession.SessionOptions, lanes: number) {
    this.#model = model;
    this.#options = options;
    this.#lanes = lanes;
  }

  async run<Name extends string = never>(
    inputs: Handles,
    outputs: readonly Name[] | Handles,
  ): Promise<Record<Name, Value>> {
    if (Array.isArray(outputs)) {
      throw new ItamlError("INPUT_INVALID", "an overlapping run needs memory for its outputs", {
        expected: "outputs with their values",
        found: "names",
      });
    }
    await new Promise<void>((resolve, reject) => {
      const values = { inputs: inputs as Job["inputs"], outputs: outputs as Job["outputs"] };
      this.#waiting.push({ ...values, resolve, reject });
      this.#startNext();
    });
    return {} as Record<Name, Value>;
  }

  async release(): Promise<void> {
    await Promise.all([...this.#idle, ...this.#running.keys()].map((worker) => worker.terminate()));
    this.#idle.length = 0;
  }

  #startNext(): void {
    const next = this.#waiting[0];
    const worker = next && (this.#idle.pop() ?? this.#newWorker());
    if (!worker) return;
    this.#waiting.shift();
    this.#running.set(worker, next);
    // Idle threads don't keep a process from ending.
    worker.ref();
    worker.postMessage({ inputs: mapValues(next.inputs), outputs: mapValues(next.outputs) });
  }

  #newWorker(): Worker | undefined {
    if (this.#running.size >= this.#lanes) return undefined;
    const worker = new Worker(new URL("./session-worker.js", import.meta.url), {
      workerData: { model: this.#model, options: this.#options },
    });
    worker.on("message", ({ outputs, error }) => {
      const job = this.#running.get(worker) as Job;
      this.#running.delete(worker);
      worker.unref();
      this.#idle.push(worker);
      for (const [name, { data }] of Object.entries<Value>(outputs ?? {})) {
        job.outputs[name]?.data.set(data);
      }
      if (error === undefined) job.resolve();
      else job.reject(runError(error, job.inputs));
      this.#startNext();
    });
    worker.on("error", (error) => {
      this.#running.get(worker)?.reject(error);
      this.#running.delete(worker);
      this.#startNext();
    });
    return worker;
  }
}

/** Values as they are sent: a view would take the whole memory that it is of with it. */
function mapValues(values: Readonly<Record<string, Value>>): Record<string, Value> {
  return Object.fromEntries(
    Object.entries(values).map(([name, { data, shape }]) => {
      const whole = isShared(data) || data.byteLength === data.buffer.byteLength;
      return [name, { data: whole ? data : data.slice(), shape }];
    }),
  );
}
