import { expose } from "comlink";
import { createWebRuntime } from "../../src/web/onnxruntime-web.js";
import { BenchStep, type StepName } from "./step.js";

/** One step for the life of this worker, whose threads are as many for good. */
class StepService {
  #step: BenchStep | undefined;

  /** @returns the losses of the first two mini-batches */
  async start(name: StepName, threads: number, wasmPaths: string): Promise<[number, number]> {
    this.#step = await BenchStep.start(name, createWebRuntime({ threads, wasmPaths }));
    return [await this.#step.loss(), await this.#step.loss()];
  }

  measure(): Promise<number> {
    return (this.#step as BenchStep).measure();
  }
}

expose(new StepService());

export type { StepService };
