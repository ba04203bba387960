import { Graph } from "../../src/graph/graph.js";
import { windowOver } from "../../src/graph/operators/window.js";
import {
  convolutionOverImages,
  oneProduct,
  productPerImage,
} from "../../src/onnx/weight-gradient.js";
import { createOnnxRuntime } from "../../src/runtime/node/onnxruntime-node.js";
import { madeNumbers } from "../made.js";
import type { Row } from "../page.js";
import { type Bench, beside, inTurns, milliseconds, type Workload } from "../workload.js";

const WAYS = { perImage: productPerImage, once: oneProduct, convolution: convolutionOverImages };

/** Images, channels in and out, side: of large images each has a product of its own, of small ones all have one. */
const SHAPES = [
  [128, 21, 21, 32, "perImage"],
  [128, 42, 42, 32, "perImage"],
  [128, 85, 85, 16, "perImage"],
  [128, 170, 170, 8, "once"],
  [32, 512, 512, 4, "once"],
] as const;

async function measure(
  bench: Bench,
  [images, channels, out, side, used]: (typeof SHAPES)[number],
): Promise<Row[]> {
  const runtime = createOnnxRuntime();
  const [ofX, ofDy] = [
    [images, channels, side, side],
    [images, out, side, side],
  ];
  const inputs = {
    x: { data: madeNumbers(ofX), shape: ofX },
    dy: { data: madeNumbers(ofDy), shape: ofDy },
  };
  const start = async (way: keyof typeof WAYS) => {
    const graph = new Graph(way);
    const x = graph.input("x", "float32", ofX);
    const dy = graph.input("dy", "float32", ofDy);
    graph.output("gradient", WAYS[way](dy, x, windowOver("bench", x, 3, { padding: 1 })));
    const program = await runtime.compile(graph);
    return () => milliseconds(() => program.run(inputs, ["gradient"]), 3);
  };
  const times = await inTurns(bench, {
    perImage: await start("perImage"),
    once: await start("once"),
    convolution: await start("convolution"),
  });
  const row = (name: string, other: readonly number[]): Row => ({
    workload: `weight gradient, ${images} × ${channels} → ${out}, ${side} × ${side}`,
    ...{ unit: "ms", ours: times[used], ...beside(name, other) },
  });
  return [
    used === "once" ? row("a product per image", times.perImage) : row("one product", times.once),
    row("a convolution", times.convolution),
  ];
}

export const weightGradient: Workload = {
  name: "weight-gradient",
  about: "milliseconds of a 3 × 3 convolution's weight gradient, beside other ways to compute it",
  onlyNamed: true,
  parts: Object.fromEntries(
    SHAPES.map((shape) => [shape.join(", "), (bench) => measure(bench, shape)]),
  ),
};
