import { writeFileSync } from "node:fs";
import { join } from "node:path";
import sharp from "sharp";
import { describe, expect, test } from "vitest";
import { findDataset } from "../src/data/catalog.js";
import { decodeImage, readImage } from "../src/data/image.js";
import { imageSource } from "../src/data/image-source.js";
import { type LoadOptions, loadDataset } from "../src/data/load-dataset.js";
import { readMicroBatch } from "../src/model/micro-batch.js";
import { prefetch } from "../src/model/prefetch.js";
import { temporaryFolder } from "./support/folder.js";
import { writePictureFolder } from "./support/pictures.js";
import { encodeTiff, type MadeTiff } from "./support/tiff.js";

const RED = { r: 200, g: 40, b: 40 };

function red(width = 12, height = 8) {
  return sharp({ create: { width, height, channels: 3, background: RED } });
}

/** The first pixel, rounded to tens: formats lose a little. */
async function firstPixel(file: string, channels: 1 | 3 = 3): Promise<number[]> {
  const { data } = await decodeImage(file, channels);
  return Array.from(data.subarray(0, channels), (value) => 10 * Math.round(value / 10));
}

describe("pictures of any kind", () => {
  test.each(["jpg", "png", "webp", "gif", "tiff", "avif"])("%s", async (type) => {
    const file = join(temporaryFolder(), `red.${type}`);
    await red().toFile(file);
    const { height, width } = await decodeImage(file, 3);
    expect([height, width]).toEqual([8, 12]);
    expect(await firstPixel(file)).toEqual([200, 40, 40]);
  });

  test("grey, CMYK, 16 bits, turned by its EXIF", async () => {
    const folder = temporaryFolder();
    const file = (name: string) => join(folder, name);
    await red().greyscale().png().toFile(file("grey.png"));
    const [level] = await firstPixel(file("grey.png"));
    expect(await firstPixel(file("grey.png"))).toEqual([level, level, level]);
    expect(await firstPixel(file("grey.png"), 1)).toEqual([level]);
    await red().toColourspace("cmyk").jpeg().toFile(file("cmyk.jpg"));
    expect((await sharp(file("cmyk.jpg")).metadata()).space).toBe("cmyk");
    const [r, g, b] = (await firstPixel(file("cmyk.jpg"))) as [number, number, number];
    expect(r).toBeGreaterThan(150);
    expect(Math.max(g, b)).toBeLessThan(100);
    await red().toColourspace("rgb16").png().toFile(file("deep.png"));
    expect(await firstPixel(file("deep.png"))).toEqual([200, 40, 40]);
    await red().withMetadata({ orientation: 6 }).jpeg().toFile(file("turned.jpg"));
    const { height, width } = await decodeImage(file("turned.jpg"), 3);
    expect([height, width]).toEqual([12, 8]);
  });

  const clear = { r: 0, g: 0, b: 0, alpha: 0 };
  /** Black on a clear ground: without its alpha all of it is black. */
  const drawing = () => {
    const ink = sharp({
      create: { width: 4, height: 8, channels: 4, background: { ...clear, alpha: 1 } },
    });
    return ink.extend({ right: 8, background: clear });
  };

  test.each<[string, (file: string) => Promise<unknown>]>([
    ["PNG", (file) => drawing().png().toFile(file)],
    ["PNG with a palette", (file) => drawing().png({ palette: true }).toFile(file)],
    ["PNG of 16 bits", (file) => drawing().toColourspace("rgb16").png().toFile(file)],
    ["WebP", (file) => drawing().webp({ lossless: true }).toFile(file)],
    ["GIF", (file) => drawing().gif().toFile(file)],
    ["TIFF", (file) => drawing().tiff({ compression: "lzw" }).toFile(file)],
    ["AVIF", (file) => drawing().avif({ lossless: true }).toFile(file)],
    [
      "grey TIFF with alpha",
      async (file) => {
        const size = { width: 12, height: 8, channels: 2, bits: 8, extra: [2] } as const;
        const values = Array.from({ length: 96 }, (_, i) => [0, i % 12 < 4 ? 255 : 0]).flat();
        writeFileSync(file, encodeTiff({ ...size, values }));
      },
    ],
  ])("a drawing on a clear ground is on white, or on what is asked for: %s", async (_, write) => {
    const file = join(temporaryFolder(), "drawing");
    await write(file);
    const line = async (channels: 1 | 3, background?: string) => {
      const { data } = await decodeImage(file, channels, { background });
      const at = (x: number) => Array.from(data.subarray(channels * x, channels * (x + 1)));
      return [at(1), at(10)];
    };
    expect(await line(3)).toEqual([
      [0, 0, 0],
      [255, 255, 255],
    ]);
    expect(await line(1)).toEqual([[0], [255]]);
    expect(await line(3, "#ff8000")).toEqual([
      [0, 0, 0],
      [255, 128, 0],
    ]);
  });

  const shape = { width: 2, height: 1 } as const;
  const seen = "16 bits that reach 65535; found at most";
  test.each<[string, MadeTiff, string]>([
    [
      "floats from 0 to 1",
      { ...shape, channels: 1, bits: 32, format: "float", values: [0, 1] },
      "expected 8 or 16 bits a channel, unsigned; found floating-point numbers",
    ],
    [
      "floats in three colours",
      { ...shape, channels: 3, bits: 32, format: "float", values: [0, 1, 0, 1, 0, 1] },
      "found floating-point numbers",
    ],
    ["32-bit integers", { ...shape, channels: 1, bits: 32, values: [0, 65535] }, "32-bit integers"],
    [
      "signed 16-bit integers",
      { ...shape, channels: 1, bits: 16, format: "signed", values: [-1, 9000] },
      "found signed 16-bit integers",
    ],
    [
      "12 bits in 16",
      { ...shape, channels: 1, bits: 16, values: [0, 4095] },
      `${seen} 4095, as of 12 bits in 16`,
    ],
    [
      "12 bits in 16 with alpha",
      { ...shape, channels: 4, bits: 16, extra: [2], values: [9, 9, 4095, 65535, 0, 0, 0, 65535] },
      `${seen} 4095`,
    ],
    [
      "five channels",
      { ...shape, channels: 5, bits: 8, extra: [0, 0], values: Array(10).fill(99) },
      "at most 4 channels; found 5",
    ],
  ])("%s, which would be black or white, are refused", async (_, made, message) => {
    const file = await written(join(temporaryFolder(), "made.tif"), encodeTiff(made));
    const error = decodeImage(file, 3);
    await expect(error).rejects.toMatchObject({ code: "IMAGE_INVALID" });
    await expect(error).rejects.toThrow(message);
  });

  test("16 bits that reach beyond 12 are what one sees", async () => {
    const values = [0, 0x8000, 0xffff, 0x1000];
    const made = encodeTiff({ width: 4, height: 1, channels: 1, bits: 16, values });
    const file = await written(join(temporaryFolder(), "made.tif"), made);
    expect(Array.from((await decodeImage(file, 1)).data)).toEqual([0, 0x80, 0xff, 0x10]);
  });

  test.each<[string, (folder: string) => Promise<string>]>([
    ["missing", async (folder) => join(folder, "none.jpg")],
    ["no picture", async (folder) => written(join(folder, "text.jpg"), Buffer.from("text"))],
    ["empty", async (folder) => written(join(folder, "empty.jpg"), Buffer.alloc(0))],
    ["truncated", truncated],
  ])("%s is an error with the file's name", async (_, make) => {
    const file = await make(temporaryFolder());
    const error = decodeImage(file, 3);
    await expect(error).rejects.toThrow("ITAML_IMAGE_INVALID");
    await expect(error).rejects.toThrow(file);
  });

  test("a picture of another size is scaled or refused", async () => {
    const file = join(temporaryFolder(), "red.png");
    await red().toFile(file);
    await expect(readImage(file, [3, 4, 4], { resize: false })).rejects.toThrow(
      "expected 4 × 4 pixels; found 12 × 8",
    );
    const sample = await readImage(file, [3, 4, 4], { resize: true });
    expect(Array.from(sample)).toEqual([...Array(16).fill(200), ...Array(32).fill(40)]);
  });
});

async function written(file: string, content: Buffer): Promise<string> {
  writeFileSync(file, content);
  return file;
}

async function truncated(folder: string): Promise<string> {
  const noise = { type: "gaussian", mean: 128, sigma: 60 } as const;
  const whole = await sharp({
    create: { width: 64, height: 64, channels: 3, noise, background: RED },
  })
    .jpeg()
    .toBuffer();
  return written(join(folder, "cut.jpg"), whole.subarray(0, whole.length / 2));
}

describe("a source of picture files", () => {
  const options = {
    ...{ size: 8, resize: { training: 10, test: 8 }, seed: 1 },
    augmentation: { crop: "resized", flip: true, rotation: 10, brightness: 0.2 },
  } as const;

  test("is the middle in tests, and varies by sample and keys alone in training", async () => {
    const folder = temporaryFolder();
    await writePictureFolder(folder, { train: 2 });
    const files = [0, 1, 2, 3].map((label) => join(folder, `train/class${label}/001.jpg`));
    const source = imageSource(files, { ...options, broken: "error" });
    const read = async (indices: number[], keys?: number[]) => {
      const target = new Uint8Array(indices.length * source.sampleSize);
      expect(await source.read(indices, target, keys)).toEqual([]);
      return target;
    };
    const plain = await read([0]);
    const mean = (from: number) => plain.subarray(from, from + 64).reduce((a, b) => a + b, 0) / 64;
    expect(Math.abs(mean(0) - 200)).toBeLessThan(15);
    expect(Math.abs(mean(64) - 40)).toBeLessThan(15);
    const { sampleSize } = source;
    const together = await read([3, 1, 2, 0], [0, 4]);
    const alone = await read([2], [0, 4]);
    expect(together.slice(2 * sampleSize, 3 * sampleSize)).toEqual(alone);
    expect(alone).not.toEqual(await read([2], [0, 5]));
    expect(alone).not.toEqual(await read([2]));
  });

  test("shows its background where a picture is clear", async () => {
    const file = join(temporaryFolder(), "clear.png");
    const background = { r: 0, g: 0, b: 0, alpha: 0 };
    await sharp({ create: { width: 8, height: 8, channels: 4, background } })
      .png()
      .toFile(file);
    const source = imageSource([file], { ...options, background: "#123456", broken: "error" });
    const target = new Uint8Array(source.sampleSize);
    await source.read([0], target);
    expect([0, 64, 128].map((at) => target[at])).toEqual([0x12, 0x34, 0x56]);
  });

  test("with a broken picture is an error, or goes on without it", async () => {
    const folder = temporaryFolder();
    await writePictureFolder(folder, { train: 1 });
    const good = [0, 1, 2].map((label) => join(folder, `train/class${label}/000.jpg`));
    const files = [good[0] as string, await truncated(folder), ...good.slice(1)];
    const strict = imageSource(files, { ...options, broken: "error" });
    await expect(strict.read([0, 1, 2], new Uint8Array(3 * strict.sampleSize))).rejects.toThrow(
      "cut.jpg: the picture can't be read",
    );
    const lenient = imageSource(files, { ...options, broken: "skip" });
    const batch = await readMicroBatch(lenient, [3, 1, 0, 1, 2], [2, 3, 0, 3, 1], 4, ["test"]);
    expect(batch.unreadable).toBe(2);
    expect(batch.samples).toBe(3);
    expect(Array.from(batch.targets)).toEqual([0, 0, 1, 0, 1, 0, 0, 0, 0, 1, 0, 0]);
    const whole = await readMicroBatch(lenient, [3, 0, 2], [2, 0, 1], 4, ["test"]);
    expect(batch.x).toEqual(whole.x);
  });
});

describe("loading a data set", () => {
  const plain: LoadOptions = { augmentation: {}, seed: 1 };

  test("pictures with a size, a list of classes and a normalisation", async () => {
    const folder = temporaryFolder();
    await writePictureFolder(folder, { train: 3, test: 2 });
    const classes = join(folder, "classes.txt");
    writeFileSync(classes, "class3\nclass1\n");
    const dataset = await loadDataset(findDataset("folder"), folder, {
      ...plain,
      ...{ images: { size: 8, broken: "error" }, classes },
      normalization: { mean: [0.5], std: [0.25] },
    });
    expect(dataset.classes).toEqual(["class3", "class1"]);
    expect(dataset.input).toEqual({ shape: [3, 8, 8], type: "uint8", mean: [0.5], std: [0.25] });
    expect(dataset.train.source.length).toBe(6);
    expect(Array.from(dataset.test.labels)).toEqual([0, 0, 1, 1]);
  });

  test.each<[string, string, Partial<LoadOptions>, string]>([
    ["no size", "folder", {}, "images: pictures need a size"],
    ["a size for strokes", "strokes", { images: { size: 8, broken: "error" } }, "no images for"],
    ["a split for strokes", "strokes", { split: { testShare: 0.5 } }, "no split for strokes"],
    [
      "two means",
      "strokes",
      { normalization: { mean: [0, 0], std: [1] } },
      "not one number for each channel; expected 1 or 1 numbers; found 2",
    ],
  ])("%s is refused", async (_, name, options, message) => {
    const loading = loadDataset(findDataset(name), temporaryFolder(), { ...plain, ...options });
    await expect(loading).rejects.toThrow(message);
  });
});

describe("prefetch", () => {
  test("gives values in order and stays two items ahead", async () => {
    const begun: number[] = [];
    const load = async (item: number) => {
      begun.push(item);
      await new Promise((resolve) => setTimeout(resolve, item % 2 === 0 ? 20 : 1));
      return item * 10;
    };
    const values: number[] = [];
    const ahead: number[] = [];
    for await (const { value, waited } of prefetch([0, 1, 2, 3, 4], load)) {
      values.push(value);
      ahead.push(begun.length - values.length);
      expect(waited).toBeGreaterThanOrEqual(0);
    }
    expect(values).toEqual([0, 10, 20, 30, 40]);
    expect(ahead).toEqual([2, 2, 2, 1, 0]);
  });

  test("throws an item's error in its turn, and none is left over when its user stops", async () => {
    const load = async (item: number) => {
      if (item === 1) throw new Error("item 1");
      return item;
    };
    const seen: number[] = [];
    const use = async () => {
      for await (const { value } of prefetch([0, 1, 2, 3], load)) seen.push(value);
    };
    await expect(use()).rejects.toThrow("item 1");
    expect(seen).toEqual([0]);
    for await (const { value } of prefetch([0, 1], load)) {
      expect(value).toBe(0);
      break;
    }
  });
});
