import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import sharp from "sharp";
import { expect, test } from "vitest";
import { itaml, readEvents } from "./support/command-line.js";
import { temporaryFolder } from "./support/folder.js";
import { sharedData } from "./support/shared.js";

test.for<[data: string, config: string, changes: string[], classes: number]>([
  ["svhn-like", "svhn", ["epochs=2", "learner.memory=200"], 4],
  ["cifar100", "cifar100-10x10", ["epochs=1", "learner.memory=200", "classesPerTask=5"], 10],
  [
    "cub200",
    "cub200-20x10",
    ["epochs=2", "classesPerTask=4", "learner.memory=40", "batchSize=8"],
    8,
  ],
  ["imagenet-sample", "imagenet100", ["epochs=1", "learner.memory=100", "batchSize=32"], 20],
  [
    "faces",
    "msceleb",
    [
      ...["epochs=1", "split={moreThan: 9, train: 6, test: 4}", "classesPerTask=20"],
      ...["learner.memory=80", "batchSize=8"],
    ],
    40,
  ],
])(
  "two tasks of %s with the network and the pictures of %s",
  async ([data, config, changes, classes], context) => {
    const folder = sharedData(context, data);
    const run = join(temporaryFolder(), "run");
    const all = ["tasks=2", ...changes].flatMap((setting) => ["--set", setting]);
    const trained = await itaml(".", ["train", config, "--data", folder, ...all, "--out", run]);
    expect(trained).toMatchObject({ code: 0 });
    const { tasks, matrix } = JSON.parse(readFileSync(join(run, "results.json"), "utf8"));
    expect(tasks.flatMap((task: { classes: number[] }) => task.classes)).toHaveLength(classes);
    expect(matrix.continuum[1]).toHaveLength(2);

    const epochs = readEvents(run).filter(({ kind }) => kind === "epoch");
    if (config === "cifar100-10x10") {
      const memory = epochs.map(({ residentBytes }) => residentBytes as number);
      expect(Math.max(...memory)).toBeLessThan(3e9);
    }
    const evaluated = await itaml(".", ["evaluate", run, "--p", "1,5", "--json"]);
    expect(evaluated).toMatchObject({ code: 0 });
  },
);

test("100,000 JPEGs train in less memory than they have pixels", async () => {
  const folder = temporaryFolder();
  const pictures = await Promise.all(
    Array.from({ length: 100 }, (_, i) => {
      const background = { r: 25 * (i % 10), g: 2 * i, b: 255 - 2 * i };
      return sharp({ create: { width: 72, height: 64, channels: 3, background } })
        .jpeg()
        .toBuffer();
    }),
  );
  for (let label = 0; label < 10; label++) {
    for (const [part, count] of [
      ["train", 10_000],
      ["test", 20],
    ] as const) {
      const own = join(folder, "data", part, `class${label}`);
      mkdirSync(own, { recursive: true });
      for (let i = 0; i < count; i++) {
        const picture = pictures[10 * (i % 10) + label] as Buffer;
        writeFileSync(join(own, `${i}.jpg`), picture);
      }
    }
  }
  const run = join(folder, "run");
  const all = [
    ...["images={size: 56, resize: 64}", "network={name: mlp, hidden: [16]}", "classesPerTask=10"],
    ...["epochs=2", "learningRate=0.001", "learner.memory=100", "batchSize=128"],
  ].flatMap((setting) => ["--set", setting]);
  const data = join(folder, "data");
  const trained = await itaml(".", ["train", "folder", "--data", data, ...all, "--out", run]);
  expect(trained).toMatchObject({ code: 0 });
  const memory = readEvents(run)
    .filter(({ kind }) => kind === "epoch")
    .map(({ residentBytes }) => residentBytes as number);
  expect(memory).toHaveLength(2);
  // 100,000 decoded pictures of 72 × 64 are 1.4 GB, besides what the program has without them.
  expect(Math.max(...memory)).toBeLessThan(1e9);
});
