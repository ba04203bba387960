import { runError } from "../run-error.js";
import type { Handles, Program, Value } from "../runtime.js";
import type { InferenceSession, Tensor } from "./ort.js";
import { valuesOf, valueTensor } from "./run-session.js";
import type { WebgpuMemory } from "./webgpu-memory.js";

/** A session on a GPU, from box to box of its memory. */
export class WebgpuProgram implements Program {
  readonly #session: InferenceSession;
  readonly #memory: WebgpuMemory;

  constructor(session: InferenceSession, memory: WebgpuMemory) {
    this.#session = session;
    this.#memory = memory;
  }

  async run<Name extends string = never>(
    inputs: Handles,
    outputs: readonly Name[] | Handles,
  ): Promise<Record<Name, Value>> {
    const names = Array.isArray(outputs) ? outputs : Object.keys(outputs);
    try {
      const feeds: Record<string, Tensor> = {};
      for (const [name, input] of Object.entries(inputs)) {
        feeds[name] = "data" in input ? valueTensor(input) : await this.#memory.tensorOf(input);
      }
      const results = await this.#session.run(feeds, names);
      if (Array.isArray(outputs)) return valuesOf(results) as Record<Name, Value>;
      for (const [name, output] of Object.entries(outputs as Handles)) {
        const result = results[name] as Tensor;
        if ("data" in output) output.data.set(result.data as Value["data"]);
        else this.#memory.replace(output, result);
      }
      return {} as Record<Name, Value>;
    } catch (error) {
      throw runError(error, inputs);
    }
  }

  release(): Promise<void> {
    return this.#session.release();
  }
}
