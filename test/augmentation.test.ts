import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { seededRandom } from "../src/base/random.js";
import {
  augment,
  centreCrop,
  copyWindow,
  type Picture,
  resizeArea,
  rotate,
} from "../src/samples/augmentation.js";
import { augmentedSource } from "../src/samples/augmented-source.js";
import { samplesInMemory } from "../src/samples/samples.js";
import { golden } from "./support/golden.js";

/** Grey, with the numbers 1, 2, 3, … as pixels. */
function counted(height: number, width: number): Picture {
  const data = Uint8Array.from({ length: height * width }, (_, i) => i + 1);
  return { data, channels: 1, height, width, planar: true };
}

describe("equals the Python Imaging Library", () => {
  const reference = golden("augment.safetensors");
  const SIZE = 32;
  const pixels = (name: string) => reference.bytes(name);
  /** Row, column, channel as channel, row, column. */
  const planar = (data: Uint8Array, height = SIZE, width = SIZE) => {
    const target = new Uint8Array(data.length);
    const picture = { data, channels: 3, height, width, planar: false };
    copyWindow(picture, { top: 0, left: 0, height, width }, target);
    return target;
  };

  test.each([-10, -3.7, 0.5, 6.25, 10])("rotation by %f°", (degrees) => {
    const target = new Uint8Array(3 * SIZE * SIZE);
    rotate(planar(pixels("image")), 3, SIZE, degrees, target);
    expect(target).toEqual(planar(pixels(`rotate_${degrees}`)));
  });

  test("mirror", () => {
    const target = new Uint8Array(3 * SIZE * SIZE);
    const picture = {
      data: pixels("image"),
      channels: 3,
      height: SIZE,
      width: SIZE,
      planar: false,
    };
    copyWindow(picture, { top: 0, left: 0, height: SIZE, width: SIZE, mirrored: true }, target);
    expect(target).toEqual(planar(pixels("hflip")));
  });

  test("a window of the padded picture", () => {
    const target = new Uint8Array(3 * SIZE * SIZE);
    const picture = {
      data: pixels("image"),
      channels: 3,
      height: SIZE,
      width: SIZE,
      planar: false,
    };
    copyWindow(picture, { top: 1 - 4, left: 7 - 4, height: SIZE, width: SIZE }, target);
    expect(target).toEqual(planar(pixels("pad4_crop_y1_x7")));
  });
});

test("the centre of a picture, and black where there is none", () => {
  const target = new Uint8Array(4);
  centreCrop(counted(4, 2), 2, target);
  expect(Array.from(target)).toEqual([3, 4, 5, 6]);
  const wide = new Uint8Array(9);
  centreCrop(counted(1, 3), 3, wide);
  expect(Array.from(wide)).toEqual([0, 0, 0, 1, 2, 3, 0, 0, 0]);
});

test("scaling keeps a window's size, halves it to means, and doubles it smoothly", () => {
  const scaled = (picture: Picture, size: number, mirrored = false) => {
    const { height, width } = picture;
    const target = new Uint8Array(size * size);
    resizeArea(picture, { top: 0, left: 0, height, width }, size, mirrored, target);
    return Array.from(target);
  };
  expect(scaled(counted(3, 3), 3)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9]);
  expect(scaled(counted(2, 2), 2, true)).toEqual([2, 1, 4, 3]);
  const flat = { ...counted(5, 7), data: new Uint8Array(35).fill(200) };
  expect(scaled(flat, 3)).toEqual(Array(9).fill(200));
  const step = { ...counted(1, 2), data: Uint8Array.of(0, 100) };
  expect(scaled(step, 4).slice(0, 4)).toEqual([0, 25, 75, 100]);
});

describe("augmentation", () => {
  const picture = {
    ...counted(8, 8),
    data: Uint8Array.from({ length: 192 }, (_, i) => i),
    channels: 3,
  };
  const varied = (options: Parameters<typeof augment>[2], seed: number, size = 8) => {
    const target = new Uint8Array(3 * size * size);
    const scratch = new Uint8Array(3 * size * size);
    augment(picture, size, options, seededRandom("augment", seed), target, scratch);
    return Array.from(target);
  };

  test("of nothing is the picture itself", () => {
    expect(varied({}, 1)).toEqual(Array.from(picture.data));
  });

  test("takes every place of a padded crop, mirrors half", () => {
    const corners = new Set<number>();
    const padded = { ...picture, channels: 1, data: new Uint8Array(64).fill(1) };
    for (let seed = 0; seed < 300; seed++) {
      const target = new Uint8Array(64);
      augment(padded, 8, { crop: "padded", padding: 1 }, seededRandom(seed), target, target);
      corners.add(target.reduce((sum, value) => sum + value, 0));
    }
    // All of it, without a side, without two sides.
    expect([...corners].sort((a, b) => a - b)).toEqual([49, 56, 64]);
    const mirrored = Array.from({ length: 200 }, (_, seed) => varied({ flip: true }, seed)[0]);
    const share = mirrored.filter((first) => first === 7).length / 200;
    expect(share).toBeGreaterThan(0.4);
    expect(share).toBeLessThan(0.6);
  });

  test("changes the brightness within its bounds and never overflows", () => {
    const factors = Array.from({ length: 100 }, (_, seed) => {
      const [dark, bright] = [
        varied({ brightness: 0.5 }, seed)[100],
        varied({ brightness: 0.5 }, seed)[191],
      ];
      expect(bright).toBeLessThanOrEqual(255);
      return (dark as number) / 100;
    });
    expect(Math.min(...factors)).toBeGreaterThan(0.48);
    expect(Math.max(...factors)).toBeLessThan(1.51);
    expect(Math.max(...factors) - Math.min(...factors)).toBeGreaterThan(0.7);
  });

  test("every option, size and picture gives pixels, the same for the same seed", () =>
    fc.assert(
      fc.property(
        fc.record({
          crop: fc.constantFrom("padded" as const, "resized" as const, undefined),
          padding: fc.nat(4),
          flip: fc.boolean(),
          rotation: fc.constantFrom(0, 10, 180),
          brightness: fc.constantFrom(0, 0.3),
        }),
        fc.integer({ min: 1, max: 12 }),
        fc.integer({ min: 1, max: 12 }),
        fc.integer({ min: 1, max: 12 }),
        fc.integer(),
        (options, height, width, size, seed) => {
          const bright = {
            ...counted(height, width),
            data: new Uint8Array(height * width).fill(255),
          };
          const once = () => {
            const target = new Uint8Array(size * size).fill(7);
            const scratch = new Uint8Array(size * size);
            augment(bright, size, options, seededRandom(seed), target, scratch);
            return Array.from(target);
          };
          expect(once()).toEqual(once());
          if (options.brightness === 0) {
            expect(once().every((value) => value === 0 || value === 255)).toBe(true);
          }
        },
      ),
      { numRuns: 500 },
    ));
});

test("a source varies a sample by its index and the keys alone, and not without keys", async () => {
  const data = Uint8Array.from({ length: 3 * 48 }, (_, i) => i);
  const source = augmentedSource(samplesInMemory(data, 48), 4, { crop: "padded", padding: 2 }, 1);
  const read = async (indices: number[], ...keys: number[]) => {
    const target = new Uint8Array(48 * indices.length);
    await source.read(indices, target, keys.length > 0 ? keys : undefined);
    return target;
  };
  expect(await read([2, 0])).toEqual(
    Uint8Array.from([...data.subarray(96), ...data.subarray(0, 48)]),
  );
  const together = await read([0, 1, 2], 0, 5);
  expect(together.slice(96)).toEqual(await read([2], 0, 5));
  const epochs = await Promise.all([0, 1, 2, 3].map((epoch) => read([2], 0, epoch)));
  expect(new Set(epochs.map(String)).size).toBeGreaterThan(1);
});

test("a window has of each place the picture's pixel, or black beside it", () => {
  const side = fc.integer({ min: 1, max: 9 });
  const offset = fc.integer({ min: -12, max: 12 });
  const pictures = fc.record({
    channels: fc.integer({ min: 1, max: 3 }),
    height: side,
    width: side,
  });
  const windows = fc.record({ top: offset, left: offset, height: side, width: side });
  const order = fc.record({ planar: fc.boolean(), mirrored: fc.boolean() });
  fc.assert(
    fc.property(pictures, windows, order, (sizes, area, { planar, mirrored }) => {
      const { channels, height, width } = sizes;
      const data = Uint8Array.from({ length: channels * height * width }, (_, i) => 1 + (i % 255));
      const target = new Uint8Array(channels * area.height * area.width).fill(7);
      copyWindow({ ...sizes, data, planar }, { ...area, mirrored }, target);
      const expected = Array.from(target, (_, i) => {
        const column = i % area.width;
        const row = Math.floor(i / area.width) % area.height;
        const channel = Math.floor(i / (area.width * area.height));
        const x = area.left + (mirrored ? area.width - 1 - column : column);
        const y = area.top + row;
        if (x < 0 || y < 0 || x >= width || y >= height) return 0;
        return data[
          planar ? (channel * height + y) * width + x : (y * width + x) * channels + channel
        ];
      });
      expect([...target]).toEqual(expected);
    }),
  );
});
