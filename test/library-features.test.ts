import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { InferenceSession, Tensor as Value } from "onnxruntime-node";
import sharp from "sharp";
import { beforeEach, expect, test, vi } from "vitest";
import { resolveConfig } from "../src/experiment/config.js";
import { startExperiment } from "../src/experiment/experiment.js";
import { IncrementalClassifier, labelledPictures, type Progress } from "../src/index.js";
import { temporaryFolder } from "./support/folder.js";
import { writeImageNetwork } from "./support/image-network.js";
import { writePictureFolder } from "./support/pictures.js";

const SIZE = 9;
let folder: string;
let model: string;
let images: string[];
let labels: string[];

beforeEach(async () => {
  vi.stubEnv("ITAML_CACHE", temporaryFolder());
  folder = temporaryFolder();
  model = join(folder, "network.onnx");
  writeImageNetwork(model, { size: SIZE });
  await writePictureFolder(folder, { train: 10, test: 4 });
  ({ images, labels } = await labelledPictures(join(folder, "train")));
});

const create = (changes = {}) =>
  IncrementalClassifier.create({ features: { model }, threads: 1, ...changes });

const unseen = () => labelledPictures(join(folder, "test"));

test("pictures are learned by their features, in three lines; saved, and read again", async () => {
  const classifier = await IncrementalClassifier.create({ features: { model } });
  await classifier.learn(await labelledPictures(join(folder, "train")));
  const asked = await unseen();
  const found = await classifier.classifyEach(asked.images);
  expect(found).toEqual(asked.labels);

  const saved = join(folder, "saved");
  await classifier.save(saved);
  const again = await IncrementalClassifier.load(saved);
  expect(await again.classifyEach(asked.images)).toEqual(found);
  expect(await again.toFiles()).toEqual(await classifier.toFiles());
  await Promise.all([classifier.release(), again.release()]);
});

test("a picture has the features that it has in a run, in whatever form it comes, computed once", async () => {
  const config = resolveConfig(
    {
      ...{ dataset: "folder", data: folder, features: { model }, learner: "ncm", threads: 1 },
      ...{ classesPerTask: 4, continuum: 1 },
    },
    "test",
  );
  await startExperiment(join(folder, "run"), config);
  const cached = cachedFiles();
  expect(cached.length).toBeGreaterThan(0);
  const classifier = await create({ learner: "ncm" });
  const bytes = images.map((file) => new Uint8Array(readFileSync(file)));
  async function* oneByOne() {
    for (const own of bytes) yield new Blob([own]);
  }
  await classifier.learn({ images, labels });
  const rows = await classifier.toFiles();
  expect(cachedFiles()).toEqual(cached);
  for (const form of [bytes, oneByOne(), bytes.map((own, i) => (i % 2 ? own : images[i]))]) {
    const other = await create({ learner: "ncm" });
    await other.learn({ images: form as never, labels });
    expect((await other.toFiles()).get("model.safetensors")).toEqual(rows.get("model.safetensors"));
    await other.release();
  }
  expect(cachedFiles()).toEqual(cached);
  await classifier.release();

  function cachedFiles() {
    const cache = join(process.env.ITAML_CACHE as string, "features");
    return readdirSync(cache, { recursive: true, encoding: "utf8" })
      .filter((name) => name.endsWith(".safetensors") && !name.startsWith("files"))
      .sort();
  }
});

test("canvases, too, and vectors that are features already", async () => {
  const classifier = await create();
  const { data, info } = await sharp(images[0])
    .ensureAlpha()
    .raw()
    .toBuffer({ resolveWithObject: true });
  const canvas = { data: new Uint8ClampedArray(data), width: info.width, height: info.height };
  await classifier.learn({ images, labels });
  expect(await classifier.classifyEach([canvas])).toEqual([labels[0]]);
  expect(await classifier.classifyEach(new Float32Array(7))).toHaveLength(1);
  await classifier.release();
});

test("says how far the features are, and stops", async () => {
  const classifier = await create();
  const said: Progress[] = [];
  await classifier.learn({ images, labels }, { onProgress: (progress) => said.push(progress) });
  const done = said.flatMap((one) => (one.kind === "features" ? [one] : []));
  expect(done.at(0)).toEqual({ kind: "features", pictures: 0, of: images.length });
  expect(done.at(-1)).toEqual({ kind: "features", pictures: images.length, of: images.length });
  const { images: others } = await unseen();
  const signal = AbortSignal.abort();
  const stopped = classifier.learn({ images: others, labels: others.map(() => "new") }, { signal });
  await expect(stopped).rejects.toMatchObject({ code: "INTERRUPTED" });
  expect(classifier.classes()).toHaveLength(new Set(labels).size);
  await classifier.release();
});

test("what is exported goes from picture to label", async () => {
  const classifier = await create();
  await classifier.learn({ images, labels });
  const session = await InferenceSession.create(await classifier.toOnnx());
  const asked = await unseen();
  const [means, stds] = [
    [0.485, 0.456, 0.406],
    [0.229, 0.224, 0.225],
  ];
  for (const [i, file] of asked.images.entries()) {
    const picture = await sharp(file).resize(SIZE, SIZE, { kernel: "linear" }).raw().toBuffer();
    const x = Float32Array.from({ length: picture.length }, (_, at) => {
      const [channel, place] = [Math.floor(at / SIZE ** 2), at % SIZE ** 2];
      const value = (picture[3 * place + channel] as number) / 255;
      return (value - (means?.[channel] as number)) / (stds?.[channel] as number);
    });
    const { logits } = await session.run({ x: new Value("float32", x, [1, 3, SIZE, SIZE]) });
    const values = [...((logits as Value).data as Float32Array)];
    const known = classifier.tasks.flat();
    expect(known[values.indexOf(Math.max(...values))]).toBe(asked.labels[i]);
  }
  await session.release();
  await classifier.release();
});

test("a learner that trains learns features, too", async () => {
  const classifier = await create({ learner: "replay", memory: 20, settings: { epochs: 3 } });
  await classifier.learn({ images, labels });
  await classifier.learn({ images: images.slice(0, 4), labels: ["e", "e", "f", "f"] });
  expect(classifier.tasks).toHaveLength(2);
  await classifier.release();
});

test("another network in the place of the one that was learned on is refused", async () => {
  const classifier = await create();
  await classifier.learn({ images, labels });
  const saved = join(folder, "saved");
  await classifier.save(saved);
  await classifier.release();
  const moved = join(folder, "moved/network.onnx");
  mkdirSync(join(folder, "moved"));
  writeFileSync(moved, readFileSync(model));
  writeImageNetwork(model, { size: SIZE, seed: 2 });
  await expect(IncrementalClassifier.load(saved)).rejects.toMatchObject({
    code: "FILE_INVALID",
    message: expect.stringContaining(
      `${join(saved, "features.json")}: the features are of another network than was learned`,
    ),
  });
  const again = await IncrementalClassifier.load(saved, { features: { model: moved } });
  const asked = await unseen();
  expect(await again.classifyEach(asked.images)).toEqual(asked.labels);
  await again.release();
  writeFileSync(join(saved, "features.json"), "{}");
  await expect(IncrementalClassifier.load(saved)).rejects.toThrow("not what features are of");
});

test.each([
  [{ features: "mobilenet" }, "INPUT_INVALID", "create: features.name"],
  [{ features: { model: "nowhere.onnx" } }, "FILE_INVALID", "nowhere.onnx"],
  [{ features: { modle: "x.onnx" } }, "INPUT_INVALID", "create: features.name"],
  [{ inputShape: [3, 8, 8] }, "INPUT_INVALID", "inputShape beside features"],
  [{ augmentation: { flip: true } }, "INPUT_INVALID", "augmentation beside features"],
  [{ settings: { epochs: 3 } }, "INPUT_INVALID", "ridge has no use for settings.epochs"],
  [{ lerner: "ridge" }, "INPUT_INVALID", 'Did you mean "learner"?'],
])("%j is refused", async (changes, code, message) => {
  await expect(create(changes)).rejects.toMatchObject({
    code,
    message: expect.stringContaining(message),
  });
});

test("without weights it says how to get them", async () => {
  await expect(create({ features: "mobilenet-v3-small" })).rejects.toMatchObject({
    code: "WEIGHTS_MISSING",
    problem: { command: ["itaml", "features", "fetch", "mobilenet-v3-small"] },
  });
});

test("a picture that can't be read is named", async () => {
  const classifier = await create();
  const broken = join(folder, "broken.png");
  writeFileSync(broken, "no picture");
  const learned = classifier.learn({ images: [images[0] as string, broken], labels: ["a", "b"] });
  await expect(learned).rejects.toMatchObject({
    code: "IMAGE_INVALID",
    problem: { where: broken },
  });
  const bytes = classifier.learn({ images: [5] as never, labels: ["a"] });
  await expect(bytes).rejects.toMatchObject({ code: "INPUT_INVALID" });
  await classifier.release();
});
