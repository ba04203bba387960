import type { ElementType } from "../graph/shape.js";

/** What one sample is, and how it is normalised before the network sees it. */
export interface InputDescription {
  /** Shape of one sample, channels first: [1, 28, 28], or [512] for a feature vector. */
  readonly shape: readonly number[];
  /** `uint8` for pixels 0..255, which are divided by 255 first; `float32` for values taken as they are. */
  readonly type: Extract<ElementType, "uint8" | "float32">;
  /** Subtracted, one number for each channel or one for all. */
  readonly mean: readonly number[];
  /** Divided by, likewise. */
  readonly std: readonly number[];
}

/** Of ImageNet's pictures, which stand for photographs of any kind. */
export const IMAGENET_STATISTICS = { mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225] };
