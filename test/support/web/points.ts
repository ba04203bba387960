import { seededRandom } from "../../../src/base/random.js";
import type { PortableOptions } from "../../../src/classifier/classifier-options.js";

/** Corners of a cube's space, of which each label is one; two labels a task. */
export const TASKS = [
  { left: [-1, 0, 0], right: [1, 0, 0] },
  { low: [0, -1, 0], high: [0, 1, 0] },
  { near: [0, 0, -1], far: [0, 0, 1] },
] as const;

/** Points around the corners of a task. */
export function points(corners: Readonly<Record<string, readonly number[]>>, each: number) {
  const random = seededRandom("points", Object.keys(corners).join());
  const labels = Object.keys(corners).flatMap((label) => Array<string>(each).fill(label));
  const images = labels.map((label) =>
    Float32Array.from(corners[label] as readonly number[], (c) => c + random.uniform(-0.2, 0.2)),
  );
  return { images, labels };
}

/** What is the same here and in Node. */
export const OPTIONS: PortableOptions = {
  ...{ inputShape: [3], inputType: "float32", memory: 24 },
  network: { name: "mlp", hidden: [16] },
};
