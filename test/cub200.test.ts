import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { basename, dirname, join, relative } from "node:path";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { ItamlError } from "../src/base/errors.js";
import { listCub200 } from "../src/data/cub200.js";
import { temporaryFolder } from "./support/folder.js";
import { sharedData } from "./support/shared.js";

/** Two classes, given out of order, with two training pictures and a test picture each. */
const MADE = {
  "classes.txt": "10 010.Owl\n2 002.Ani\n",
  "images.txt":
    "1 002.Ani/a.jpg\n2 002.Ani/b.jpg\n3 002.Ani/c.jpg\n" +
    "4 010.Owl/a.jpg\n5 010.Owl/b.jpg\n6 010.Owl/c.jpg\n",
  "image_class_labels.txt": "1 2\n2 2\n3 2\n4 10\n5 10\n6 10\n",
  "train_test_split.txt": "1 1\n2 0\n3 1\n4 0\n5 1\n6 1\n",
};
type FileName = keyof typeof MADE;

/** Writes the data set with some files changed. */
function writeCub(folder: string, changed: Partial<Record<FileName, string>> = {}): string {
  for (const name of ["002.Ani", "010.Owl"]) {
    mkdirSync(join(folder, "images", name), { recursive: true });
    for (const file of ["a.jpg", "b.jpg", "c.jpg"]) {
      writeFileSync(join(folder, "images", name, file), "");
    }
  }
  for (const [name, text] of Object.entries({ ...MADE, ...changed })) {
    writeFileSync(join(folder, name), text);
  }
  return folder;
}

const EXPECTED = {
  classes: ["002.Ani", "010.Owl"],
  train: ["002.Ani/a.jpg", "002.Ani/c.jpg", "010.Owl/b.jpg", "010.Owl/c.jpg"],
  test: ["002.Ani/b.jpg", "010.Owl/a.jpg"],
};

describe("CUB-200-2011", () => {
  test("is divided as its files say, with classes in the order of their numbers", async () => {
    const folder = writeCub(temporaryFolder());
    const { classes, train, test: testing } = await listCub200(folder);
    const inImages = (file: string) => relative(join(folder, "images"), file);
    expect(classes).toEqual(EXPECTED.classes);
    expect(train.files.map(inImages)).toEqual(EXPECTED.train);
    expect(testing.files.map(inImages)).toEqual(EXPECTED.test);
    expect([train.labels, testing.labels]).toEqual([
      [0, 0, 1, 1],
      [0, 1],
    ]);
  });

  test("reads the archive's folder inside the folder, and other line endings", async () => {
    const folder = temporaryFolder();
    const inside = join(folder, "CUB_200_2011");
    const crlf = Object.entries(MADE).map(([name, text]) => [name, text.replaceAll("\n", "\r\n")]);
    writeCub(inside, Object.fromEntries(crlf));
    expect(await listCub200(folder)).toEqual(await listCub200(writeCub(inside)));
  });

  test("takes the classes asked for, in their order", async () => {
    const folder = writeCub(temporaryFolder(), { "classes.txt": "2 002.Ani\n10 010.Owl\n3 X\n" });
    await expect(listCub200(folder)).rejects.toThrow(
      /classes\.txt, line 3: the class has no training images; found "X"/,
    );
    const { classes, train } = await listCub200(folder, { classes: ["010.Owl", "002.Ani"] });
    expect(classes).toEqual(["010.Owl", "002.Ani"]);
    expect(train.files.map((file) => basename(dirname(file)))[0]).toBe("010.Owl");
    await expect(listCub200(folder, { classes: ["010.Oll"] })).rejects.toThrow(
      /CONFIG_INVALID: .*Did you mean "010\.Owl"/,
    );
  });

  test.each<[string, FileName, (text: string) => string, RegExp]>([
    [
      "a malformed line",
      "images.txt",
      (text) => text.replace("2 ", "two "),
      /images\.txt, line 2: not "id value"; found "two 002\.Ani\/b\.jpg"/,
    ],
    [
      "an id twice",
      "image_class_labels.txt",
      (text) => text.replace("2 2", "1 2"),
      /image_class_labels\.txt, line 2: the id is there twice; found "1"/,
    ],
    [
      "a label of an unknown image",
      "image_class_labels.txt",
      (text) => `${text}\n7 2`,
      /image_class_labels\.txt, line 8: images\.txt has no image with this id; found "7"/,
    ],
    [
      "a part of an unknown image",
      "train_test_split.txt",
      (text) => `${text}7 1`,
      /train_test_split\.txt, line 7: images\.txt has no image with this id; found "7"/,
    ],
    [
      "an image without a class",
      "image_class_labels.txt",
      (text) => text.replace("3 2\n", ""),
      /images\.txt, line 3: the image has no class/,
    ],
    [
      "an image in no part",
      "train_test_split.txt",
      (text) => text.replace("3 1\n", ""),
      /images\.txt, line 3: the image is in neither part/,
    ],
    [
      "a class without a name",
      "image_class_labels.txt",
      (text) => text.replace("5 10", "5 11"),
      /image_class_labels\.txt, line 5: the class has no name in classes\.txt; found "11"/,
    ],
    [
      "a class that is no number",
      "image_class_labels.txt",
      (text) => text.replace("5 10", "5 10.5"),
      /image_class_labels\.txt, line 5: the class has no name/,
    ],
    [
      "another part",
      "train_test_split.txt",
      (text) => text.replace("2 0", "2 2"),
      /train_test_split\.txt, line 2: neither 0 \(test\) nor 1 \(training\); found "2"/,
    ],
    [
      "a class that is not tested",
      "train_test_split.txt",
      (text) => text.replace("2 0", "2 1"),
      /classes\.txt, line 2: the class has no test images; found "002\.Ani"/,
    ],
    [
      "a class's name twice",
      "classes.txt",
      (text) => text.replace("010.Owl", "002.Ani"),
      /classes\.txt, line 2: the name is there twice/,
    ],
    [
      "an image twice",
      "images.txt",
      (text) => text.replace("Owl/b", "Owl/a"),
      /images\.txt, line 5: the name is there twice; found "010\.Owl\/a\.jpg"/,
    ],
    [
      "a path upwards",
      "images.txt",
      (text) => text.replace("002.Ani/c", "002.Ani/../../c"),
      /images\.txt, line 3: the path leaves the folder images; found "002\.Ani\/\.\.\/\.\.\/c\.jpg"/,
    ],
    [
      "an absolute path",
      "images.txt",
      (text) => text.replace("002.Ani/c", "/002.Ani/c"),
      /images\.txt, line 3: the path leaves the folder images/,
    ],
    [
      "an image that isn't there",
      "images.txt",
      (text) => text.replace("002.Ani/c", "002.Ani/d"),
      /images\.txt, line 3: the image is not in the folder images; found "002\.Ani\/d\.jpg"/,
    ],
    [
      "a folder that isn't there",
      "images.txt",
      (text) => text.replace("002.Ani/c", "003.Auk/c"),
      /images\.txt, line 3: the image is not in the folder images/,
    ],
    ["an empty file", "classes.txt", () => "", /classes\.txt: the file is empty/],
  ])("%s", async (_, name, change, message) => {
    const folder = writeCub(temporaryFolder(), { [name]: change(MADE[name]) });
    await expect(listCub200(folder)).rejects.toThrow(message);
    await expect(listCub200(folder)).rejects.toThrow("ITAML_DATASET_INVALID");
  });

  test("says what is missing", async () => {
    const folder = writeCub(temporaryFolder());
    rmSync(join(folder, "train_test_split.txt"));
    rmSync(join(folder, "images"), { recursive: true });
    await expect(listCub200(folder)).rejects.toThrow(
      /DATASET_MISSING: .*expected train_test_split\.txt, images; .*itaml data fetch cub200 --data/,
    );
    await expect(listCub200(join(folder, "none"))).rejects.toThrow("found no such folder");
  });

  test("has no split", async () => {
    const folder = writeCub(temporaryFolder());
    const split = { testShare: 0.5 };
    await expect(listCub200(folder, { split })).rejects.toThrow("ITAML_CONFIG_INVALID");
  });

  test("mangled text files end in a typed error or in files that are there, each once", async () => {
    const folder = writeCub(temporaryFolder());
    const there = new Set([...EXPECTED.train, ...EXPECTED.test]);
    const names = Object.keys(MADE) as FileName[];
    const change = fc.record({
      name: fc.constantFrom(...names),
      at: fc.nat(110),
      remove: fc.nat(8),
      insert: fc.oneof(
        fc.constantFrom("", "0", "1", "2", " ", "\n", "\r", "../", "/", ".", "\0", "\uFEFF", "é"),
        fc.string({ maxLength: 4, unit: "binary" }),
      ),
    });
    let accepted = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(change, { maxLength: 3 }), async (changes) => {
        const texts: Record<FileName, string> = { ...MADE };
        for (const { name, at, remove, insert } of changes) {
          texts[name] = texts[name].slice(0, at) + insert + texts[name].slice(at + remove);
        }
        for (const name of names) writeFileSync(join(folder, name), texts[name]);
        try {
          const { classes, train, test: testing } = await listCub200(folder);
          const files = [...train.files, ...testing.files].map((file) =>
            relative(join(folder, "images"), file),
          );
          expect(new Set(files).size).toBe(files.length);
          expect(files.filter((file) => !there.has(file))).toEqual([]);
          expect(new Set(classes).size).toBe(classes.length);
          for (const part of [train, testing]) {
            expect(part.labels.length).toBe(part.files.length);
            const all = Array.from(classes, (_, label) => label);
            expect([...new Set(Array.from(part.labels))].sort()).toEqual(all);
          }
          accepted++;
        } catch (error) {
          expect(error).toBeInstanceOf(ItamlError);
          expect((error as ItamlError).code).toBe("DATASET_INVALID");
        }
      }),
      { numRuns: 500 },
    );
    expect(accepted).toBeGreaterThan(20);
  });

  test("the real sample has its classes", async (context) => {
    const folder = sharedData(context, "cub200");
    const { classes, train, test: testing } = await listCub200(folder);
    expect(classes[7]).toBe("008.Lazuli_Bunting");
    for (const { files, labels } of [train, testing]) {
      expect(files.length).toBe(120);
      const count = (label: number) => Array.from(labels).filter((one) => one === label).length;
      expect(classes.map((_, label) => count(label))).toEqual(Array(8).fill(15));
      files.forEach((file, i) => {
        expect(basename(dirname(file))).toBe(classes[labels[i] as number]);
      });
    }
  });
});
