import { expect, test } from "vitest";
import { type ClassifierOptions, IncrementalClassifier } from "../src/core.js";
import { createOnnxRuntime } from "../src/runtime/node/onnxruntime-node.js";
import type { Runtime } from "../src/runtime/runtime.js";

/** A runtime that counts the programs which aren't released. */
function counting(): { runtime: Runtime; open: () => number } {
  const runtime = createOnnxRuntime({ threads: 1 });
  let open = 0;
  return {
    runtime: {
      ...{ device: runtime.device, memory: runtime.memory, lanes: runtime.lanes },
      async compile(...args) {
        const program = await runtime.compile(...args);
        open++;
        return {
          run: (...inputs) => program.run(...inputs),
          release: () => {
            open--;
            return program.release();
          },
        };
      },
    },
    open: () => open,
  };
}

test.each<[string, Partial<ClassifierOptions>]>([
  ["feature vectors that are to be augmented", { augmentation: { flip: true } }],
  ["too many features for sums", { inputShape: [5000], network: "identity", learner: "ridge" }],
])("of a classifier that can't be there nothing stays: %s", async (_, options) => {
  const { runtime, open } = counting();
  const made = IncrementalClassifier.create({
    ...{ inputShape: [4], inputType: "float32", runtime, ...options },
  });
  await expect(made).rejects.toMatchObject({ name: "ItamlError" });
  expect(open()).toBe(0);
});

test("of one that learned and was released nothing stays, either", async () => {
  const { runtime, open } = counting();
  const classifier = await IncrementalClassifier.create({
    ...{ inputShape: [2], inputType: "float32", runtime, settings: { epochs: 1 } },
  });
  const images = Float32Array.of(1, 0, 0, 1);
  await classifier.learn({ images, labels: ["a", "b"] });
  await classifier.learn({ images, labels: ["c", "d"] });
  await classifier.classify(images);
  expect(open()).toBeGreaterThan(0);
  await classifier.release();
  expect(open()).toBe(0);
});
