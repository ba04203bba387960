import { execFileSync } from "node:child_process";
import { mkdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { findDataset } from "../src/data/catalog.js";
import { readClassList } from "../src/data/class-list.js";
import type { ImageFiles, LabelledFiles } from "../src/data/image-files.js";
import { listImageFolder } from "../src/data/image-folder.js";
import { listImageNet } from "../src/data/imagenet.js";
import { leftOutNotes } from "../src/data/left-out.js";
import { loadDataset } from "../src/data/load-dataset.js";
import { listMsCeleb } from "../src/data/msceleb.js";
import { divide, type Split } from "../src/data/split.js";
import { temporaryFolder } from "./support/folder.js";
import { needs } from "./support/needs.js";
import { writePictureFolder } from "./support/pictures.js";
import { sharedData } from "./support/shared.js";

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
      "train/a/folder.jpg/inside.png",
      "train/README.txt",
      "train/.cache/x.jpg",
      "test/a/1.avif",
      "test/b/1.gif",
      "LICENSE.txt",
    );
    const { classes, train, test: testing, leftOut } = await listImageFolder(folder);
    expect(leftOutNotes(leftOut, folder)).toEqual([
      "left out: 1 file in a folder within a class's, such as train/a/folder.jpg/inside.png",
      "left out: 1 file of type .svg, such as train/a/drawing.svg",
      "left out: 1 file of type .txt, such as train/a/notes.txt",
    ]);
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
    ["an unknown class", ["cta"], 'there is no class "cta". Did you mean "cat"?'],
    ["a class twice", ["cat", "dog", "cat"], 'class "cat" is chosen twice'],
    ["no class", [], "no class is chosen"],
  ])("choosing %s", async (_, classes, message) => {
    const folder = folderOf(...parts);
    await expect(listImageFolder(folder, { classes })).rejects.toThrow(message);
    await expect(listImageFolder(folder, { classes })).rejects.toThrow("ITAML_CONFIG_INVALID");
  });

  test.each([
    ["a class that is only tested", ["test/owl/1.jpg"], 'no training pictures of class "owl"'],
    ["a class that is only trained", ["train/owl/1.jpg"], 'no test pictures of class "owl"'],
    [
      "a class without pictures",
      ["train/owl/1.jpg", "test/owl/1.txt"],
      /test: no pictures in class "owl"; expected JPEG, .*; found 1 of type \.txt/,
    ],
    [
      "a class whose pictures are one folder deeper",
      ["train/owl/1.jpg", "test/owl/more/1.jpg", "test/owl/more/2.jpg"],
      /no pictures in class "owl".*found 2 in a folder within a class's/,
    ],
    [
      "all of them",
      [
        "test/owl/1.jpg",
        "train/wren/1.jpg",
        "train/kite/1.jpg",
        "train/bat/1.txt",
        "test/bat/1.jpg",
      ],
      /DATASET_INVALID: 3 problems; found \n- .*no test pictures of classes "kite", "wren".*\n- .*no training pictures of class "owl".*\n- .*no pictures in class "bat"/,
    ],
  ])("%s", async (_, more, message) => {
    const folder = folderOf(...parts, ...more);
    await expect(listImageFolder(folder)).rejects.toThrow(message);
    await expect(listImageFolder(folder)).rejects.toThrow("ITAML_DATASET_INVALID");
  });

  test.each([
    ["train", "valid"],
    ["train", "validation"],
    ["Train", "Test"],
    ["TRAINING", "testing"],
  ])("may be called %s/ and %s/", async (train, testing) => {
    const folder = folderOf(`${train}/a/1.jpg`, `${train}/b/1.jpg`, `${testing}/a/1.jpg`);
    mkdirSync(join(folder, testing, "b"));
    writeFileSync(join(folder, testing, "b/1.jpg"), "");
    expect(counts(await listImageFolder(folder))).toEqual([
      [1, 1],
      [1, 1],
    ]);
  });

  test("leave out another part beside them, and say so", async () => {
    const folder = folderOf(...parts, "val/cat/1.jpg", "val/cat/2.jpg", "lonely.jpg");
    const { classes, leftOut } = await listImageFolder(folder);
    expect(classes).toEqual(["cat", "dog"]);
    expect(leftOutNotes(leftOut, folder)).toEqual([
      "left out: 2 files beside train/ and test/, such as val/cat/1.jpg",
    ]);
  });

  test("can't be split again", async () => {
    const folder = folderOf(...parts);
    await expect(listImageFolder(folder, { split: { testShare: 0.5 } })).rejects.toThrow(
      /CONFIG_INVALID: .*found a split, and the folders train\/ and test\//,
    );
  });

  test("a part alone, no class, no folder", async () => {
    await expect(listImageFolder(folderOf("train/a/1.jpg"))).rejects.toThrow(
      /expected test\/, testing\/, val\/, valid\/ or validation\/ beside train\/; found train\/\. To have .*: --data .*train$/,
    );
    await expect(listImageFolder(folderOf("1.jpg"))).rejects.toThrow("a folder for each class");
    await expect(listImageFolder(join(folderOf(), "none"))).rejects.toThrow(
      /DATASET_MISSING: .*none: .*found nothing of that name/,
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
        for (const [trained, tested] of counts(files)) {
          expect(Math.min(trained, tested)).toBeGreaterThan(0);
        }
        rmSync(folder, { recursive: true });
      }),
      { numRuns: 50 },
    );
  });

  const names = fc.uniqueArray(fc.string({ unit: "grapheme", minLength: 1, maxLength: 8 }), {
    minLength: 20,
    maxLength: 60,
    selector: (name) => name.normalize("NFC"),
  });

  test("moves no picture from training to testing when others are added", () => {
    const split = fc.oneof(
      fc.record({ testShare: fc.double({ min: 0.05, max: 0.5, noNaN: true }) }),
      fc.constant({ moreThan: 9, train: 6, test: 4 }),
    );
    fc.assert(
      fc.property(names, fc.integer({ min: 10, max: 19 }), split, (all, count, how) => {
        const before = divide("class", all.slice(0, count).sort(), how);
        // What chance alone would have left nothing for isn't meant.
        fc.pre(before.train.length > 1);
        const after = divide("class", [...all].sort(), how);
        const moved = before.train.filter((name) => after.test.includes(name));
        expect(moved).toEqual([]);
      }),
      { numRuns: 500 },
    );
  });

  test("is that of the same names in decomposed Unicode", () => {
    const composed = Array.from({ length: 40 }, (_, i) => `caf\u00e9 ${i}`);
    const decomposed = composed.map((name) => name.normalize("NFD"));
    const { test: tested } = divide("class", composed, { testShare: 0.3 });
    const again = divide("class", decomposed, { testShare: 0.3 });
    expect(again.test.map((name) => name.normalize("NFC"))).toEqual(tested);
  });

  test("is about a fifth unless said otherwise, the same every time, and drawn for each class", async () => {
    const folder = folderOf(...numbered("a", 500), ...numbered("b", 500));
    const files = await listImageFolder(folder);
    for (const [trained, tested] of counts(files)) {
      expect(trained + tested).toBe(500);
      // Five standard deviations.
      expect(Math.abs(tested - 100)).toBeLessThan(45);
    }
    expect(await listImageFolder(folder)).toEqual(files);
    const tested = (label: number) =>
      files.test.files
        .filter((_, i) => files.test.labels[i] === label)
        .map((file) => relative(folder, file).slice(2));
    expect(tested(0)).not.toEqual(tested(1));
    const other = folderOf(...numbered("b", 500));
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
    expect(leftOutNotes(files.leftOut, folder)).toEqual([
      expect.stringMatching(
        /^left out: 12 files beyond the numbers of the split, such as [bc]\/\d+/,
      ),
      "left out: 9 files in a class of fewer than 10, such as a/0.jpg",
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
    const { classes, leftOut } = await listImageFolder(folder);
    expect(classes).toEqual(["a"]);
    expect(leftOutNotes(leftOut, folder)).toEqual([
      "left out: 1 file in a class of fewer than 2, such as b/0.jpg",
    ]);
    await expect(listImageFolder(folder, { classes: ["a", "b"] })).rejects.toThrow(
      /DATASET_INVALID: .*too few pictures for the split in class "b"; expected at least 2; found 1/,
    );
    const split = { moreThan: 9, train: 6, test: 4 };
    await expect(listImageFolder(folder, { split })).rejects.toThrow(
      /DATASET_INVALID: .*at least 10 pictures; found at most 5 in any class/,
    );
    const named = { classes: ["a"], split };
    await expect(listImageFolder(folder, named)).rejects.toThrow(
      'too few pictures for the split in class "a"',
    );
  });
});

describe("files beside the pictures", () => {
  const kinds = ["bmp", "BMP", "ppm", "heic", "jpg.txt"];

  test("are counted by their type, and what is decoded is read", async () => {
    const read = ["1.jfif", "2.jpe", "3.JPG", "4"];
    const folder = folderOf(
      ...[...read, "unnamed", ...kinds.map((kind, i) => `x${i}.${kind}`)].map(
        (name) => `a/${name}`,
      ),
      ...numbered("b", 2),
      ...["c.jpg", ".DS_Store", "__MACOSX/a/._1.jpg", "@eaDir/1.jpg", "a/Thumbs.db", "a/._1.jpg"],
    );
    writeFileSync(join(folder, "a/4"), Buffer.from("\x89PNG\r\n\x1a\n", "latin1"));
    const { classes, train, test: testing, leftOut } = await listImageFolder(folder);
    expect(classes).toEqual(["a", "b"]);
    const all = [...train.files, ...testing.files].map((file) => relative(folder, file)).sort();
    expect(all).toEqual([...read.map((name) => `a/${name}`), "b/0.jpg", "b/1.jpg"]);
    expect(leftOutNotes(leftOut, folder).sort()).toEqual([
      "left out: 1 file in no class's folder, such as c.jpg",
      "left out: 1 file of type .heic, such as a/x3.heic",
      "left out: 1 file of type .ppm, such as a/x2.ppm",
      "left out: 1 file of type .txt, such as a/x4.jpg.txt",
      "left out: 1 file without extension that is no picture, such as a/unnamed",
      "left out: 2 files of type .bmp, such as a/x0.bmp",
    ]);
  });

  test("may be pipes, which aren't waited for", async (context) => {
    needs(context, "POSIX", process.platform !== "win32");
    const folder = folderOf(...numbered("a", 3));
    execFileSync("mkfifo", [join(folder, "a/pipe")]);
    expect((await listImageFolder(folder)).leftOut).toMatchObject([{ count: 1 }]);
  });
});

describe("a list of classes", () => {
  const listOf = (text: string | Uint8Array) => {
    const file = join(temporaryFolder(), "classes.txt");
    writeFileSync(file, text);
    return readClassList(file);
  };

  test("has the first word of each line", async () => {
    const text =
      "\uFEFFn01440764 tench\r\n\n# a comment\n#\n  n01443537\tgoldfish, Carassius\n#1 fan\nlast";
    expect(await listOf(text)).toEqual(["n01440764", "n01443537", "#1 fan", "last"]);
  });

  test("is UTF-8, or UTF-16 of either order", async () => {
    const text = Buffer.from("\uFEFFcaf\u00e9\r\ntea\r\n", "utf16le");
    expect(await listOf(text)).toEqual(["caf\u00e9", "tea"]);
    expect(await listOf(Buffer.from(text).swap16())).toEqual(["caf\u00e9", "tea"]);
    await expect(listOf(Buffer.from("caf\u00e9", "latin1"))).rejects.toThrow(
      /DATASET_INVALID: .*another encoding; expected UTF-8/,
    );
  });

  test("finds classes whichever way their names are composed", async () => {
    const nfd = "cafe\u0301";
    const folder = folderOf(...numbered(nfd, 4), ...numbered("tea", 4));
    const classes = await listOf(`tea\ncaf\u00e9\n`);
    const files = await listImageFolder(folder, { classes });
    expect(files.classes).toEqual(["tea", "caf\u00e9"]);
    expect((await listImageFolder(folder)).classes).toEqual(["caf\u00e9", "tea"]);
    expect(await listOf(`${nfd}\n`)).toEqual(["caf\u00e9"]);
    await expect(listOf(`caf\u00e9\n${nfd}\n`)).rejects.toThrow("is listed twice");
    mkdirSync(join(folder, "caf\u00e9"));
    await expect(listImageFolder(folder)).rejects.toThrow("two folders are class");
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
    const folder = sharedData(context, "imagenet-sample");
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
    const folder = sharedData(context, "faces");
    const files = await listMsCeleb(folder, { split: { moreThan: 9, train: 6, test: 4 } });
    expect(counts(files)).toEqual(Array(40).fill([6, 4]));
    await expect(listMsCeleb(folder)).rejects.toThrow("found at most 10 in any class");
  });
});

test("a crop larger than what pictures are scaled to is refused, in training or in tests", async () => {
  const folder = temporaryFolder();
  await writePictureFolder(folder, { train: 2, test: 1 });
  const load = (images: object) =>
    loadDataset(findDataset("folder"), folder, {
      ...{ augmentation: {}, seed: 1 },
      images: { broken: "error", size: 16, ...images },
    });
  for (const images of [{ resize: 15 }, { testResize: 15 }, { resize: 20, testResize: 15 }]) {
    await expect(load(images)).rejects.toMatchObject({
      code: "CONFIG_INVALID",
      problem: { where: "images", found: "15" },
    });
  }
  for (const images of [{}, { resize: 18 }, { resize: 18, testResize: 16 }]) await load(images);
});
