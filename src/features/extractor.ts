import type { ImageSettings } from "../data/image-settings.js";
import type { Device } from "../runtime/runtime.js";
import type { OnnxExtractor } from "./joined-onnx.js";
import type { PretrainedWeights } from "./pretrained.js";

/** How a frozen network runs. */
export interface FrozenOptions {
  readonly device: Device;
  readonly threads?: number | undefined;
}

/** What turns pictures into features, as a configuration chooses it. */
export interface Extractor {
  readonly name: string;
  /** Weights that have to be here, where it has any that can be had by name. */
  readonly weights?: PretrainedWeights;
  /** @throws {ItamlError} WEIGHTS_MISSING, FILE_INVALID, CONFIG_INVALID, DEVICE_UNAVAILABLE */
  open(options: FrozenOptions): Promise<FrozenNetwork>;
}

/** A network ready to run, which nothing trains. */
export interface FrozenNetwork {
  /** Side in pixels of the pictures that it takes. */
  readonly size: number;
  readonly featureSize: number;
  /** A hash of the network and of what it does with pixels: features under another one are others. */
  readonly identity: string;
  /** Where it runs: other devices round otherwise. Default: `cpu`. */
  readonly device?: Device;
  /**
   * @param pixels RGB, [samples, 3, size, size]
   * @returns [samples, featureSize]
   */
  features(pixels: Uint8Array, samples: number): Promise<Float32Array>;
  /** The network as a file, for one that holds its classifier too. */
  toOnnx(): OnnxExtractor;
  release(): Promise<void>;
}

/** How picture files become what a network takes: in its size, unless a configuration says otherwise. */
export function imagesFor(
  { size }: FrozenNetwork,
  images?: ImageSettings,
): ImageSettings & { size: number } {
  return { size, broken: "error", ...images };
}
