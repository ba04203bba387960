import type { InferenceSession, Tensor, TensorConstructor } from "onnxruntime-web/wasm";
import { runError } from "../runtime/run-error.js";
import type { Handles, Program, Value } from "../runtime/runtime.js";
import { breathe } from "./breath.js";

/** A session of ONNX Runtime in a browser, from JavaScript's memory to JavaScript's memory. */
export class WebProgram implements Program {
  readonly #session: InferenceSession;
  readonly #Tensor: TensorConstructor;

  /** @param tensor of the same build of ONNX Runtime as the session */
  constructor(session: InferenceSession, tensor: TensorConstructor) {
    this.#session = session;
    this.#Tensor = tensor;
  }

  async run<Name extends string = never>(
    inputs: Handles,
    outputs: readonly Name[] | Handles,
  ): Promise<Record<Name, Value>> {
    await breathe();
    // Of the host's memory every box is a value.
    const feeds = Object.entries(inputs as Record<string, Value>).map(
      ([name, value]) => [name, this.#tensorOf(value)] as const,
    );
    const names: readonly string[] = Array.isArray(outputs) ? outputs : Object.keys(outputs);
    const results = await this.#session.run(Object.fromEntries(feeds), names).catch((error) => {
      throw runError(error, inputs);
    });
    if (Array.isArray(outputs)) {
      const values = names.map((name) => [name, received(results[name] as Tensor)] as const);
      return Object.fromEntries(values) as Record<Name, Value>;
    }
    // Preallocated outputs are ignored here, so they are copied.
    for (const [name, into] of Object.entries(outputs as Record<string, Value>)) {
      into.data.set((results[name] as Tensor).data as Float32Array);
    }
    return {} as Record<Name, Value>;
  }

  release(): Promise<void> {
    return this.#session.release();
  }

  #tensorOf({ data, shape }: Value): Tensor {
    return data instanceof Float32Array
      ? new this.#Tensor("float32", data, shape)
      : new this.#Tensor("uint8", data, shape);
  }
}

function received({ data, dims }: Tensor): Value {
  return { data: data as Float32Array, shape: dims };
}
