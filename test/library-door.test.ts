import {
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { createContext, runInContext } from "node:vm";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { ItamlError } from "../src/base/errors.js";
import { type ClassifierOptions, IncrementalClassifier } from "../src/index.js";
import { temporaryFolder } from "./support/folder.js";

// Whatever enters the library, also from plain JavaScript: it is right, or a typed error, and nothing has changed.

const OPTIONS: ClassifierOptions = {
  ...{ inputShape: [2], inputType: "float32", memory: 8, threads: 1 },
  network: { name: "mlp", hidden: [4] },
};
const points = (label: number) => Float32Array.from({ length: 16 }, (_, i) => label + (i % 2) / 9);
const TASK = (a: unknown, b: unknown) => ({
  images: Float32Array.of(...points(2), ...points(3)),
  labels: Array.from({ length: 16 }, (_, i) => (i < 8 ? a : b)) as string[],
});

let vectors: IncrementalClassifier;
let pictures: IncrementalClassifier;
beforeAll(async () => {
  vectors = await IncrementalClassifier.create(OPTIONS);
  pictures = await IncrementalClassifier.create({ ...OPTIONS, inputType: "uint8" });
  for (const [a, b] of [
    [0, 1],
    [2, 3],
  ] as const) {
    const labels = Array.from({ length: 16 }, (_, i) => (i < 8 ? a : b));
    const images = Float32Array.of(...points(a), ...points(b));
    await vectors.learn({ images, labels });
    await pictures.learn({ images: Uint8Array.from(images, (value) => 60 * value), labels });
  }
});
afterAll(() => Promise.all([vectors.release(), pictures.release()]));

describe("labels that could not be stored are refused", () => {
  test.each([
    ["NaN", Number.NaN, "NaN"],
    ["infinity", Number.POSITIVE_INFINITY, "Infinity"],
    ["-0", -0, "-0"],
    ["undefined", undefined, "undefined"],
    ["null", null, "null"],
    ["a lone surrogate", "\ud800x", '"\\ud800x"'],
    ["a boolean", true, "true"],
    ["an object", { name: "a" }, "Object"],
    ["a bigint", 3n, "3"],
  ])("%s", async (_, label, found) => {
    await expect(vectors.learn(TASK("a", label))).rejects.toThrow(
      `ITAML_INPUT_INVALID: learn: labels, position 8: not a label; expected a text of whole characters, or a finite number other than -0; found ${found}.`,
    );
    expect(vectors.tasks).toHaveLength(2);
  });

  test("a list that is none, and one with holes", async () => {
    const { images } = TASK("a", "b");
    for (const labels of [undefined, "ab", { length: 16 }, new Set(["a"])]) {
      await expect(vectors.learn({ images, labels: labels as never })).rejects.toThrow(
        "learn: labels: not a list of labels",
      );
    }
    await expect(vectors.learn({ images, labels: new Array(16) })).rejects.toThrow("position 0");
  });
});

test("values that are not finite are refused, wherever they enter", async () => {
  for (const value of [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]) {
    const images = points(1);
    images[7] = value;
    const message = `image 3, value 1: a value is not finite; expected numbers; found ${value}`;
    await expect(vectors.classify(images)).rejects.toThrow(`classify: ${message}`);
    await expect(vectors.classifyEach(images)).rejects.toThrow(`classifyEach: ${message}`);
    await expect(vectors.classifyMixed(images)).rejects.toThrow(`classifyMixed: ${message}`);
    await expect(vectors.classifyWithConfidence(images)).rejects.toThrow(message);
    const labels = Array.from({ length: 8 }, (_, i) => i % 2);
    await expect(vectors.learn({ images, labels })).rejects.toThrow(`learn: ${message}`);
  }
});

/** A typed error, or an answer without gaps; a score may be -Infinity, the logarithm of 0. */
function expectSound(answer: unknown): void {
  if (answer instanceof Error) expect(answer).toBeInstanceOf(ItamlError);
  else {
    const text = JSON.stringify(answer, (key, value) => (key === "scores" ? 0 : value));
    expect(text).not.toMatch(/null|undefined/);
  }
}

test("values too large for the network are refused, not called some class", async () => {
  const fine = await IncrementalClassifier.create({
    ...{ inputShape: [2], inputType: "float32", threads: 1, learner: "slda", network: "identity" },
  });
  const images = Float32Array.of(0, 0, 1e-3, 0, 0, 1e-3, 1e-3, 1e-3);
  await fine.learn({ images, labels: [0, 0, 1, 1] });
  await expect(fine.classifyMixed(Float32Array.of(0, 0, 3e38, 3e38))).rejects.toThrow(
    "image 1: a sample that the network can't compute",
  );
  const large = [3.4e38, -3.4e38, 1e38, 1e30, 1e20];
  for (const images of large.flatMap((a) => large.map((b) => Float32Array.of(a, b, 1, 1)))) {
    const calls = ["classify", "classifyEach", "classifyMixed", "classifyWithConfidence"] as const;
    for (const call of calls) {
      for (const classifier of [vectors, fine]) {
        expectSound(await classifier[call](images).catch((error) => error));
      }
    }
  }
  await fine.release();
});

test("options, misspelt or wrong, are named", async () => {
  const refused = (options: object, message: string) =>
    expect(
      IncrementalClassifier.create({ ...OPTIONS, ...options } as ClassifierOptions),
    ).rejects.toThrow(message);
  await refused({ memmory: 3 }, 'create: unknown key "memmory". Did you mean "memory"');
  await refused({ devise: "cpu" }, 'unknown key "devise". Did you mean "device"');
  await refused({ settings: { epoch: 3 } }, 'unknown key "settings.epoch". Did you mean "epochs"');
  await refused({ network: { name: "mlp", hiden: [3] } }, 'Did you mean "hidden"');
  await refused({ network: "mpl" }, 'found "mpl"');
  await refused({ augmentation: { flipp: true } }, 'Did you mean "flip"');
  await refused({ augmentation: { crop: "padded" } }, "crop: padded and padding belong together");
  await refused({ device: "gpu" }, "create: device");
  await refused({ threads: 0 }, "create: threads");
  await refused({ threads: 1e5 }, "create: threads");
  await refused({ memory: -1 }, "create: ");
  await refused(
    { mean: [0, 0, 0] },
    "mean has another number of channels; expected 1 number, or 2",
  );
  await refused({ std: [0] }, "create: std");
  await refused({ inputShape: [] }, "create: inputShape");
  await expect(IncrementalClassifier.load("nowhere", { thread: 1 } as object)).rejects.toThrow(
    'Did you mean "threads"',
  );
});

test("the samples' and the hooks' own names, too", async () => {
  const { images, labels } = TASK("a", "b");
  const learn = (...args: unknown[]) => vectors.learn(...(args as [never]));
  await expect(learn({ images, label: labels })).rejects.toThrow('Did you mean "labels"');
  await expect(learn(images, labels)).rejects.toThrow(ItamlError);
  await expect(learn()).rejects.toThrow(ItamlError);
  await expect(learn({ images, labels }, { onprogress: () => {} })).rejects.toThrow(
    'unknown key "onprogress". Did you mean "onProgress"',
  );
  await expect(learn({ images, labels }, { signal: new AbortController() })).rejects.toThrow(
    "learn: hooks: signal: expected an AbortSignal",
  );
});

test("typed arrays of another realm are taken", async () => {
  const realm = createContext();
  const there = <T>(code: string) => runInContext(code, realm) as T;
  const floats = there<Float32Array>(`Float32Array.from([${points(1)}])`);
  expect(floats).not.toBeInstanceOf(Float32Array);
  expect(await vectors.classify(floats)).toEqual(await vectors.classify(points(1)));
  const separate = there<Float32Array[]>("[Float32Array.of(1, 1), Float32Array.of(0, 0)]");
  const here = [Float32Array.of(1, 1), Float32Array.of(0, 0)];
  expect(await vectors.classifyEach(separate)).toEqual(await vectors.classifyEach(here));
  for (const kind of ["Uint8Array", "Uint8ClampedArray"]) {
    expect(await pictures.classifyEach(there(`${kind}.of(60, 66)`))).toEqual([1]);
  }
  expect(await pictures.classifyEach(Buffer.from([60, 66]))).toEqual([1]);
  await expect(vectors.classify(there("Float64Array.of(1, 2)"))).rejects.toThrow(
    "expected a Float32Array; found Float64Array",
  );
  const other = await IncrementalClassifier.create(
    there<ClassifierOptions>(`(${JSON.stringify(OPTIONS)})`),
  );
  await other.learn({ images: floats, labels: there('["a","a","a","a","b","b","b","b"]') });
  expect(other.tasks).toEqual([["a", "b"]]);
  await other.release();
});

describe("mangled samples are answered, or refused with a typed error", () => {
  const number = fc.oneof(
    fc.float(),
    fc.constantFrom(3.4e38, -3.4e38, 1e-45, 0, -0),
    fc.integer({ min: -300, max: 300 }),
  );
  const array = fc.oneof(
    ...[Float32Array, Float64Array, Uint8Array, Uint8ClampedArray, Int16Array].map((type) =>
      fc.array(number, { maxLength: 9 }).map((values) => type.from(values)),
    ),
    fc.array(number, { maxLength: 5 }),
    fc.array(fc.uint8Array({ maxLength: 3 }), { maxLength: 3 }),
  );
  const images = fc.oneof(
    { weight: 4, arbitrary: array },
    { weight: 4, arbitrary: fc.array(array, { maxLength: 4 }) },
    { weight: 2, arbitrary: fc.anything({ withTypedArray: true, withNullPrototype: true }) },
    { weight: 1, arbitrary: fc.constantFrom(new ArrayBuffer(8), new DataView(new ArrayBuffer(8))) },
  );

  test.each(["vectors", "pictures"])("%s", async (kind) => {
    const classifier = kind === "vectors" ? vectors : pictures;
    const calls = ["classify", "classifyEach", "classifyMixed", "classifyWithConfidence"] as const;
    const property = fc.asyncProperty(images, fc.constantFrom(...calls), async (given, call) => {
      expectSound(await classifier[call](given as never).catch((error) => error));
    });
    await fc.assert(property, { numRuns: 300, seed: 15 });
  });

  test("a task of them", async () => {
    const label = fc.oneof(fc.string({ unit: "binary" }), number, fc.anything());
    const task = fc.record({ images, labels: fc.array(label, { maxLength: 4 }) });
    const before = await vectors.toFiles();
    const property = fc.asyncProperty(task, async (given) => {
      const found: unknown = await vectors.learn(given as never).catch((error) => error);
      if (found !== undefined) {
        expect(found).toBeInstanceOf(ItamlError);
        return;
      }
      const files = await vectors.toFiles();
      const loaded = await IncrementalClassifier.fromFiles(files, { threads: 1 });
      expect(loaded.tasks).toEqual(vectors.tasks);
      await Promise.all([vectors.release(), loaded.release()]);
      vectors = await IncrementalClassifier.fromFiles(before, { threads: 1 });
    });
    await fc.assert(property, { numRuns: 60, seed: 15 });
    expect(await vectors.toFiles()).toEqual(before);
  });
});

test("a classifier is saved nowhere that anything else would be lost", async () => {
  const classifier = await IncrementalClassifier.create({ inputShape: [2], inputType: "float32" });
  const folder = temporaryFolder();
  const at = (name: string) => join(folder, name);
  const saved = at("saved");
  mkdirSync(saved);
  await classifier.save(saved);
  writeFileSync(join(saved, ".DS_Store"), "");
  symlinkSync("saved", at("link"));
  await classifier.save(at("link"));
  expect(lstatSync(at("link")).isSymbolicLink()).toBe(true);
  expect(readdirSync(saved)).not.toContain(".DS_Store");
  await classifier.save(`${at("new")}/`);
  expect(readdirSync(at("new"))).toEqual(readdirSync(saved));
  rmSync(at("new"), { recursive: true });
  mkdirSync(at("precious.replaced"));
  writeFileSync(at("precious.replaced/thesis.txt"), "long");
  writeFileSync(at("note.txt"), "short");
  writeFileSync(join(saved, "model.onnx"), "exported");
  for (const [name, found] of [
    ["", "link"],
    ["saved", "model.onnx"],
    ["link", "model.onnx"],
    ["note.txt", "a file in the place of a folder"],
  ] as const) {
    await expect(classifier.save(at(name))).rejects.toMatchObject({
      code: "NOT_WRITABLE",
      problem: { found: expect.stringContaining(found) },
    });
  }
  await classifier.save(at("precious"));
  expect(readFileSync(at("precious.replaced/thesis.txt"), "utf8")).toBe("long");
  expect(readFileSync(at("note.txt"), "utf8")).toBe("short");
  expect(readFileSync(join(saved, "model.onnx"), "utf8")).toBe("exported");
  expect(readdirSync(folder).sort()).toEqual([
    "link",
    "note.txt",
    "precious",
    "precious.replaced",
    "saved",
  ]);
  await classifier.release();
});
