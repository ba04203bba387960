import fc from "fast-check";
import { expect, test } from "vitest";
import { ItamlError } from "../src/base/errors.js";
import { ExemplarMemory } from "../src/incremental/exemplar-memory.js";
import { decodeMemory, encodeMemory } from "../src/storage/model-files.js";
import {
  decodeSafetensors,
  encodeSafetensors,
  type StoredTensor,
} from "../src/storage/safetensors.js";

const tensor = fc.array(fc.integer({ min: 0, max: 4 }), { maxLength: 3 }).chain((shape) => {
  const length = shape.reduce((a, b) => a * b, 1);
  return fc.oneof(
    fc
      .float32Array({ minLength: length, maxLength: length, noNaN: true })
      .map((data): StoredTensor => ({ data, shape })),
    fc
      .uint8Array({ minLength: length, maxLength: length })
      .map((data): StoredTensor => ({ data: Uint8Array.from(data), shape })),
  );
});
const tensors = fc.dictionary(
  fc.string({ minLength: 1 }).filter((name) => name !== "__metadata__"),
  tensor,
  { maxKeys: 4 },
);

test("safetensors are read as they were written", () =>
  fc.assert(
    fc.property(tensors, fc.dictionary(fc.string(), fc.string()), (content, metadata) => {
      const bytes = encodeSafetensors(new Map(Object.entries(content)), metadata);
      const decoded = decodeSafetensors(bytes, "made");
      expect(decoded.metadata).toEqual({ ...metadata });
      expect([...decoded.tensors.keys()].sort()).toEqual(Object.keys(content).sort());
      for (const [name, { data, shape }] of Object.entries(content)) {
        expect(decoded.tensors.get(name)?.shape).toEqual(shape);
        expect(decoded.tensors.get(name)?.data).toEqual(data);
      }
    }),
  ));

test("mangled safetensors end in a typed error or in tensors that fit their shapes", () =>
  fc.assert(
    fc.property(
      tensors,
      fc.array(fc.tuple(fc.nat(300), fc.integer({ min: 0, max: 255 })), { maxLength: 5 }),
      fc.nat(60),
      (content, changes, cut) => {
        const bytes = encodeSafetensors(new Map(Object.entries(content)));
        const mangled = bytes.slice(0, Math.max(0, bytes.length - (cut > 30 ? 0 : cut)));
        for (const [at, value] of changes) if (at < mangled.length) mangled[at] = value;
        try {
          for (const { data, shape } of decodeSafetensors(mangled, "mangled").tensors.values()) {
            expect(data.length).toBe(shape.reduce((a, b) => a * b, 1));
          }
        } catch (error) {
          expect(error).toBeInstanceOf(ItamlError);
          expect((error as ItamlError).message).toContain("mangled");
        }
      },
    ),
    { numRuns: 2000 },
  ));

test("an exemplar memory is read as it was written, and a wrong one is refused", () => {
  const memory = new ExemplarMemory(10);
  memory.classes.push([3, 1], [4]);
  const text = encodeMemory(memory);
  const decoded = decodeMemory(text, 5, "memory.json");
  expect(decoded.capacity).toBe(10);
  expect(decoded.classes).toEqual([[3, 1], [4]]);
  expect(() => decodeMemory(text, 4, "memory.json")).toThrow("only 4 samples; found index 4");
  expect(() => decodeMemory("{", 4, "memory.json")).toThrow("not valid JSON");
  expect(() => decodeMemory('{"version":2}', 4, "memory.json")).toThrow("not an exemplar memory");
});
