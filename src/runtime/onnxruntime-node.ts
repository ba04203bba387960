import * as ort from "onnxruntime-node";
import { allocationError } from "../allocation.js";
import { ItamlError } from "../errors.js";
import { type Device, type Program, type Runtime, type Value, valueType } from "./runtime.js";

// What goes wrong is thrown; the native log would print it a second time.
ort.env.logLevel = "fatal";

export interface OnnxRuntimeOptions {
  /** Default: `"cpu"`. */
  device?: Device;
  /** Threads of one program on the CPU. Default: one for each core. */
  threads?: number;
}

/** ONNX Runtime in Node: graphs run on the CPU, or on a GPU by the execution provider of that name. */
export function createOnnxRuntime({ device = "cpu", threads }: OnnxRuntimeOptions = {}): Runtime {
  return {
    device,
    async compile(onnxModel, options) {
      const ownThreads = options?.threads ?? threads;
      try {
        return new SessionProgram(
          await ort.InferenceSession.create(onnxModel, {
            executionProviders: [device],
            graphOptimizationLevel: "all",
            // Memory planned for one batch size is kept beside that for the next: twice as much for a network of
            // convolutions, and slower whenever the size is new.
            enableMemPattern: false,
            ...(ownThreads && { intraOpNumThreads: ownThreads }),
          }),
        );
      } catch (cause) {
        if (device === "cpu") throw cause;
        throw new ItamlError(
          "DEVICE_UNAVAILABLE",
          `the device "${device}" is not available here`,
          { found: firstLine(cause), remedy: REMEDIES[device] },
          { cause },
        );
      }
    },
  };
}

const REMEDIES = {
  cuda:
    "Use --set device=cpu, or install an NVIDIA driver with CUDA 12 and cuDNN 9 on Linux x64 " +
    "and run npm rebuild onnxruntime-node --onnxruntime-node-install=cuda12",
  webgpu: "Use --set device=cpu, or install a Vulkan driver for your GPU",
};

function firstLine(error: unknown): string {
  return String(error instanceof Error ? error.message : error).split("\n")[0] as string;
}

class SessionProgram implements Program {
  readonly #session: ort.InferenceSession;

  constructor(session: ort.InferenceSession) {
    this.#session = session;
  }

  async run<Name extends string>(
    inputs: Readonly<Record<string, Value>>,
    outputs: readonly Name[] | Readonly<Record<Name, Value>>,
  ): Promise<Record<Name, Value>> {
    try {
      const feeds = mapValues(inputs, toOrt);
      if (Array.isArray(outputs)) {
        const results = await this.#session.run(feeds, outputs as string[]);
        return mapValues(results, fromOrt) as Record<Name, Value>;
      }
      const given = outputs as Readonly<Record<Name, Value>>;
      await this.#session.run(feeds, mapValues(given, toOrt));
      return given;
    } catch (error) {
      const [samples] = inputs.x?.shape ?? [];
      throw allocationError(error, {
        where: samples === undefined ? "a step" : `a step of ${samples} samples`,
        remedy: "Lower batchSize, images.size or the size of the network",
      });
    }
  }

  release(): Promise<void> {
    return this.#session.release();
  }
}

function toOrt(value: Value): ort.Tensor {
  return new ort.Tensor(valueType(value) as "float32", value.data as Float32Array, value.shape);
}

function fromOrt(tensor: ort.Tensor): Value {
  return { data: tensor.data as Float32Array, shape: tensor.dims };
}

function mapValues<From, To>(
  record: Readonly<Record<string, From>>,
  map: (value: From) => To,
): Record<string, To> {
  return Object.fromEntries(Object.entries(record).map(([key, value]) => [key, map(value)]));
}
