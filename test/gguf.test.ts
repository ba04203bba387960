import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { decodeGguf, halfToFloat } from "../src/storage/gguf.js";
import { encodeGguf } from "./support/gguf.js";

// 1, -2, the smallest and the largest number, 0.333…, and 0.
const halves = Uint16Array.of(0x3c00, 0xc000, 0x0001, 0x7bff, 0x3555, 0x0000);
const made = encodeGguf({
  half: { shape: [2, 3], data: halves },
  full: { shape: [2], data: Float32Array.of(0.5, -7) },
});

test("tensors come out with their names, shapes and numbers", () => {
  const tensors = decodeGguf(made, "made.gguf");
  expect([...tensors.keys()]).toEqual(["half", "full"]);
  const half = tensors.get("half");
  expect(half?.shape).toEqual([2, 3]);
  expect([...(half?.data ?? [])]).toEqual([1, -2, 2 ** -24, 65504, 0.333251953125, 0]);
  expect([...(tensors.get("full")?.data ?? [])]).toEqual([0.5, -7]);
});

test("what isn't finite stays so", () => {
  expect([0x7c00, 0xfc00].map(halfToFloat)).toEqual([Infinity, -Infinity]);
  expect(halfToFloat(0x7e00)).toBeNaN();
});

describe("what is wrong with a file is said", () => {
  const changed = (change: (bytes: Buffer) => void) => {
    const bytes = Buffer.from(made);
    change(bytes);
    return bytes;
  };
  test.each([
    ["no GGUF", Buffer.from("no gguf, but long enough to be one"), "doesn't begin with GGUF"],
    ["version 2", changed((bytes) => bytes.writeUInt32LE(2, 4)), "expected 3; found 2"],
    ["cut off", made.subarray(0, made.length - 25), 'tensor "full"'],
    ["too many", changed((bytes) => bytes.writeBigUInt64LE(2n ** 40n, 8)), "at most 100000"],
    ["quantised", quantised(), "F32, F16"],
  ])("%s", (_, bytes, message) => {
    expect(() => decodeGguf(bytes, "made.gguf")).toThrow(message);
  });

  function quantised(): Buffer {
    const bytes = Buffer.from(made);
    // The type stands behind a name, a number of dimensions and two of them.
    bytes.writeUInt32LE(8, bytes.indexOf("half") + 4 + 4 + 16);
    return bytes;
  }
});

test("any bytes are read or refused", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), fc.nat(made.length), (noise, at) => {
      const bytes = Buffer.concat([made.subarray(0, at), noise, made.subarray(at + noise.length)]);
      try {
        for (const { shape, data } of decodeGguf(bytes, "made").values()) {
          expect(shape.reduce((a, b) => a * b, 1)).toBe(data.length);
        }
      } catch (error) {
        expect(error).toMatchObject({ code: "FILE_INVALID" });
      }
    }),
    { numRuns: 2000, seed: 1 },
  );
});
