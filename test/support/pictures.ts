import { mkdirSync } from "node:fs";
import { join } from "node:path";
import sharp from "sharp";
import { seededRandom } from "../../src/base/random.js";

/** Colours that a network tells apart at once; class c is filled with the c-th of them, with noise. */
const COLOURS = [
  [200, 40, 40],
  [40, 200, 40],
  [40, 40, 200],
  [200, 200, 40],
] as const;

/** Writes a folder of pictures, PART/CLASS/*.jpg, of different sizes. */
export async function writePictureFolder(
  folder: string,
  parts: Readonly<Record<string, number>>,
): Promise<void> {
  const side = 24;
  for (const [part, count] of Object.entries(parts)) {
    for (let label = 0; label < COLOURS.length; label++) {
      const own = join(folder, part, `class${label}`);
      mkdirSync(own, { recursive: true });
      for (let i = 0; i < count; i++) {
        const random = seededRandom("pictures", part, label, i);
        const [width, height] = [side + random.integer(0, 8), side + random.integer(0, 8)];
        const data = Uint8Array.from(
          { length: 3 * width * height },
          (_, at) => (COLOURS[label]?.[at % 3] as number) + random.integer(-30, 30),
        );
        await sharp(data, { raw: { width, height, channels: 3 } })
          .jpeg()
          .toFile(join(own, `${String(i).padStart(3, "0")}.jpg`));
      }
    }
  }
}
