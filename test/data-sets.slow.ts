import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { itaml, readEvents } from "./support/command-line.js";
import { temporaryFolder } from "./support/folder.js";
import { sharedPath } from "./support/shared.js";

/** An epoch in which the first batches, which nothing prepares, don't count for much has this many. */
const STEADY_BATCHES = 8;

test.each<[data: string, config: string, changes: string[], classes: number]>([
  ["svhn-like", "svhn", ["epochs=2", "memory=200"], 4],
  ["cifar100", "cifar100-10x10", ["epochs=1", "memory=200", "classesPerTask=5"], 10],
  ["cub200", "cub200-20x10", ["epochs=2", "classesPerTask=4", "memory=40", "batchSize=8"], 8],
  ["imagenet-sample", "imagenet100", ["epochs=1", "memory=100", "batchSize=32"], 20],
  [
    "faces",
    "msceleb",
    [
      ...["epochs=1", "split={moreThan: 9, train: 6, test: 4}", "classesPerTask=20"],
      ...["memory=80", "batchSize=8"],
    ],
    40,
  ],
])(
  "two tasks of %s with the network and the pictures of %s",
  async (data, config, changes, classes) => {
    const folder = sharedPath("data", data);
    if (!folder) return;
    const run = join(temporaryFolder(), "run");
    const all = ["tasks=2", ...changes].flatMap((setting) => ["--set", setting]);
    const trained = await itaml(".", ["train", config, "--data", folder, ...all, "--out", run]);
    expect(trained).toMatchObject({ code: 0 });
    const { tasks, matrix } = JSON.parse(readFileSync(join(run, "results.json"), "utf8"));
    expect(tasks.flatMap((task: { classes: number[] }) => task.classes)).toHaveLength(classes);
    expect(matrix.continuum[1]).toHaveLength(2);

    const config_ = readFileSync(join(run, "config.yaml"), "utf8");
    const batchSize = Number(/^batchSize: (\d+)$/m.exec(config_)?.[1]);
    const epochs = readEvents(run).filter(({ kind }) => kind === "epoch") as Record<
      string,
      number
    >[];
    const steady = epochs.filter(
      ({ samplesPerSecond, seconds }) =>
        ((samplesPerSecond as number) * (seconds as number)) / batchSize >= STEADY_BATCHES,
    );
    for (const { seconds, dataSeconds } of steady) {
      expect((dataSeconds as number) / (seconds as number)).toBeLessThan(0.05);
    }
    const evaluated = await itaml(".", ["evaluate", run, "--p", "1,5", "--json"]);
    expect(evaluated).toMatchObject({ code: 0 });
  },
);
