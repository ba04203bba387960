import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import * as ort from "onnxruntime-node";
import { beforeAll, describe, expect, test } from "vitest";
import { seededRandom } from "../src/base/random.js";
import {
  IncrementalClassifier,
  linear,
  type Network,
  networks,
  relu,
  uniformByFanIn,
} from "../src/index.js";
import { expectClose } from "./support/close.js";
import { temporaryFolder } from "./support/folder.js";

/** Images of 4×4 with one bright column or row for each label, and noise. */
function makeImages(labels: readonly string[], perLabel: number, seed: number) {
  const random = seededRandom("library test", seed);
  const all = labels.flatMap((label) => Array.from({ length: perLabel }, () => label));
  const images = all.map((label) =>
    Uint8Array.from({ length: 16 }, (_, pixel) => {
      const line = label.startsWith("row") ? Math.floor(pixel / 4) : pixel % 4;
      return (line === Number(label.at(-1)) ? 160 : 0) + random.integer(0, 80);
    }),
  );
  return { images, labels: all };
}

async function meanConfidence(classifier: IncrementalClassifier, images: Uint8Array[]) {
  const found = await classifier.classifyWithConfidence(images);
  return found.reduce((sum, { confidence }) => sum + confidence / found.length, 0);
}

const options = {
  inputShape: [1, 4, 4],
  memory: 40,
  seed: 3,
  settings: { epochs: 10, batchSize: 16 },
} as const;
const TASKS = [
  ["row0", "row1"],
  ["row2", "row3"],
  ["column0", "column1", "column2"],
];

describe("a classifier that was taught three tasks", () => {
  let classifier: IncrementalClassifier;
  beforeAll(async () => {
    classifier = await IncrementalClassifier.create(options);
    for (const labels of TASKS) await classifier.learn(makeImages(labels, 40, 1));
  });

  test("classifies continua of every task", async () => {
    for (const [task, labels] of TASKS.entries()) {
      const { images, labels: expected } = makeImages(labels, 10, 2);
      const found = await classifier.classify(images);
      expect(found.task).toBe(task);
      expect(found.scores).toHaveLength(3);
      const right = found.labels.filter((label, i) => label === expected[i]).length;
      expect(right / expected.length).toBeGreaterThan(0.9);
    }
  });

  test("classifies samples one by one, better than by chance", async () => {
    const { images, labels } = makeImages(TASKS.flat(), 10, 2);
    const found = await classifier.classifyEach(images);
    expect(found.filter((label, i) => label === labels[i]).length / labels.length).toBeGreaterThan(
      0.4,
    );
  });

  test("says how sure it is, and less of what it never learned", async () => {
    const known = makeImages(TASKS.flat(), 10, 2);
    const found = await classifier.classifyWithConfidence(known.images);
    expect(found.map(({ label }) => label)).toEqual(await classifier.classifyEach(known.images));
    const confidence = await meanConfidence(classifier, known.images);
    expect(await meanConfidence(classifier, makeImages(["column3"], 20, 2).images)).toBeLessThan(
      confidence - 0.1,
    );
  });

  test("classifies a mixture of two tasks", async () => {
    const { images, labels } = makeImages(["row0", "row1", "column0", "column1"], 5, 2);
    const found = await classifier.classifyMixed(images);
    expect(found.tasks).toHaveLength(20);
    const task = (label: string) => TASKS.findIndex((own) => own.includes(label));
    const right = found.tasks.filter((own, i) => own === task(labels[i] as string)).length;
    expect(right).toBeGreaterThanOrEqual(16);
    expect(found.labels.filter((label, i) => label === labels[i]).length).toBeGreaterThan(15);
  });

  test("takes one array of all images as well as one for each", async () => {
    const { images } = makeImages(["row2"], 5, 3);
    const joined = Uint8Array.from(images.flatMap((image) => [...image]));
    expect(await classifier.classifyEach(joined)).toEqual(await classifier.classifyEach(images));
  });

  test("saved and loaded, says the same and goes on learning the same", async () => {
    const folder = join(temporaryFolder(), "saved");
    await classifier.save(folder);
    await classifier.save(folder);
    const [a, b] = [
      await IncrementalClassifier.load(folder),
      await IncrementalClassifier.load(folder),
    ];
    const { images } = makeImages(TASKS[1] as string[], 10, 2);
    expect(await a.classify(images)).toEqual(await classifier.classify(images));
    for (const copy of [a, b]) await copy.learn(makeImages(["column3"], 40, 1));
    const more = makeImages(["column3", "row1"], 5, 4).images;
    expect(await a.classifyEach(more)).toEqual(await b.classifyEach(more));
    expect(a.tasks).toHaveLength(4);
  });

  test("hands out an ONNX model that any runtime opens", async () => {
    const file = join(temporaryFolder(), "model.onnx");
    await classifier.exportOnnx(file);
    const session = await ort.InferenceSession.create(file);
    const { images } = makeImages(TASKS[2] as string[], 5, 2);
    const x = Uint8Array.from(images.flatMap((image) => [...image]));
    const results = await session.run({ x: new ort.Tensor("uint8", x, [15, 1, 4, 4]) });
    const logits = results.logits?.data as Float32Array;
    const scores = Array.from(results.task_scores?.data as Float32Array);
    const labels = TASKS.flat();
    const best = Array.from({ length: 15 }, (_, i) => {
      const row = Array.from(logits.subarray(7 * i, 7 * i + 7));
      return labels[row.indexOf(Math.max(...row))];
    });
    expect(best).toEqual(await classifier.classifyEach(images));
    expectClose(scores, (await classifier.classify(images)).scores);
    expect(readFileSync(file).includes(JSON.stringify(labels))).toBe(true);
    await session.release();
  });

  test.each([
    [
      "to forget a label that it doesn't know",
      () => classifier.forget("row1", "new"),
      'the label "new" is not known',
    ],
    [
      "an image of another shape",
      () => classifier.classify([new Uint8Array(15)]),
      "image 0: samples of another shape; expected 16 values; found 15",
    ],
    [
      "images of another type",
      () => classifier.classify(new Float32Array(16)),
      "expected a Uint8Array; found Float32Array",
    ],
    ["no images", () => classifier.classify([]), "there are no images"],
    [
      "too few labels",
      () => classifier.learn({ images: new Uint8Array(32), labels: ["x"] }),
      "expected 2 labels; found 1",
    ],
    [
      "a memory that is too small",
      () =>
        classifier.learn(
          makeImages(
            Array.from({ length: 40 }, (_, i) => `new row${i}`),
            1,
            1,
          ),
        ),
      "at least 47",
    ],
  ])("refuses %s, and is as it was before", async (_, wrong, message) => {
    const { images } = makeImages(TASKS[0] as string[], 5, 5);
    const before = await classifier.classify(images);
    await expect(wrong()).rejects.toThrow(message);
    expect(await classifier.classify(images)).toEqual(before);
    expect(classifier.tasks).toHaveLength(3);
  });

  test("stopped in the middle of a task, is as it was before", async () => {
    const { images } = makeImages(TASKS[0] as string[], 5, 5);
    const before = await classifier.classify(images);
    const controller = new AbortController();
    const stopped = classifier.learn(makeImages(["column3"], 40, 1), {
      signal: controller.signal,
      onProgress: ({ kind }) => {
        if (kind === "epoch") controller.abort();
      },
    });
    await expect(stopped).rejects.toMatchObject({ code: "INTERRUPTED" });
    expect(await classifier.classify(images)).toEqual(before);
  });
});

test("a classifier that knows nothing says so", async () => {
  const classifier = await IncrementalClassifier.create(options);
  await expect(classifier.classify(new Uint8Array(16))).rejects.toThrow("Teach it classes first");
  await classifier.release();
});

test("learns feature vectors with a network of one's own", async () => {
  const network: Network = {
    name: "one layer",
    features: (scope, x) => relu(linear(x, scope.parameter("weight", [8, 3], uniformByFanIn(3)))),
  };
  const own = { inputShape: [3], inputType: "float32", network, memory: 20 } as const;
  const classifier = await IncrementalClassifier.create(own);
  const images = Float32Array.from({ length: 120 }, (_, i) =>
    Number(i % 3 === Math.floor(i / 3) % 2),
  );
  const labels = Array.from({ length: 40 }, (_, i) => i % 2);
  await classifier.learn({ images, labels });
  expect(await classifier.classifyEach(Float32Array.of(1, 0, 0, 0, 1, 0))).toEqual([0, 1]);
  const folder = join(temporaryFolder(), "saved");
  await classifier.save(folder);
  await expect(IncrementalClassifier.load(folder)).rejects.toThrow(
    'expected { network } with the network "one layer"',
  );
  const loaded = await IncrementalClassifier.load(folder, { network });
  expect(await loaded.classifyEach(Float32Array.of(0, 1, 0))).toEqual([1]);
  writeFileSync(join(folder, "model.safetensors"), "damaged");
  await expect(IncrementalClassifier.load(folder, { network })).rejects.toMatchObject({
    code: "FILE_INVALID",
  });
});

test("learns small images with a built-in network and augmentation, and is loaded with them", async () => {
  const classifier = await IncrementalClassifier.create({
    ...{ inputShape: [1, 4, 4], memory: 20, augmentation: { crop: "padded", padding: 1 } },
    network: { name: "reduced-resnet18", widths: [2, 3, 4, 5] },
    settings: { epochs: 2, batchSize: 16, optimizer: { name: "radam" } },
  });
  await classifier.learn(makeImages(["row0", "row1"], 10, 1));
  await classifier.learn(makeImages(["row2", "row3"], 10, 1));
  const { images } = makeImages(["row2", "row3"], 3, 2);
  const found = await classifier.classify(images);
  const folder = join(temporaryFolder(), "saved");
  await classifier.save(folder);
  const loaded = await IncrementalClassifier.load(folder);
  expect(await loaded.classify(images)).toEqual(found);
  const more = makeImages(["column0", "column1"], 10, 1);
  await classifier.learn(more);
  await loaded.learn(more);
  expect(await loaded.classify(images)).toEqual(await classifier.classify(images));
  await Promise.all([classifier.release(), loaded.release()]);
});

test("a built-in network on feature vectors; a network that doesn't exist", async () => {
  const classifier = await IncrementalClassifier.create({
    ...{ inputShape: [3], inputType: "float32", network: { name: "mlp", hidden: [8] } },
    memory: 20,
  });
  const images = Float32Array.from({ length: 120 }, (_, i) =>
    Number(i % 3 === Math.floor(i / 3) % 2),
  );
  await classifier.learn({ images, labels: Array.from({ length: 40 }, (_, i) => i % 2) });
  expect(await classifier.classifyEach(Float32Array.of(1, 0, 0, 0, 1, 0))).toEqual([0, 1]);
  await classifier.release();

  const network = "resnet19" as "resnet18";
  const missing = IncrementalClassifier.create({ inputShape: [3, 8, 8], network });
  await expect(missing).rejects.toThrow(
    `expected one of ${networks.map(({ name }) => name).join(", ")}; found "resnet19"`,
  );
  const vectors = { inputShape: [3], inputType: "float32", augmentation: { flip: true } } as const;
  await expect(IncrementalClassifier.create(vectors)).rejects.toThrow(
    "only square images of pixels",
  );
});
