import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import sharp from "sharp";
import { describe, expect, test } from "vitest";
import { itaml, itamlHere, readEvents } from "./support/command-line.js";
import { temporaryFolder } from "./support/folder.js";
import { writeImageNetwork } from "./support/image-network.js";
import { writePictureFolder } from "./support/pictures.js";
import { sharedData } from "./support/shared.js";

const settings = (...all: string[]) => all.flatMap((setting) => ["--set", setting]);

// With the networks and picture sizes of the configurations: data-sets.slow.ts.
describe("two tasks of each data set with a small network", () => {
  // Convolutions on samples from arrays and on pictures from files; of the others it is the data that differ.
  const convolutions = "network={name: reduced-resnet18, widths: [4, 6, 8, 10]}";
  const layers = "network={name: mlp, hidden: [16]}";
  const images = ["images.size=32", "images.resize=36"];

  test.for<[data: string, config: string, changes: string[], classes: number]>([
    ["svhn-like", "svhn", [convolutions, "learner.memory=100"], 4],
    ["cifar100", "cifar100-10x10", [layers, "classesPerTask=4", "learner.memory=40"], 8],
    [
      "cub200",
      "cub200-20x10",
      [convolutions, ...images, "classesPerTask=4", "learner.memory=40"],
      8,
    ],
    [
      "imagenet-sample",
      "imagenet100",
      [layers, ...images, "images.testResize=34", "classesPerTask=6", "learner.memory=60"],
      12,
    ],
    [
      "faces",
      "msceleb",
      [
        layers,
        "images.size=32",
        "split={moreThan: 9, train: 6, test: 4}",
        "classesPerTask=8",
        "learner.memory=40",
      ],
      16,
    ],
  ])("%s", async ([data, config, changes, classes], context) => {
    const folder = sharedData(context, data);
    const run = join(temporaryFolder(), "run");
    const all = settings("tasks=2", "epochs=1", "threads=1", ...changes);
    const trained = await itamlHere(".", ["train", config, "--data", folder, ...all, "--out", run]);
    expect(trained).toMatchObject({ code: 0 });
    const results = JSON.parse(readFileSync(join(run, "results.json"), "utf8"));
    expect(results.tasks).toHaveLength(2);
    expect(results.tasks.flatMap((task: { classes: number[] }) => task.classes)).toHaveLength(
      classes,
    );
    expect(results.top).toBe(["imagenet100", "msceleb"].includes(config) ? 5 : undefined);
    const epochs = readEvents(run).filter(({ kind }) => kind === "epoch");
    expect(epochs).toHaveLength(2);
    for (const { seconds, dataSeconds, loss } of epochs as Record<string, number>[]) {
      expect(dataSeconds).toBeGreaterThanOrEqual(0);
      expect(dataSeconds).toBeLessThan(seconds as number);
      expect(Number.isFinite(loss)).toBe(true);
    }
    const evaluated = await itamlHere(".", ["evaluate", run, "--p", "1,5", "--json"]);
    expect(evaluated).toMatchObject({ code: 0 });
    const { sweep } = JSON.parse(evaluated.stdout);
    expect(sweep[0].testSamples).toBe(results.tasks[1].testSamples);
  });
});

describe("pictures of one's own", () => {
  const changes = settings(
    ...["images={size: 16, resize: 18}", "network.widths=[4,4,6,8]", "epochs=6", "batchSize=16"],
    ...["learner.memory=24", "augmentation.crop=resized", "threads=1"],
  );

  test("train, again from a task on, classify, export, check", async () => {
    const folder = temporaryFolder();
    await writePictureFolder(join(folder, "data"), { train: 12, test: 5 });
    writeFileSync(join(folder, "data/train/class0/x.bmp"), "BM");
    const train = ["train", "folder", "--data", "data", ...changes];
    const trained = await itaml(folder, [...train, "--out", "run"]);
    expect(trained).toMatchObject({ code: 0 });
    const note = "left out: 1 file of type .bmp, such as train/class0/x.bmp";
    expect(trained.stderr).toContain(note);
    expect(trained.stderr).toContain("fitted to 48 training pictures: continuum 5\n");
    const written = readFileSync(join(folder, "run/config.yaml"), "utf8");
    expect(written).toContain("continuum: 5");
    expect(written).not.toContain("auto");
    expect(readEvents(join(folder, "run"))).toContainEqual(
      expect.objectContaining({ kind: "note", message: note }),
    );

    const results = () =>
      readFileSync(join(folder, "run/results.json"), "utf8").replace(
        /"(train|adapt|evaluate)": [\d.e-]+/g,
        "",
      );
    const straight = results();
    const again = await itamlHere(folder, ["train", "--from-task", "2", "--out", "run"]);
    expect(again).toMatchObject({ code: 0 });
    expect(results()).toBe(straight);

    const pictures = [0, 1, 2].map((i) => `data/test/class2/00${i}.jpg`);
    const classified = await itamlHere(folder, ["classify", "run", ...pictures, "--json"]);
    expect(classified).toMatchObject({ code: 0 });
    const { images } = JSON.parse(classified.stdout);
    expect(images.map(({ image }: { image: string }) => image)).toEqual(pictures);
    for (const { label } of images) expect(label).toMatch(/^class[0-3]$/);

    const [one] = pictures;
    const inside = await itamlHere(folder, ["classify", "run", "data/train/class0", "--each"]);
    expect(inside.stdout.split("\n")).toHaveLength(12 + 1);
    expect(inside.stdout).toMatch(/^data\/train\/class0\/000\.jpg: class\d \(\d+\.\d\d %\)\n/);
    expect(inside.stderr).toContain("left out: 1 file of type .bmp, such as x.bmp");
    const each = await itamlHere(folder, ["classify", "run", one as string, "--each", "--json"]);
    expect(JSON.parse(each.stdout).images[0].confidence).toBeGreaterThan(0.25);
    const outer = await itamlHere(folder, ["classify", "run", "data/train"]);
    expect(outer.stderr).toMatch(/no pictures in the folder; .*found 48 in a folder/);

    expect(await itamlHere(folder, ["export", "run", "m.onnx"])).toMatchObject({ code: 0 });
    expect(existsSync(join(folder, "m.onnx"))).toBe(true);
    const checked = await itamlHere(folder, ["data", "check", "folder", "--data", "data"]);
    expect(checked).toMatchObject({ code: 0 });
    expect(checked.stdout).toContain("all 68 pictures can be read");
  });

  test("with a broken one: an error, or training goes on without it", async () => {
    const folder = temporaryFolder();
    await writePictureFolder(join(folder, "data"), { train: 12, test: 5 });
    const broken = join("data", "train", "class1", "003.jpg");
    writeFileSync(join(folder, broken), readFileSync(join(folder, broken)).subarray(0, 300));
    writeFileSync(join(folder, "data/test/class0/004.jpg"), "no picture");
    const train = ["train", "folder", "--data", "data", ...changes];

    const strict = await itamlHere(folder, [...train, "--out", "strict"]);
    expect(strict.code).toBe(1);
    expect(strict.stderr).toContain("ITAML_IMAGE_INVALID");
    expect(strict.stderr).toContain(broken);

    const skip = settings("images.broken=skip", "tasks=1");
    const lenient = await itamlHere(folder, [...train, ...skip, "--out", "lenient"]);
    expect(lenient).toMatchObject({ code: 0 });
    expect(lenient.stderr).toContain("task 1: 1 training picture can't be read and is left out");
    const epochs = readEvents(join(folder, "lenient")).filter(({ kind }) => kind === "epoch");
    expect(epochs.map(({ unreadable }) => unreadable)).toEqual(Array(6).fill(1));
    const results = JSON.parse(readFileSync(join(folder, "lenient/results.json"), "utf8"));
    expect(results.tasks[0].testSamples).toBe(9);
    const evaluated = await itamlHere(folder, ["evaluate", "lenient", "--p", "1"]);
    expect(evaluated.stdout).toContain("after task 1, 9 test samples,");

    const checked = await itamlHere(folder, ["data", "check", "folder", "--data", "data"]);
    expect(checked.code).toBe(1);
    expect(checked.stdout).toContain("003.jpg: ");
    expect(checked.stderr).toContain("found 2 broken ones among 68");
  });
});

test("a configuration is found by its name, or by the beginning of it", async () => {
  const several = await itamlHere(".", ["train", "cifar100"]);
  expect(several.code).toBe(2);
  expect(several.stderr).toContain(
    "one of cifar100-10x10, cifar100-10x10-best, cifar100-20x5, cifar100-5x20",
  );
  const near = await itamlHere(".", ["train", "imagenet10k"]);
  expect(near.stderr).toContain('Did you mean "imagenet100"');
  const missing = await itamlHere(temporaryFolder(), ["train", "cub200-20x10"]);
  expect(missing.code).toBe(1);
  expect(missing.stderr).toContain("ITAML_DATASET_MISSING");
});

test("data check says what training would refuse, all of it, and writes a contact sheet", async () => {
  const folder = temporaryFolder();
  await writePictureFolder(join(folder, "data"), { train: 12, test: 2 });
  // Left to itself the size of a continuum fits.
  const fitting = await itamlHere(folder, ["data", "check", "folder", "--data", "data"]);
  expect(fitting).toMatchObject({ code: 0 });
  expect(fitting.stdout).toMatch(
    /^trains a network from nothing; .*\n[\s\S]*^fitted to 48 training pictures: images\.size 32, .*continuum 4\n/m,
  );
  const own = (continuum: number, memory: number) => {
    const text = readFileSync(join(import.meta.dirname, "../configs/folder.yaml"), "utf8");
    const changed = text
      .replace("continuum: auto", `continuum: ${continuum}`)
      .replace("memory: 2000", `memory: ${memory}`);
    writeFileSync(join(folder, "my.yaml"), changed);
  };
  own(5, 2000);
  const check = ["data", "check", "my.yaml", "--data", "data", "--sheet", "sheet.png"];
  const checked = await itamlHere(folder, check);
  const refusal = "continuum: a continuum is larger than a task's test set; expected at most 4";
  expect(checked.code).toBe(2);
  expect(checked.stderr).toContain(refusal);
  expect(checked.stdout).toMatch(/size +24 × \d+ at least/);
  expect(existsSync(join(folder, "sheet.png"))).toBe(true);
  const trained = await itamlHere(folder, ["train", "my.yaml", "--data", "data", "--out", "run"]);
  expect(trained.stderr).toContain(refusal);
  own(4, 3);
  writeFileSync(join(folder, "data/train/class2/000.jpg"), "no picture");
  const all = await itamlHere(folder, ["data", "check", "my.yaml", "--data", "data"]);
  expect(all.stderr).toContain("2 problems");
  expect(all.stderr).toContain("found 1 broken ones among 56");
  expect(all.stderr).toContain("memory: the exemplar memory has no room for every class");
});

test.each([
  ["pictures", { size: 8, testResize: 16 }],
  ["features", { testResize: 16 }],
])("a contact sheet of %s is cropped as tests see them", async (of, images) => {
  const folder = temporaryFolder();
  const at = (...path: string[]) => join(folder, ...path);
  const square = (side: number, background: string) =>
    sharp({ create: { width: side, height: side, channels: 3, background } }).png();
  const middle = await square(40, "orange").toBuffer();
  const framed = await square(64, "blue")
    .composite([{ input: middle }])
    .toBuffer();
  for (const [part, count] of Object.entries({ train: 4, test: 2 })) {
    for (const name of ["a", "b"]) {
      mkdirSync(at(part, name), { recursive: true });
      for (let i = 0; i < count; i++) writeFileSync(at(part, name, `${i}.png`), framed);
    }
  }
  writeImageNetwork(at("network.onnx"), { size: 8 });
  const features = of === "features" && { features: at("network.onnx") };
  const config = { dataset: "folder", classesPerTask: 2, continuum: 2, learner: "ridge", images };
  writeFileSync(at("my.yaml"), JSON.stringify({ ...config, ...features }));
  const check = ["data", "check", "my.yaml", "--data", ".", "--sheet", "sheet.png"];
  expect(await itamlHere(folder, check)).toMatchObject({ code: 0 });
  const corner = { left: 180 + 2, top: 24 + 2, width: 1, height: 1 };
  const pixel = await sharp(at("sheet.png")).extract(corner).raw().toBuffer();
  expect([...pixel.subarray(0, 3)]).toEqual([255, 165, 0]);
});

test("data check looks at pictures whose features' network isn't here yet", async () => {
  const folder = temporaryFolder();
  await writePictureFolder(join(folder, "data"), { train: 12, test: 6 });
  const check = ["data", "check", "folder-features", "--data", "data"];
  const checked = await itamlHere(folder, check);
  expect(checked).toMatchObject({ code: 0 });
  expect(checked.stderr).toMatch(/^warning: ITAML_WEIGHTS_MISSING: .*too narrow for it\.\n$/);
  expect(checked.stdout).toContain("folder: good");
});

test("top-5 of tasks with five classes is refused", async () => {
  const folder = temporaryFolder();
  await writePictureFolder(join(folder, "data"), { train: 3, test: 5 });
  const top = await itamlHere(folder, ["train", "folder", "--data", "data", "--set", "top=2"]);
  expect(top.code).toBe(2);
  expect(top.stderr).toContain("top is no measure for tasks as small as these");
});
