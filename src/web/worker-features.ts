import type { FeatureService } from "./feature-service.js";
import type { WebRuntimeOptions } from "./onnxruntime-web.js";
import { type PictureSource, pictureSample } from "./pictures.js";
import { WorkerLink } from "./worker-link.js";

export interface WorkerFeaturesOptions extends WebRuntimeOptions {
  /** Side in pixels that pictures are scaled to. Default: 224. */
  readonly size?: number | undefined;
}

/**
 * The pretrained network that turns pictures into vectors, in a Web Worker: MobileNetV3-Small, as `features:
 * mobilenet-v3-small` of a configuration.
 */
export class WorkerFeatures {
  /** Features of a picture: the input shape of a classifier of them. */
  readonly featureSize: number;
  readonly #link: WorkerLink<FeatureService>;
  readonly #size: number;

  private constructor(link: WorkerLink<FeatureService>, size: number, featureSize: number) {
    this.#link = link;
    this.#size = size;
    this.featureSize = featureSize;
  }

  /**
   * @param worker one that calls `serveFeatures`, for this alone
   * @param weights the file that `itaml features fetch mobilenet-v3-small` gets
   * @throws {ItamlError} FILE_INVALID where they are others; DEVICE_UNAVAILABLE where the worker's script can't be run
   */
  static async open(
    worker: Worker,
    weights: Uint8Array,
    { size = 224, ...runtime }: WorkerFeaturesOptions = {},
  ): Promise<WorkerFeatures> {
    const link = new WorkerLink<FeatureService>(worker, "network");
    const featureSize = await link.ask((service) => service.open(weights, size, runtime));
    return new WorkerFeatures(link, size, featureSize);
  }

  /**
   * @returns one vector of {@link featureSize}
   * @throws {ItamlError} IMAGE_INVALID, RELEASED
   */
  async of(picture: PictureSource): Promise<Float32Array> {
    const pixels = await pictureSample(picture, [3, this.#size, this.#size]);
    return await this.#link.ask((service) => service.features(pixels, this.#size));
  }

  /** Ends the worker. */
  release(): void {
    this.#link.release();
  }
}
