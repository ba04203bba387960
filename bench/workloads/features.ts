import { newModel } from "../../src/model/model.js";
import { frozenGraph } from "../../src/nn/frozen.js";
import type { Layout } from "../../src/nn/layout.js";
import { createOnnxRuntime } from "../../src/runtime/node/onnxruntime-node.js";
import { extractorFor, madePixels } from "../made.js";
import type { Row } from "../page.js";
import { type Bench, inTurns, milliseconds, type Workload } from "../workload.js";

/** Of a round. */
const PICTURES = 128;

function tensorsOf(layout: Layout, numbers: Float32Array) {
  return layout.entries.map(
    ({ name, shape }) => [name, { data: layout.view(numbers, name), shape }] as const,
  );
}

/** Untrained: what it computes doesn't depend on its weights. */
async function measure(bench: Bench): Promise<Row[]> {
  const shape = [3, 224, 224];
  const extractor = extractorFor({ name: "mobilenet-v3-small" }, shape);
  const { theta, statistics } = newModel(extractor, 1);
  const tensors = new Map([
    ...tensorsOf(extractor.parameters, theta),
    ...tensorsOf(extractor.statistics, statistics),
  ]);
  const { graph } = frozenGraph(extractor.network, extractor.input, tensors);
  const program = await createOnnxRuntime().compile(graph);
  const pixels = madePixels(shape, PICTURES);
  const perSecond = (batch: number) => async () => {
    const data = pixels.subarray(0, (pixels.length / PICTURES) * batch);
    const run = () => program.run({ x: { data, shape: [batch, ...shape] } }, ["features"]);
    return (1000 * batch) / (await milliseconds(run, PICTURES / batch));
  };
  const sizes = [1, 16, PICTURES];
  const programs = sizes.map((batch) => [String(batch), perSecond(batch)] as const);
  const times = await inTurns<string>(bench, Object.fromEntries(programs));
  return sizes.map((batch) => ({
    workload: `features of MobileNetV3-Small, 224 × 224, ${batch} at once`,
    ...{ unit: "pictures/s", ours: times[batch] as number[] },
  }));
}

export const features: Workload = {
  name: "features",
  about: "pictures a second through the built-in extractor of features",
  parts: { "MobileNetV3-Small": measure },
};
