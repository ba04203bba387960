import type { ItamlSettings } from "../learners/itaml.js";
import type { NetworkSettings } from "../nn/index.js";
import type { Network } from "../nn/network.js";
import type { OnnxRuntimeOptions } from "../runtime/node/onnxruntime-node.js";
import type { Augmentation } from "../samples/augmentation.js";
import type { InputDescription } from "../samples/input-description.js";

export interface ClassifierOptions extends OnnxRuntimeOptions {
  /** Shape of one sample, channels first: [1, 28, 28] for a grey image, [512] for a feature vector. */
  readonly inputShape: readonly number[];
  /** Default: `uint8`, pixels 0..255. */
  readonly inputType?: InputDescription["type"];
  /** Subtracted from values (of pixels: scaled to 0..1), one for each channel or one for all. Default: 0. */
  readonly mean?: readonly number[];
  /** What values are divided by then, likewise. Default: 1. */
  readonly std?: readonly number[];
  /**
   * A built-in one by its name or its settings, or one's own, which can't be saved with the classifier. Default: `mlp`,
   * two hidden layers of 400.
   */
  readonly network?: NetworkSettings["name"] | NetworkSettings | Network;
  /** How images are varied in training; they must be square then, of pixels. Default: not at all. */
  readonly augmentation?: Augmentation;
  /** Samples that are kept of all classes together. Default: 2000. */
  readonly memory?: number;
  /** Default: 1. */
  readonly seed?: number;
  /** Number of tasks to come, where it is known: T of the step size η = exp(−β·t/T). */
  readonly plannedTasks?: number;
  /** Whatever else of iTAML's settings should differ from the defaults. */
  readonly settings?: Partial<Omit<ItamlSettings, "memory">>;
}
