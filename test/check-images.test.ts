import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import sharp from "sharp";
import { expect, test } from "vitest";
import { checkImages } from "../src/data/check-images.js";
import { temporaryFolder } from "./support/folder.js";

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

  const broken = await checkImages([...files, missing], { onProgress });
  const expected = ["cut.jpg", "cut.png", "text.png", "missing.jpg"];
  expect(broken.map(({ file }) => file)).toEqual(expected.map((name) => join(folder, name)));
  for (const { reason } of broken) expect(reason).toMatch(/^\S.*$/);
  expect(seen).toEqual([1, 2, 3, 4, 5, 6, 7].map((checked) => `${checked}/7`));
});

test("no pictures are no broken pictures", async () => {
  expect(await checkImages([])).toEqual([]);
});

test("a check stops where it is told to", async () => {
  const [file] = (await writePictures(temporaryFolder(), ["a.png"])) as [string];
  const controller = new AbortController();
  let checked = 0;
  const onProgress = () => {
    if (++checked === 3) controller.abort();
  };
  const check = checkImages(Array(1000).fill(file), { onProgress, signal: controller.signal });
  await expect(check).rejects.toMatchObject({ code: "INTERRUPTED" });
  expect(checked).toBeLessThan(100);
});
