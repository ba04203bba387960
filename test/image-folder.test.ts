import { mkdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { readClassList } from "../src/data/class-list.js";
import type { ImageFiles, LabelledFiles } from "../src/data/image-files.js";
import { listImageFolder } from "../src/data/image-folder.js";
import { listImageNet } from "../src/data/imagenet.js";
import { listMsCeleb } from "../src/data/msceleb.js";
import type { Split } from "../src/data/split.js";
import { temporaryFolder } from "./support/folder.js";
import { sharedPath } from "./support/shared.js";

/** Writes empty files. */
function folderOf(...files: string[]): string {
  const folder = temporaryFolder();
  for (const file of files) {
    mkdirSync(dirname(join(folder, file)), { recursive: true });
    writeFileSync(join(folder, file), "");
  }
  return folder;
}

/** The files of one class folder: CLASS/0.jpg, … */
function numbered(folder: string, count: number): string[] {
  return Array.from({ length: count }, (_, i) => `${folder}/${i}.jpg`);
}

/** The files as paths in the folder, with their labels. */
function listed(folder: string, { files, labels }: LabelledFiles) {
  expect(labels.length).toBe(files.length);
  return files.map((file, i) => [relative(folder, file), labels[i]]);
}

/** How many files of each class both parts have. */
function counts({ classes, train, test: testing }: ImageFiles): [number, number][] {
  const count = ({ labels }: LabelledFiles, label: number) =>
    Array.from(labels).filter((one) => one === label).length;
  return classes.map((_, label) => [count(train, label), count(testing, label)]);
}

describe("train/ and test/", () => {
  test("lists pictures, sorted, with their labels", async () => {
    const folder = folderOf(
      "train/b/2.png",
      "train/b/10.JPEG",
      "train/a/Z.webp",
      "train/a/a.tif",
      "train/a/.hidden.jpg",
      "train/a/notes.txt",
      "train/a/drawing.svg",
      "train/a/folder.jpg/inside.txt",
      "train/README.txt",
      "train/.cache/x.jpg",
      "test/a/1.avif",
      "test/b/1.gif",
      "LICENSE.txt",
    );
    const { classes, train, test: testing } = await listImageFolder(folder);
    expect(classes).toEqual(["a", "b"]);
    expect(listed(folder, train)).toEqual([
      ["train/a/Z.webp", 0],
      ["train/a/a.tif", 0],
      ["train/b/10.JPEG", 1],
      ["train/b/2.png", 1],
    ]);
    expect(listed(folder, testing)).toEqual([
      ["test/a/1.avif", 0],
      ["test/b/1.gif", 1],
    ]);
  });

  test("takes val/ for test/, and links", async () => {
    const folder = folderOf("train/a/1.jpg", "val/a/1.jpg", "elsewhere/1.jpg");
    for (const part of ["train", "val"]) {
      symlinkSync(join(folder, "elsewhere"), join(folder, part, "b"));
      symlinkSync(join(folder, "nowhere"), join(folder, part, "broken"));
    }
    symlinkSync(join(folder, "elsewhere/1.jpg"), join(folder, "train/a/2.jpg"));
    const files = await listImageFolder(folder);
    expect(files.classes).toEqual(["a", "b"]);
    expect(counts(files)).toEqual([
      [2, 1],
      [1, 1],
    ]);
  });

  test("takes the classes asked for, in their order", async () => {
    const folder = folderOf("train/a/1.jpg", "train/b/1.jpg", "train/c/1.jpg");
    for (const name of ["c", "a", "x"]) {
      mkdirSync(join(folder, "test", name), { recursive: true });
      writeFileSync(join(folder, "test", name, "1.jpg"), "");
    }
    const { classes, train } = await listImageFolder(folder, { classes: ["c", "a"] });
    expect(classes).toEqual(["c", "a"]);
    expect(listed(folder, train)).toEqual([
      ["train/c/1.jpg", 0],
      ["train/a/1.jpg", 1],
    ]);
  });

  const parts = ["train/cat/1.jpg", "train/dog/1.jpg", "test/cat/1.jpg", "test/dog/1.jpg"];
  test.each([
    ["an unknown class", ["cta"], 'there is no class "cta". Did you mean "cat"'],
    ["a class twice", ["cat", "dog", "cat"], 'class "cat" is chosen twice'],
    ["no class", [], "no class is chosen"],
  ])("choosing %s", async (_, classes, message) => {
    const folder = folderOf(...parts);
    await expect(listImageFolder(folder, { classes })).rejects.toThrow(message);
    await expect(listImageFolder(folder, { classes })).rejects.toThrow("ITAML_CONFIG_INVALID");
  });

  test.each([
    ["a class that is only tested", ["test/owl/1.jpg"], 'class "owl" has no training pictures'],
    ["a class that is only trained", ["train/owl/1.jpg"], 'class "owl" has no test pictures'],
    [
      "a class without pictures",
      ["train/owl/1.jpg", "test/owl/1.txt"],
      /owl: the class folder has no pictures; expected files of type jpg/,
    ],
  ])("%s", async (_, more, message) => {
    const folder = folderOf(...parts, ...more);
    await expect(listImageFolder(folder)).rejects.toThrow(message);
    await expect(listImageFolder(folder)).rejects.toThrow("ITAML_DATASET_INVALID");
  });

  test("can't be split again", async () => {
    const folder = folderOf(...parts);
    await expect(listImageFolder(folder, { split: { testShare: 0.5 } })).rejects.toThrow(
      /CONFIG_INVALID: .*found a split, and the folders train\/ and test\//,
    );
  });

  test("a part alone, no class, no folder", async () => {
    await expect(listImageFolder(folderOf("train/a/1.jpg"))).rejects.toThrow(
      /expected test\/ or val\/ beside train\/\. To have .*train as the folder/,
    );
    await expect(listImageFolder(folderOf("1.jpg"))).rejects.toThrow("a folder for each class");
    await expect(listImageFolder(join(folderOf(), "none"))).rejects.toThrow(
      /DATASET_MISSING: .*none: .*found no such folder/,
    );
  });
});

describe("a split", () => {
  const rest = fc.record({
    pictures: fc.array(fc.integer({ min: 2, max: 12 }), { minLength: 1, maxLength: 3 }),
    testShare: fc.double({ min: 0.01, max: 0.99, noNaN: true }),
  });

  test("has every picture once, in order, and each class on both sides", async () => {
    await fc.assert(
      fc.asyncProperty(rest, async ({ pictures, testShare }) => {
        const all = pictures.flatMap((count, i) => numbered(`class ${i}`, count));
        const folder = folderOf(...all);
        const files = await listImageFolder(folder, { split: { testShare } });
        const train = files.train.files.map((file) => relative(folder, file));
        const testing = files.test.files.map((file) => relative(folder, file));
        expect(train).toEqual([...train].sort());
        expect(testing).toEqual([...testing].sort());
        expect([...train, ...testing].sort()).toEqual(all.sort());
        for (const [i, [trained, tested]] of counts(files).entries()) {
          expect(Math.min(trained, tested)).toBeGreaterThan(0);
          const share = (pictures[i] as number) * testShare;
          expect(Math.abs(tested - share)).toBeLessThanOrEqual(1);
        }
        rmSync(folder, { recursive: true });
      }),
      { numRuns: 50 },
    );
  });

  test("is a fifth unless said otherwise, the same every time, and drawn for each class", async () => {
    const folder = folderOf(...numbered("a", 50), ...numbered("b", 50));
    const files = await listImageFolder(folder);
    expect(counts(files)).toEqual([
      [40, 10],
      [40, 10],
    ]);
    expect(await listImageFolder(folder)).toEqual(files);
    const tested = (label: number) =>
      files.test.files
        .filter((_, i) => files.test.labels[i] === label)
        .map((file) => relative(folder, file).slice(2));
    expect(tested(0)).not.toEqual(tested(1));
    const other = folderOf(...numbered("b", 50));
    const alone = await listImageFolder(other);
    expect(alone.test.files.map((file) => relative(other, file).slice(2))).toEqual(tested(1));
  });

  test("chooses numbers of pictures from large classes", async () => {
    const folder = folderOf(...numbered("a", 9), ...numbered("b", 10), ...numbered("c", 20));
    const files = await listImageFolder(folder, { split: { moreThan: 9, train: 6, test: 3 } });
    expect(files.classes).toEqual(["b", "c"]);
    expect(counts(files)).toEqual([
      [6, 3],
      [6, 3],
    ]);
    const chosen = [...files.train.files, ...files.test.files];
    expect(new Set(chosen).size).toBe(chosen.length);
  });

  test.each<[string, Split, string]>([
    ["nothing", { testShare: 0 }, "a testShare between 0 and 1"],
    ["everything", { testShare: 1 }, "a testShare between 0 and 1"],
    ["not a number", { testShare: Number.NaN }, "a testShare between 0 and 1"],
    ["too many", { moreThan: 8, train: 6, test: 4 }, "moreThan of at least 9"],
    ["none for testing", { moreThan: 9, train: 6, test: 0 }, "whole numbers"],
    ["half a picture", { moreThan: 9, train: 6.5, test: 2 }, "whole numbers"],
  ])("of %s", async (_, split, message) => {
    const folder = folderOf(...numbered("a", 20));
    await expect(listImageFolder(folder, { split })).rejects.toThrow(message);
    await expect(listImageFolder(folder, { split })).rejects.toThrow("ITAML_CONFIG_INVALID");
  });

  test("of classes that are too small", async () => {
    const folder = folderOf(...numbered("a", 5), ...numbered("b", 1));
    await expect(listImageFolder(folder)).rejects.toThrow(
      /DATASET_INVALID: .*class "b" is too small.*at least 2 pictures; found 1/,
    );
    const split = { moreThan: 9, train: 6, test: 4 };
    await expect(listImageFolder(folder, { split })).rejects.toThrow(
      /DATASET_INVALID: .*at least 10 pictures; found at most 5 in any class/,
    );
    const named = { classes: ["a"], split };
    await expect(listImageFolder(folder, named)).rejects.toThrow('class "a" is too small');
  });
});

describe("a list of classes", () => {
  const listOf = (text: string) => {
    const file = join(temporaryFolder(), "classes.txt");
    writeFileSync(file, text);
    return readClassList(file);
  };

  test("has the first word of each line", async () => {
    const text = "\uFEFFn01440764 tench\r\n\n# a comment\n  n01443537\tgoldfish, Carassius\nlast";
    expect(await listOf(text)).toEqual(["n01440764", "n01443537", "last"]);
  });

  test.each([
    [
      "a name twice",
      "n01440764\n\nb c\nn01440764 tench\n",
      /classes\.txt, line 4: class "n01440764" is listed twice/,
    ],
    ["an empty file", " \n", "the file is empty"],
    ["only comments", "# a\n", "the list has no classes"],
  ])("%s", async (_, text, message) => {
    await expect(listOf(text)).rejects.toThrow(message);
    await expect(listOf(text)).rejects.toThrow("ITAML_DATASET_INVALID");
  });

  test("no file", async () => {
    await expect(readClassList(join(temporaryFolder(), "none"))).rejects.toThrow("DATASET_MISSING");
  });
});

describe("ImageNet", () => {
  const made = ["train/n01440764/1.JPEG", "val/n01440764/1.JPEG"];

  test("what is missing can't be downloaded", async () => {
    const folder = folderOf("train/n01440764/1.JPEG");
    await expect(listImageNet(folder)).rejects.toThrow(
      /DATASET_MISSING: .*expected val\/WNID\/\*; .*can't download ImageNet.*image-net\.org.*Sort/,
    );
    await expect(listImageNet(join(folder, "none"))).rejects.toThrow("found no such folder");
  });

  test.each([
    [
      "unsorted validation pictures",
      ["val/ILSVRC2012_val_00000001.JPEG"],
      /not sorted by class.*found 1 directly in it\. Sort/,
    ],
    ["another training class", ["train/goldfish/1.jpg"], /train: not a class.*found "goldfish"/],
    ["another test class", ["val/n0144076/1.jpg"], /val: not a class.*found "n0144076"/],
  ])("%s", async (_, more, message) => {
    const folder = folderOf(...made, ...more);
    await expect(listImageNet(folder)).rejects.toThrow(message);
    await expect(listImageNet(folder)).rejects.toThrow("ITAML_DATASET_INVALID");
  });

  test("has no split", async () => {
    const split = { testShare: 0.5 };
    await expect(listImageNet(folderOf(...made), { split })).rejects.toThrow("CONFIG_INVALID");
  });

  test("the real sample has its classes", async (context) => {
    const folder = sharedPath("data", "imagenet-sample");
    if (!folder) return context.skip();
    const files = await listImageNet(folder);
    expect(files.classes[0]).toBe("n01443537");
    expect(counts(files)).toEqual(Array(20).fill([60, 10]));
    const classes = ["n01984695", "n01443537"];
    expect(counts(await listImageNet(folder, { classes }))).toEqual(Array(2).fill([60, 10]));
  });
});

describe("MS-Celeb", () => {
  test("takes 30 and 15 pictures of identities with more than 45", async () => {
    const folder = folderOf(...numbered("m.1", 45), ...numbered("m.2", 46), ...numbered("m.3", 60));
    const files = await listMsCeleb(folder);
    expect(files.classes).toEqual(["m.2", "m.3"]);
    expect(counts(files)).toEqual(Array(2).fill([30, 15]));
  });

  test("is not offered any more", async () => {
    await expect(listMsCeleb(join(temporaryFolder(), "none"))).rejects.toThrow(
      /DATASET_MISSING: .*withdrawn in 2019 and is not offered/,
    );
  });

  test("faces of the same layout", async (context) => {
    const folder = sharedPath("data", "faces");
    if (!folder) return context.skip();
    const files = await listMsCeleb(folder, { split: { moreThan: 9, train: 6, test: 4 } });
    expect(counts(files)).toEqual(Array(40).fill([6, 4]));
    await expect(listMsCeleb(folder)).rejects.toThrow("found at most 10 in any class");
  });
});
