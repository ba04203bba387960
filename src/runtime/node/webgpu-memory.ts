import { Graph, type Tensor as GraphTensor } from "../../graph/graph.js";
import { concatenateAlong, identity } from "../../graph/operators/index.js";
import { elementCount } from "../../graph/shape.js";
import { gpu } from "../../onnx/lowerings.js";
import { serializeOnnx } from "../../onnx/serialize.js";
import type { Handle, Memory, Stack } from "../runtime.js";
import { type InferenceSession, Tensor } from "./ort.js";

type CreateSession = (
  model: Uint8Array,
  options: InferenceSession.SessionOptions,
) => Promise<InferenceSession>;

/** A box in a GPU's memory; without a tensor all its numbers are 0 still. */
interface Box extends Handle {
  tensor?: Tensor | undefined;
}

/** What a run does with outputs that stay where they were computed. */
export const STAYS = "gpu-buffer";

/**
 * A GPU's memory, by way of WebGPU. A run writes each output to a new buffer, which then takes the place of the box's
 * old one. ONNX Runtime in Node can neither fill a buffer nor read it (`getData` ends the process): programs with one
 * node do both.
 */
export class WebgpuMemory implements Memory {
  readonly #createSession: CreateSession;
  readonly #programs = new Map<string, Promise<InferenceSession>>();

  constructor(createSession: CreateSession) {
    this.#createSession = createSession;
  }

  allocate(shape: readonly number[]): Box {
    return { shape };
  }

  stack(count: number, shape: readonly number[]): Stack {
    const rows = Array.from({ length: count }, () => this.allocate(shape));
    const length = elementCount(shape);
    const matrix = async (): Promise<Box> => {
      const program = await this.#program(`stack ${count}`, STAYS, (graph) => {
        const inputs = rows.map((_, i) => graph.input(`x${i}`, "float32", [1, "length"]));
        return concatenateAlong(0, inputs);
      });
      const feeds: Record<string, Tensor> = {};
      for (const [i, row] of rows.entries()) feeds[`x${i}`] = await this.tensorOf(row, [1, length]);
      const { y } = await program.run(feeds);
      return { shape: [count, length], tensor: y };
    };
    return { rows, matrix };
  }

  async upload(data: Float32Array, shape: readonly number[]): Promise<Box> {
    const box = this.allocate(shape);
    this.replace(box, await this.#identity(new Tensor("float32", data, shape), STAYS));
    return box;
  }

  async copy(from: Handle, into: Handle): Promise<void> {
    this.replace(into, await this.#identity(await this.tensorOf(from), STAYS));
  }

  async read(handle: Handle): Promise<Float32Array> {
    const { data } = await this.#identity(await this.tensorOf(handle), "cpu");
    return data as Float32Array;
  }

  free(...handles: readonly Handle[]): void {
    for (const handle of handles) this.replace(handle, undefined);
  }

  /** A box as an input of this shape. */
  async tensorOf(box: Box, shape = box.shape): Promise<Tensor> {
    if (!box.tensor) {
      const zeros = new Tensor("float32", new Float32Array(elementCount(shape)), shape);
      this.replace(box, await this.#identity(zeros, STAYS));
    }
    const { gpuBuffer } = box.tensor as Tensor;
    return Tensor.fromGpuBuffer(gpuBuffer, { dataType: "float32", dims: [...shape] });
  }

  /** Puts an output into a box. */
  replace(box: Box, tensor: Tensor | undefined): void {
    box.tensor?.dispose();
    box.tensor = tensor;
  }

  async #identity(x: Tensor, location: "cpu" | typeof STAYS): Promise<Tensor> {
    const shape = x.dims.map((_, axis) => `size${axis}`);
    const program = await this.#program(`copy ${shape.length}`, location, (graph) =>
      identity(graph.input("x", "float32", shape)),
    );
    return (await program.run({ x })).y as Tensor;
  }

  /** A program with one output, y; made when it is first needed. */
  #program(
    name: string,
    location: "cpu" | typeof STAYS,
    build: (graph: Graph) => GraphTensor,
  ): Promise<InferenceSession> {
    const key = `${name} ${location}`;
    let program = this.#programs.get(key);
    if (!program) {
      const graph = new Graph(name);
      graph.output("y", build(graph));
      program = this.#createSession(serializeOnnx(graph, gpu), {
        preferredOutputLocation: location,
      });
      this.#programs.set(key, program);
    }
    return program;
  }
}
