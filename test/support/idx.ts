import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { seededRandom } from "../../src/base/random.js";

/** An idx file of unsigned bytes. */
export function encodeIdx(shape: readonly number[], data: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(4 + 4 * shape.length + data.length);
  const view = new DataView(bytes.buffer);
  bytes[2] = 8;
  bytes[3] = shape.length;
  shape.forEach((size, axis) => {
    view.setUint32(4 + 4 * axis, size);
  });
  bytes.set(data, 4 + 4 * shape.length);
  return bytes;
}

/** Writes a small data set in MNIST's four files: class c is a bright row of its own, with noise. */
export function writeMadeMnist(folder: string, { train = 30, test = 10 } = {}): void {
  mkdirSync(folder, { recursive: true });
  for (const [name, content] of [...madeFiles("train", train), ...madeFiles("t10k", test)]) {
    writeFileSync(join(folder, name), content);
  }
}

/** Nearly every test that trains has these files. */
const made = new Map<string, ReadonlyMap<string, Uint8Array>>();

function madeFiles(part: string, perClass: number): ReadonlyMap<string, Uint8Array> {
  const key = `${part} ${perClass}`;
  const files = made.get(key) ?? makeFiles(part, perClass);
  made.set(key, files);
  return files;
}

function makeFiles(part: string, perClass: number): ReadonlyMap<string, Uint8Array> {
  const count = 10 * perClass;
  const labels = Uint8Array.from({ length: count }, (_, i) => i % 10);
  const images = new Uint8Array(count * 784);
  const random = seededRandom("made mnist", part);
  labels.forEach((label, i) => {
    for (let pixel = 0; pixel < 784; pixel++) {
      const bright = Math.floor(pixel / 56) === label;
      images[i * 784 + pixel] = (bright ? 150 : 0) + random.integer(0, 100);
    }
  });
  const file = (shape: readonly number[], data: Uint8Array) =>
    gzipSync(encodeIdx(shape, data), { level: 1 });
  return new Map([
    [`${part}-images-idx3-ubyte.gz`, file([count, 28, 28], images)],
    [`${part}-labels-idx1-ubyte.gz`, file([count], labels)],
  ]);
}
