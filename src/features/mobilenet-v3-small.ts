import { part } from "../base/part.js";
import * as z from "../base/schema.js";
import { frozenGraph } from "../nn/frozen.js";
import { mobilenetV3Small } from "../nn/mobilenet-v3-small.js";
import { textbook } from "../onnx/lowerings.js";
import { serializeOnnx } from "../onnx/serialize.js";
import { createOnnxRuntime } from "../runtime/node/onnxruntime-node.js";
import { IMAGENET_STATISTICS } from "../samples/input-description.js";
import type { Extractor, FrozenNetwork } from "./extractor.js";
import { identityOf } from "./identity-of.js";
import { MOBILENET_V3_SMALL, readWeights } from "./pretrained.js";

/** The built-in network with its pretrained weights, frozen: 576 features of pictures of any size. */
function frozenMobilenet({ size }: { size: number }): Extractor {
  return {
    name: "mobilenet-v3-small",
    weights: MOBILENET_V3_SMALL,
    async open({ device, threads }): Promise<FrozenNetwork> {
      const tensors = await readWeights(MOBILENET_V3_SMALL);
      const input = { shape: [3, size, size], type: "uint8", ...IMAGENET_STATISTICS } as const;
      const network = mobilenetV3Small({ weights: "pretrained" });
      const { graph, featureSize } = frozenGraph(network, input, tensors);
      const runtime = createOnnxRuntime({ device, ...(threads !== undefined && { threads }) });
      const program = await runtime.compile(graph);
      return {
        ...{ size, featureSize, device },
        identity: identityOf(MOBILENET_V3_SMALL.sha256, { size, ...IMAGENET_STATISTICS }),
        async features(pixels, samples) {
          const shape = [samples, 3, size, size];
          const { features } = await program.run({ x: { data: pixels, shape } }, ["features"]);
          return features.data as Float32Array;
        },
        toOnnx: () => ({
          ...{ model: serializeOnnx(graph, textbook), input: "x", output: "features" },
          ...{ rank: 2, featureAxis: 1 },
          takes: { size, layout: "nchw", channels: "rgb", type: "uint8" },
        }),
        release: () => program.release(),
      };
    },
  };
}

/** `features: mobilenet-v3-small`. */
export const mobilenetV3SmallExtractor = part({
  name: "mobilenet-v3-small",
  title: "MobileNetV3-Small with pretrained weights, 576 features",
  source: "Howard et al. 2019; weights of @qvac/classification-ggml, Apache-2.0",
  settings: {
    size: z
      .int()
      .min(32)
      .max(1024)
      .default(224)
      .describe("Side in pixels that pictures are scaled to."),
  },
  create: frozenMobilenet,
});
