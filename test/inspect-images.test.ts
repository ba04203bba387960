import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import sharp from "sharp";
import { expect, test } from "vitest";
import { seededRandom } from "../src/base/random.js";
import { writeContactSheet } from "../src/cli/contact-sheet.js";
import { imageStatistics } from "../src/data/image-statistics.js";
import { inspectImages } from "../src/data/inspect-images.js";
import { nearDuplicates } from "../src/data/near-duplicates.js";
import { temporaryFolder } from "./support/folder.js";
import { encodeTiff } from "./support/tiff.js";

/** Writes pictures with noise, so that their files have a length. */
async function writePictures(folder: string, names: readonly string[]): Promise<string[]> {
  const noise = { type: "gaussian", mean: 128, sigma: 40 } as const;
  const create = { width: 60, height: 40, channels: 3, background: "grey", noise } as const;
  const files = names.map((name) => join(folder, name));
  for (const file of files) await sharp({ create }).toFile(file);
  return files;
}

test("every broken picture is found, in order", async () => {
  const folder = temporaryFolder();
  const names = ["good.jpg", "cut.jpg", "good.png", "cut.png", "text.png", "good.webp"];
  const files = await writePictures(folder, names);
  for (const cut of ["cut.jpg", "cut.png"]) {
    const bytes = readFileSync(join(folder, cut));
    writeFileSync(join(folder, cut), bytes.subarray(0, bytes.length / 2));
  }
  writeFileSync(join(folder, "text.png"), "no picture");
  const missing = join(folder, "missing.jpg");
  const seen: string[] = [];
  const onProgress = (checked: number, total: number) => seen.push(`${checked}/${total}`);

  const { broken } = await inspectImages([...files, missing], { onProgress });
  const expected = ["cut.jpg", "cut.png", "text.png", "missing.jpg"];
  expect(broken.map(({ file }) => file)).toEqual(expected.map((name) => join(folder, name)));
  for (const { reason } of broken) expect(reason).toMatch(/^\S.*$/);
  expect(seen).toEqual([1, 2, 3, 4, 5, 6, 7].map((checked) => `${checked}/7`));
});

test("a picture that is hardly more than a line is broken where it is scaled", async () => {
  const folder = temporaryFolder();
  const line = join(folder, "line.png");
  await sharp({ create: { width: 3000, height: 2, channels: 3, background: "grey" } }).toFile(line);
  const reasons = async (side?: number) =>
    (await inspectImages([line], { side })).broken.map(({ reason }) => reason);
  expect(await reasons()).toEqual([]);
  expect(await reasons(36)).toEqual([]);
  expect(await reasons(224)).toEqual([
    "the picture is too narrow to be scaled; expected at most 67108864 pixels, scaled; found 3000 × 2",
  ]);
});

/** A picture with shapes by a seed, drawn at any size. */
async function drawn(file: string, seed: number, side = 64, brightness = 0): Promise<string> {
  const random = seededRandom("drawn", seed);
  const shapes = Array.from({ length: 12 }, () => {
    const [x, y, r] = [random.integer(0, 64), random.integer(0, 64), random.integer(4, 16)];
    const grey = random.integer(20, 220) + brightness;
    return `<circle cx="${x}" cy="${y}" r="${r}" fill="rgb(${grey},${grey},${grey})"/>`;
  });
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="${side}" height="${side}" viewBox="0 0 64 64"><rect width="64" height="64" fill="#808080"/>${shapes.join("")}</svg>`;
  await sharp(Buffer.from(svg)).removeAlpha().toFile(file);
  return file;
}

test("test pictures that are nearly training pictures are found, others aren't", async () => {
  const folder = temporaryFolder();
  const at = (name: string) => join(folder, name);
  const train = await Promise.all(
    Array.from({ length: 40 }, (_, seed) => drawn(at(`${seed}.png`), seed)),
  );
  const same = [
    await drawn(at("scaled.png"), 3, 200),
    await drawn(at("packed.jpg"), 7),
    await drawn(at("brighter.webp"), 11, 64, 4),
  ];
  const others = await Promise.all(
    Array.from({ length: 40 }, (_, i) => drawn(at(`other${i}.png`), 100 + i)),
  );
  const { fingerprints } = await inspectImages([...train, ...same, ...others]);
  const found = nearDuplicates(fingerprints, train.length);
  expect(found.map((twin) => [twin.test - train.length, twin.train])).toEqual([
    [0, 3],
    [1, 7],
    [2, 11],
  ]);
});

test("statistics say what the pictures are like, and what may be wrong", async () => {
  const folder = temporaryFolder();
  const at = (name: string) => join(folder, name);
  const files = [await drawn(at("a.png"), 1), await drawn(at("b.png"), 2, 32)];
  const background = { r: 0, g: 0, b: 0, alpha: 0.5 };
  await sharp({ create: { width: 10, height: 90, channels: 4, background } })
    .toColourspace("rgb16")
    .png()
    .toFile(at("deep.png"));
  const grey = { width: 20, height: 20, channels: 1, bits: 8 } as const;
  writeFileSync(at("grey.tif"), encodeTiff({ ...grey, values: Array(400).fill(9) }));
  writeFileSync(at("broken.png"), "no picture");
  const listed = {
    ...{ classes: ["cat", "dog"], leftOut: [] },
    train: { files: [...files, at("deep.png"), at("grey.tif")], labels: [0, 0, 0, 1] },
    test: { files: [at("a.png"), at("broken.png")], labels: [0, 1] },
  };
  const inspection = await inspectImages([...listed.train.files, ...listed.test.files]);
  const { facts, doubts } = imageStatistics(listed, inspection);
  expect(facts).toEqual([
    ["size", "10 × 20 at least, 32 × 64 median, 64 × 90 at most"],
    ["channels", "4 in colour, 1 grey; 1 with alpha"],
    ["depth", "4 of 8 bits, 1 of 16"],
    ["range", expect.stringMatching(/^9\.\.\d+ of 0\.\.255$/)],
  ]);
  expect(doubts).toEqual([
    `1 of 2 test pictures nearly the same as a training picture, such as ${at("a.png")} and ${at("a.png")}`,
    'fewer than 20 training pictures in 2 of 2 classes: "cat" (3), "dog" (1)',
  ]);
  const dark = {
    ...listed,
    train: { files: [at("grey.tif")], labels: [1] },
    test: { files: [], labels: [] },
  };
  expect(imageStatistics(dark, await inspectImages(dark.train.files)).doubts).toContain(
    "no picture is brighter than 9 of 255",
  );
});

test("a contact sheet shows pictures as they are learned, and a gap for a broken one", async () => {
  const folder = temporaryFolder();
  const at = (name: string) => join(folder, name);
  const clear = { r: 0, g: 0, b: 0, alpha: 0 };
  await sharp({ create: { width: 40, height: 20, channels: 4, background: clear } })
    .png()
    .toFile(at("clear.png"));
  writeFileSync(at("broken.png"), "no picture");
  const listed = {
    ...{ classes: ["<&>", "dog"], leftOut: [] },
    train: { files: [at("clear.png"), at("broken.png")], labels: [0, 1] },
    test: { files: [at("clear.png")], labels: [1] },
  };
  const [background, broken] = ["#ff8000", "skip"] as const;
  expect(await writeContactSheet(at("sheet.png"), listed, { background, broken })).toEqual([
    "<&>",
    "dog",
  ]);
  const { data, info } = await sharp(at("sheet.png")).raw().toBuffer({ resolveWithObject: true });
  expect([info.width, info.height]).toEqual([868, 24 + 2 * 68]);
  const pixel = (x: number, y: number) =>
    Array.from(data.subarray(info.channels * (y * info.width + x)).subarray(0, 3));
  expect(pixel(180 + 32, 24 + 32)).toEqual([255, 128, 0]);
  expect(pixel(180 + 32, 24 + 68 + 32)).toEqual([238, 238, 238]);
  expect(pixel(180 + 8 * 68 + 8 + 32, 24 + 68 + 32)).toEqual([255, 128, 0]);
  await expect(writeContactSheet(at("sheet.jpg"), listed, undefined)).rejects.toThrow(
    "ITAML_USAGE",
  );
});

test("no pictures are no broken pictures", async () => {
  expect((await inspectImages([])).broken).toEqual([]);
});

test("a check stops where it is told to", async () => {
  const [file] = (await writePictures(temporaryFolder(), ["a.png"])) as [string];
  const controller = new AbortController();
  let checked = 0;
  const onProgress = () => {
    if (++checked === 3) controller.abort();
  };
  const check = inspectImages(Array(1000).fill(file), { onProgress, signal: controller.signal });
  await expect(check).rejects.toMatchObject({ code: "INTERRUPTED" });
  expect(checked).toBeLessThan(100);
});
