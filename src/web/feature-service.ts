import { expose } from "comlink";
import { frozenGraph } from "../nn/frozen.js";
import { mobilenetV3Small } from "../nn/mobilenet-v3-small.js";
import type { Program } from "../runtime/runtime.js";
import { IMAGENET_STATISTICS } from "../samples/input-description.js";
import { decodeGguf } from "../storage/gguf.js";
import { answer } from "./answers.js";
import { createWebRuntime, type WebRuntimeOptions } from "./onnxruntime-web.js";

/** What a worker does for a page: the features of pictures. */
export class FeatureService {
  readonly #createRuntime: typeof createWebRuntime;
  #program: Program | undefined;

  constructor(createRuntime: typeof createWebRuntime) {
    this.#createRuntime = createRuntime;
  }

  /** @returns how many features a picture has */
  open(weights: Uint8Array, size: number, runtime: WebRuntimeOptions) {
    return answer(async () => {
      const network = mobilenetV3Small({ weights: "pretrained" });
      const input = { shape: [3, size, size], type: "uint8", ...IMAGENET_STATISTICS } as const;
      const tensors = decodeGguf(weights, `the weights of ${network.name}`);
      const { graph, featureSize } = frozenGraph(network, input, tensors);
      this.#program = await this.#createRuntime(runtime).compile(graph);
      return featureSize;
    });
  }

  /** @param pixels [3, size, size] */
  features(pixels: Uint8Array, size: number) {
    return answer(async () => {
      const x = { data: pixels, shape: [1, 3, size, size] };
      const { features } = await (this.#program as Program).run({ x }, ["features"]);
      return features.data as Float32Array;
    });
  }
}

/**
 * Makes a worker what {@link WorkerFeatures} speaks to: all that the worker's script has to call.
 *
 * @param createRuntime what runs the network. Default: WebAssembly
 */
export function serveFeatures(createRuntime = createWebRuntime): void {
  expose(new FeatureService(createRuntime));
}
