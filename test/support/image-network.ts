import { writeFileSync } from "node:fs";
import { seededRandom } from "../../src/base/random.js";
import { computedTensors } from "../../src/features/onnx-tensors.js";
import { Graph } from "../../src/graph/graph.js";
import {
  cast,
  convolution,
  globalAveragePooling,
  linear,
  relu,
  transpose,
} from "../../src/graph/operators/index.js";
import { elementCount } from "../../src/graph/shape.js";
import { textbook } from "../../src/onnx/lowerings.js";
import { serializeOnnx } from "../../src/onnx/serialize.js";

export interface ImageNetwork {
  layout?: "nchw" | "nhwc";
  type?: "float32" | "uint8";
  size?: number;
  seed?: number;
}

/**
 * Writes a network as people have them: a convolution (tensor `Relu_…`, with places), its mean (`ReduceMean_…`), and a
 * classifier of 7 classes, the output.
 *
 * @returns the names of the tensors that its nodes compute
 */
export function writeImageNetwork(
  file: string,
  { layout = "nchw", type = "float32", size = 8, seed = 1 }: ImageNetwork = {},
): string[] {
  const graph = new Graph("image network");
  const random = seededRandom("image network", seed);
  const constant = (...shape: number[]) =>
    graph.constant(
      Float32Array.from({ length: elementCount(shape) }, () => random.normal()),
      shape,
    );
  const shape = layout === "nchw" ? [3, size, size] : [size, size, 3];
  const x = graph.input("picture", type, ["batch", ...shape]);
  const numbers = type === "uint8" ? cast(x, "float32") : x;
  const planes = layout === "nchw" ? numbers : transpose(numbers, [0, 3, 1, 2]);
  const convolved = relu(convolution(planes, constant(5, 3, 3, 3), { stride: 2, padding: 1 }));
  graph.output("classes", linear(globalAveragePooling(convolved), constant(7, 5), constant(7)));
  const model = serializeOnnx(graph, textbook);
  writeFileSync(file, model);
  return computedTensors(model);
}
