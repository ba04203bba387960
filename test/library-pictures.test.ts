import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import sharp from "sharp";
import { expect, test } from "vitest";
import { seededRandom } from "../src/base/random.js";
import { IncrementalClassifier, labelledPictures } from "../src/index.js";
import { temporaryFolder } from "./support/folder.js";

const COLOURS = { red: [220, 30, 30], green: [20, 200, 40], blue: [30, 30, 220] } as const;
type Colour = keyof typeof COLOURS;
const [WIDTH, HEIGHT] = [12, 8];

/** Noisy pixels of a colour, red, green, blue of one after another. */
function pixels(colour: Colour, key: number): Uint8Array {
  const random = seededRandom("pixels", colour, key);
  return Uint8Array.from({ length: 3 * WIDTH * HEIGHT }, (_, i) =>
    Math.min(255, (COLOURS[colour][i % 3] as number) + random.integer(0, 30)),
  );
}

const png = (colour: Colour, key: number) =>
  sharp(pixels(colour, key), { raw: { width: WIDTH, height: HEIGHT, channels: 3 } })
    .png()
    .toBuffer();

async function folderOf(colours: readonly Colour[], each: number): Promise<string> {
  const folder = temporaryFolder();
  for (const colour of colours) {
    mkdirSync(join(folder, colour));
    for (let i = 0; i < each; i++) {
      writeFileSync(join(folder, colour, `${i}.png`), await png(colour, i));
    }
  }
  return folder;
}

const create = (changes = {}) =>
  IncrementalClassifier.create({
    ...{ inputShape: [3, 4, 4], learner: "ridge", threads: 1 },
    network: { name: "mlp", hidden: [] },
    ...changes,
  });

test("from files to labels in three lines", async () => {
  const classifier = await create();
  await classifier.learn(await labelledPictures(await folderOf(["red", "green", "blue"], 6)));
  const unseen = await folderOf(["blue"], 8);
  const { labels } = await classifier.classify([join(unseen, "blue/7.png")]);
  expect(labels).toEqual(["blue"]);
  expect(classifier.classes()).toMatchObject([
    { label: "blue", samples: 6 },
    { label: "green", samples: 6 },
    { label: "red", samples: 6 },
  ]);
  await classifier.release();
});

test("a picture is the same by its path, its bytes, as a Blob, as ImageData, and one by one", async () => {
  const folder = await folderOf(["red", "green"], 4);
  const classifier = await create();
  await classifier.learn(await labelledPictures(folder));
  const path = join(folder, "red/2.png");
  const bytes = await png("red", 2);
  const data = new Uint8ClampedArray(4 * WIDTH * HEIGHT).fill(255);
  pixels("red", 2).forEach((value, i) => {
    data[Math.floor(i / 3) * 4 + (i % 3)] = value;
  });
  const image = { data, width: WIDTH, height: HEIGHT };
  async function* oneByOne() {
    for (const picture of [path, bytes]) yield picture;
  }
  const expected = await classifier.classify([path, path]);
  for (const pictures of [
    [bytes, Uint8Array.from(bytes)],
    [new Blob([Uint8Array.from(bytes)]), path],
    [image, image],
    oneByOne(),
    new Set([path, bytes]),
  ]) {
    expect(await classifier.classify(pictures)).toEqual(expected);
  }
  await classifier.release();
});

test("the shorter side fits, and the middle is taken", async () => {
  const classifier = await create({ inputShape: [1, 2, 2], learner: "ncm" });
  // Black at both ends, white in the middle.
  const row = (x: number) => (x >= 4 && x < 8 ? 255 : 0);
  const data = Uint8Array.from({ length: 12 * 4 }, (_, i) => row(i % 12));
  const raw = { width: 12, height: 4, channels: 1 } as const;
  const picture = await sharp(data, { raw }).png().toBuffer();
  await classifier.learn({
    images: [Uint8Array.of(255, 255, 255, 255), Uint8Array.of(0, 255, 0, 255)],
    labels: ["white", "half"],
  });
  expect(await classifier.classifyEach([picture])).toEqual(["white"]);
  await classifier.release();
});

test("calls with pictures and without are done in their order; samples are samples still", async () => {
  const folder = await folderOf(["red", "green"], 3);
  const classifier = await create();
  const white = new Uint8Array(48).fill(255);
  await Promise.all([
    classifier.learn(await labelledPictures(folder)),
    classifier.learn({ images: [white, white], labels: ["white", "white"] }),
    classifier.forget("green"),
  ]);
  expect(classifier.tasks).toEqual([["red"], ["white"]]);
  expect(await classifier.classifyEach(white)).toEqual(["white"]);
  await classifier.release();
});

test("what is no picture is said with its path or its number, and nothing was learned", async () => {
  const folder = await folderOf(["red", "green"], 3);
  const classifier = await create();
  const file = join(folder, "red/0.png");
  writeFileSync(file, "nothing");
  const learning = classifier.learn(await labelledPictures(folder));
  await expect(learning).rejects.toMatchObject({ code: "IMAGE_INVALID", problem: { where: file } });
  expect(classifier.tasks).toEqual([]);
  const missing = join(folder, "none.png");
  await expect(classifier.learn({ images: [missing], labels: ["x"] })).rejects.toMatchObject({
    code: "IMAGE_INVALID",
    problem: { where: missing },
  });
  const few = { data: new Uint8Array(8), width: 2, height: 2 };
  const wrong = classifier.learn({ images: [await png("red", 1), few], labels: ["x", "x"] });
  await expect(wrong).rejects.toThrow(/image 1: not the pixels of a picture; expected 16/);
  const uneven = classifier.learn({ images: [await png("red", 1)], labels: ["x", "x"] });
  await expect(uneven).rejects.toThrow("images and labels differ in number");
  const vectors = await create({ inputShape: [3], inputType: "float32" });
  const of = vectors.learn({ images: [await png("red", 1)], labels: ["x"] });
  await expect(of).rejects.toThrow("this classifier takes no pictures");
  await Promise.all([classifier.release(), vectors.release()]);
});

test("many that come one by one are never all open at once", async () => {
  const classifier = await create();
  const bytes = await png("red", 1);
  let [given, open, most] = [0, 0, 0];
  async function* endless() {
    for (; given < 200; given++) {
      open++;
      most = Math.max(most, open);
      // A blob says when it is read.
      yield Object.assign(new Blob([]), {
        arrayBuffer: async () => {
          await new Promise((resolve) => setTimeout(resolve, 1));
          open--;
          return Uint8Array.from(bytes).buffer;
        },
      });
    }
  }
  await classifier.learn({ images: endless(), labels: new Array<string>(200).fill("red") });
  expect(classifier.classes()).toMatchObject([{ label: "red", samples: 200 }]);
  expect(most).toBeLessThan(64);
  await classifier.release();
});

test("a class folder without a picture is refused, and what else is there is said", async () => {
  const folder = await folderOf(["red", "green"], 2);
  mkdirSync(join(folder, "blue"));
  writeFileSync(join(folder, "blue/old.bmp"), "BM");
  await expect(labelledPictures(folder)).rejects.toMatchObject({
    code: "DATASET_INVALID",
    message: expect.stringMatching(/no pictures in class "blue"; .*found 1 of type \.bmp/),
  });
});
