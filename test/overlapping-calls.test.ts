import { join } from "node:path";
import { expect, test } from "vitest";
import * as z from "../src/base/schema.js";
import { IncrementalClassifier } from "../src/index.js";
import { mlp } from "../src/nn/mlp.js";
import { temporaryFolder } from "./support/folder.js";
import { interleave, sequentialReads } from "./support/interleaving.js";

// A thousand of them: overlapping-calls.slow.ts.
test("15 random interleavings of calls tell what calls one after another tell", async () => {
  const expected = await sequentialReads();
  for (let seed = 0; seed < 15; seed++) await interleave(seed, expected);
});

const points = (label: number) => Float32Array.from({ length: 16 }, (_, i) => label + (i % 2) / 9);
const task = (a: number, b: number) => ({
  images: Float32Array.of(...points(a), ...points(b)),
  labels: Array.from({ length: 16 }, (_, i) => (i < 8 ? a : b)),
});

async function taught(): Promise<IncrementalClassifier> {
  const classifier = await IncrementalClassifier.create({
    ...{ inputShape: [2], inputType: "float32", memory: 8, threads: 1 },
    network: { name: "mlp", hidden: [4] },
  });
  await classifier.learn(task(0, 1));
  return classifier;
}

test("saved while it learns, and twice at once, a folder holds what was known before", async () => {
  const classifier = await taught();
  const folder = join(temporaryFolder(), "saved");
  await classifier.save(folder);
  const before = await classifier.classify(points(1));
  const learning = classifier.learn(task(2, 3));
  await Promise.all([classifier.save(folder), classifier.save(folder)]);
  const loaded = await IncrementalClassifier.load(folder);
  expect(loaded.tasks).toEqual([[0, 1]]);
  expect(await loaded.classify(points(1))).toEqual(before);
  await learning;
  await classifier.save(folder);
  const later = await IncrementalClassifier.load(folder);
  expect(later.tasks).toEqual([
    [0, 1],
    [2, 3],
  ]);
  await Promise.all([classifier, loaded, later].map((one) => one.release()));
});

test("of two calls with a label in both the second one learns more of it", async () => {
  const classifier = await taught();
  await Promise.all([classifier.learn(task(2, 3)), classifier.learn(task(3, 4))]);
  expect(classifier.tasks).toEqual([[0, 1], [2, 3], [4]]);
  expect(classifier.classes().map(({ label, samples }) => [label, samples])).toEqual([
    [0, 8],
    [1, 8],
    [2, 8],
    [3, 16],
    [4, 8],
  ]);
  await classifier.release();
});

test("samples are those of the call, whatever becomes of their memory", async () => {
  const [one, other] = [await taught(), await taught()];
  const samples = task(2, 3);
  const learning = [one.learn(samples), one.learn(task(4, 5))];
  samples.images.fill(Number.NaN);
  samples.labels.fill(7);
  await Promise.all([...learning, other.learn(task(2, 3)).then(() => other.learn(task(4, 5)))]);
  const files = await Promise.all([one, other].map((classifier) => classifier.toFiles()));
  // It has the times of the calls.
  for (const own of files) own.delete("history.json");
  expect(files[0]).toEqual(files[1]);
  await Promise.all([one.release(), other.release()]);
});

test("released, it does what it was called for before, and refuses the rest", async () => {
  const classifier = await taught();
  const before = [classifier.learn(task(2, 3)), classifier.classify(points(1))];
  const released = classifier.release();
  const after = [
    () => classifier.learn(task(4, 5)),
    () => classifier.classify(points(1)),
    () => classifier.classifyEach(points(1)),
    () => classifier.toFiles(),
    () => classifier.save(join(temporaryFolder(), "saved")),
    () => classifier.exportOnnx(join(temporaryFolder(), "model.onnx")),
  ];
  for (const call of after) {
    await expect(call()).rejects.toThrow(/ITAML_RELEASED: \w+: the classifier was released/);
  }
  await Promise.all([...before, released, classifier.release()]);
  expect(classifier.tasks).toHaveLength(2);
});

test("pictures that come slowly keep nobody waiting, and may be chosen by the classifier itself", async () => {
  const classifier = await IncrementalClassifier.create({
    ...{ inputShape: [3, 2, 2], memory: 8, threads: 1 },
    network: { name: "mlp", hidden: [4] },
  });
  const picture = (value: number) => new Uint8Array(12).fill(value);
  const pixels = (value: number) => ({
    ...{ width: 2, height: 2 },
    data: new Uint8ClampedArray(16).fill(value).map((own, i) => (i % 4 === 3 ? 255 : own)),
  });
  await classifier.learn({ images: [picture(0), picture(255)], labels: ["dark", "bright"] });
  async function* chosen() {
    for (const value of [0, 9, 250, 255]) {
      const [label] = await classifier.classifyEach([picture(value)]);
      if (label === "dark") {
        yield pixels(value);
      }
    }
  }
  let more: (() => void) | undefined;
  async function* slow() {
    yield pixels(0);
    await new Promise<void>((resolve) => {
      more = resolve;
    });
  }
  const waiting = classifier.classifyEach(slow());
  expect(await classifier.classifyEach(chosen())).toEqual(["dark", "dark"]);
  await classifier.learn({ images: [picture(128)], labels: ["grey"] });
  const released = classifier.release();
  await expect(classifier.classifyEach([picture(0)])).rejects.toMatchObject({ code: "RELEASED" });
  more?.();
  expect(await waiting).toEqual(["dark"]);
  await released;
});

test("options are those of the call, whatever becomes of their objects", async () => {
  const hidden = [8];
  const inputShape = [2];
  const settings = { epochs: 2 };
  const classifier = await IncrementalClassifier.create({
    ...{ inputShape, inputType: "float32", memory: 8, threads: 1, settings },
    network: { name: "mlp", hidden },
  });
  await classifier.learn(task(0, 1));
  hidden[0] = 16;
  inputShape[0] = 3;
  settings.epochs = 7;
  const before = await classifier.classifyEach(points(1));
  const files = await classifier.toFiles();
  const again = await IncrementalClassifier.fromFiles(files);
  expect(await again.classifyEach(points(1))).toEqual(before);
  const description = new TextDecoder().decode(files.get("classifier.json"));
  expect(JSON.parse(description).options.settings.epochs).toBe(2);
  await Promise.all([classifier.release(), again.release()]);
  // Such as those of a framework that watches its objects, and what a part of one's own takes.
  const twice = (x: number) => 2 * x;
  const own = {
    ...{ name: "own", title: "one's own", settings: { twice: z.custom<typeof twice>() } },
    create: (given: { twice: typeof twice }) => mlp({ hidden: [given.twice(4)] }),
  };
  const watched = await IncrementalClassifier.create({
    ...{ inputShape: new Proxy([2], {}), inputType: "float32", memory: 8, threads: 1 },
    ...{ parts: { networks: [own] }, network: new Proxy({ name: "own", twice }, {}) as never },
  });
  await watched.learn(task(0, 1));
  expect(await watched.classifyEach(points(1))).toHaveLength(before.length);
  await watched.release();
});
