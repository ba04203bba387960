import { availableParallelism } from "node:os";
import { ItamlError } from "../../base/errors.js";
import { type Lowering, lower } from "../../onnx/lower.js";
import { cpuThread, cpuThreads, gpu } from "../../onnx/lowerings.js";
import { serializeOnnx } from "../../onnx/serialize.js";
import { hostMemory } from "../host-memory.js";
import { cutOutputs, PieceProgram } from "../output-pieces.js";
import { runError } from "../run-error.js";
import type { Device, Handles, Program, Runtime, Value } from "../runtime.js";
import { findChannelBlock } from "./channel-block.js";
import * as ort from "./ort.js";
import { computeOutputs, runSession } from "./run-session.js";
import { threadOptions } from "./thread-options.js";
import { STAYS, WebgpuMemory } from "./webgpu-memory.js";
import { WebgpuProgram } from "./webgpu-program.js";
import { WorkerProgram } from "./worker-program.js";

// What goes wrong is thrown; the native log would print it a second time.
ort.env.logLevel = "fatal";

/** Of ONNX Runtime. */
export const RUNTIME_VERSION = ort.env.versions.node ?? ort.env.versions.common;

export interface OnnxRuntimeOptions {
  /** Default: `"cpu"`. */
  device?: Device;
  /** Threads of one program on the CPU. Default: one for each core. */
  threads?: number;
}

/** ONNX Runtime in Node: graphs run on the CPU, or on a GPU by the execution provider of that name. */
export function createOnnxRuntime({
  device = "cpu",
  threads = availableParallelism(),
}: OnnxRuntimeOptions = {}): Runtime {
  const lanes = device === "cpu" ? threads : 1;
  const sessionOptions = (ownThreads: number): ort.InferenceSession.SessionOptions => {
    const { extra, intraOpNumThreads } = threadOptions(ownThreads);
    return {
      ...{ executionProviders: [device], graphOptimizationLevel: "all", intraOpNumThreads },
      // Memory planned for one batch size is kept beside that for the next: twice as much for a network of
      // convolutions, and slower whenever the size is new.
      enableMemPattern: false,
      // What this makes of a convolution and an addition copies what is added first, in one thread.
      extra: {
        ...extra,
        optimization: { disable_specified_optimizers: "ConvAddActivationFusion" },
      },
    };
  };
  const createSession = async (
    model: Uint8Array,
    options: ort.InferenceSession.SessionOptions = {},
  ) => {
    try {
      return await ort.InferenceSession.create(model, { ...sessionOptions(threads), ...options });
    } catch (cause) {
      if (device === "cpu") throw cause;
      throw new ItamlError(
        "DEVICE_UNAVAILABLE",
        `the device "${device}" is not available here`,
        { found: firstLine(cause), remedy: REMEDIES[device] },
        { cause },
      );
    }
  };
  const gpuMemory = device === "webgpu" ? new WebgpuMemory(createSession) : undefined;
  let channelBlock: Promise<number | undefined> | undefined;
  const loweringFor = async (ownThreads: number): Promise<Lowering> => {
    if (device !== "cpu") return gpu;
    if (ownThreads === 1) return cpuThread;
    channelBlock ??= findChannelBlock((graph) => compile(graph, { threads: 1 }));
    return cpuThreads(await channelBlock);
  };
  const compile: Runtime["compile"] = async (graph, options = {}) => {
    const { overlapping = false, resident = [] } = options;
    const ownThreads = overlapping ? 1 : (options.threads ?? threads);
    const lowered = lower(graph, await loweringFor(ownThreads));
    if (gpuMemory) {
      const locations = [...lowered.outputs.keys()].map((name) => {
        return [name, resident.includes(name) ? STAYS : "cpu"] as const;
      });
      const session = await createSession(serializeOnnx(lowered, {}), {
        preferredOutputLocation: Object.fromEntries(locations),
      });
      return new WebgpuProgram(session, gpuMemory);
    }
    const pieces = cutOutputs(lowered, resident);
    const model = serializeOnnx(lowered, {});
    const program =
      overlapping && lanes > 1
        ? new WorkerProgram(model, sessionOptions(1), lanes)
        : new SessionProgram(await createSession(model, { intraOpNumThreads: ownThreads }));
    return pieces.size > 0 ? new PieceProgram(program, pieces) : program;
  };
  return {
    ...{ device, lanes, compile },
    memory: gpuMemory ?? hostMemory(lanes),
  };
}

const REMEDIES = {
  cuda:
    "Use the device cpu, or install an NVIDIA driver with CUDA 12 and cuDNN 9 on Linux x64 " +
    "and run node node_modules/onnxruntime-node/script/install --onnxruntime-node-install",
  webgpu: "Use the device cpu, or install a Vulkan driver for your GPU",
};

function firstLine(error: unknown): string {
  return String(error instanceof Error ? error.message : error).split("\n")[0] as string;
}

/** What stands in JavaScript's memory: boxes are values there. */
type Values = Readonly<Record<string, Value>>;

class SessionProgram implements Program {
  readonly #session: ort.InferenceSession;
  readonly #copies = new Map<string, Float32Array | Uint8Array>();

  constructor(session: ort.InferenceSession) {
    this.#session = session;
  }

  async run<Name extends string = never>(
    inputs: Handles,
    outputs: readonly Name[] | Handles,
  ): Promise<Record<Name, Value>> {
    const values = inputs as Values;
    try {
      if (Array.isArray(outputs)) {
        return await computeOutputs(this.#session, values, outputs, this.#copies);
      }
      await runSession(this.#session, values, outputs as Values, this.#copies);
      return {} as Record<Name, Value>;
    } catch (error) {
      throw runError(error, inputs);
    }
  }

  release(): Promise<void> {
    return this.#session.release();
  }
}
