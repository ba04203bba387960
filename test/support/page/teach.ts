import { IncrementalClassifier, type Runtime, seededRandom } from "../../../src/core.js";

/** Points around the corner (a, b) for each label, some of each. */
function points(corners: Readonly<Record<string, readonly [number, number]>>, each: number) {
  const random = seededRandom("page");
  const labels = Object.keys(corners).flatMap((label) => Array<string>(each).fill(label));
  const images = labels.map((label) =>
    Float32Array.from(corners[label] as readonly number[], (c) => c + random.uniform(-0.2, 0.2)),
  );
  return { images, labels };
}

const TASKS = [
  { left: [-1, 0], right: [1, 0] },
  { low: [0, -1], high: [0, 1] },
] as const;

/**
 * Teaches two tasks, saves as bytes and opens them again.
 *
 * @returns the share of samples that the opened classifier tells right, each task as one continuum, and one by one
 */
export async function teach(runtime: Runtime): Promise<{ continuum: number; single: number }> {
  const classifier = await IncrementalClassifier.create({
    ...{ runtime, inputShape: [2], inputType: "float32", memory: 24 },
    network: { name: "mlp", hidden: [16] },
  });
  for (const task of TASKS) await classifier.learn(points(task, 24));
  const opened = await IncrementalClassifier.fromFiles(await classifier.toFiles(), { runtime });
  await classifier.release();
  const right = (found: readonly unknown[], labels: readonly string[]) =>
    found.filter((label, i) => label === labels[i]).length;
  const sums = { continuum: 0, single: 0, samples: 0 };
  for (const task of TASKS) {
    const { images, labels } = points(task, 10);
    sums.continuum += right((await opened.classify(images)).labels, labels);
    sums.single += right(await opened.classifyEach(images), labels);
    sums.samples += labels.length;
  }
  await opened.release();
  return { continuum: sums.continuum / sums.samples, single: sums.single / sums.samples };
}
