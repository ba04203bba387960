import { appendFileSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { formatConfig } from "../src/experiment/config.js";
import { formatResults } from "../src/experiment/results.js";
import { groupRuns, readRun, readRuns } from "../src/report/run-summary.js";
import { estimate, studentQuantile } from "../src/report/statistics.js";
import { temporaryFolder } from "./support/folder.js";
import { reportedRun } from "./support/reported-run.js";

/** A run directory as training leaves it, without models. */
function writeRun(folder: string, events: readonly object[]): string {
  const { config, results } = reportedRun();
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, "config.yaml"), formatConfig(config));
  writeFileSync(join(folder, "results.json"), formatResults(results));
  const lines = events.map((event) => `${JSON.stringify(event)}\n`);
  writeFileSync(join(folder, "events.jsonl"), lines.join(""));
  return folder;
}

const start = (firstTask: number, epoch?: number) => ({ kind: "start", firstTask, epoch });
const epoch = (task: number, number: number, loss: number) => ({
  ...{ kind: "epoch", task, epoch: number, loss, learningRate: 0.1, seconds: 1 },
});

const withBeta = (beta: number) => ({ name: "itaml", update: { name: "paper", beta } });

describe("reading a run", () => {
  test("epochs that were trained again are there once", async () => {
    const run = writeRun(join(temporaryFolder(), "first"), [
      ...[start(0), epoch(0, 0, 9), epoch(0, 1, 8), { kind: "stopped" }],
      ...[start(0, 1), epoch(0, 1, 7), epoch(1, 0, 6), { kind: "done" }],
      ...[start(1), epoch(1, 0, 5), { kind: "done" }],
    ]);
    const { title, epochs, finished, results } = await readRun(run);
    expect({ title, finished }).toEqual({ title: "first", finished: true });
    expect(epochs.map(({ loss }) => loss)).toEqual([9, 7, 5]);
    expect(results).toEqual(reportedRun().results);
  });

  test("a run under way may have half a last line", async () => {
    const run = writeRun(temporaryFolder(), [start(0), epoch(0, 0, 9)]);
    appendFileSync(join(run, "events.jsonl"), '{"kind":"epo');
    expect(await readRun(run)).toMatchObject({ finished: false, epochs: [{ loss: 9 }] });
    rmSync(join(run, "events.jsonl"));
    expect(await readRun(run)).toMatchObject({ finished: false, epochs: [] });
  });

  test("a damaged event is an error with its line", async () => {
    const run = writeRun(temporaryFolder(), [start(0), { ...epoch(0, 0, 9), loss: "low" }]);
    await expect(readRun(run)).rejects.toThrow(
      /ITAML_FILE_INVALID: .*events\.jsonl, line 2: not an event of a run/,
    );
  });

  test("all runs without results are named, and a run given twice is read once", async () => {
    const folder = temporaryFolder();
    const good = writeRun(join(folder, "good"), [start(0)]);
    const empty = ["a", "b"].map((name) => writeRun(join(folder, name), [start(0)]));
    for (const run of empty) rmSync(join(run, "results.json"));
    await expect(readRuns([good, ...empty])).rejects.toThrow(
      `ITAML_RUN_DIRECTORY: ${empty.join(", ")}: these runs have no results yet`,
    );
    await expect(readRun(empty[0] as string)).rejects.toThrow("the run has no results yet");
    expect(await readRuns([good, `${good}/`])).toHaveLength(1);
  });
});

describe("groups of runs", () => {
  const names = (...runs: Parameters<typeof groupRuns>[0]) =>
    groupRuns(runs).map(({ name, runs: own }) => [name, own.length]);

  test("seeds and machines make no other configuration", () => {
    expect(
      names(
        reportedRun({ seed: 1 }),
        reportedRun({ seed: 2, data: "elsewhere" }),
        reportedRun({ seed: 3, device: "cuda", threads: 8 }),
      ),
    ).toEqual([["itaml", 3]]);
  });

  test("among many, what is usual isn't said", () => {
    const adam = { name: "adam", beta1: 0.9, beta2: 0.999, epsilon: 1e-8 } as const;
    expect(
      names(
        reportedRun(),
        reportedRun({ learner: "replay" }),
        reportedRun({ learner: { name: "wa", memory: 3 } }),
        reportedRun({ learner: "icarl", optimizer: adam }),
      ),
    ).toEqual([
      ["itaml", 1],
      ["replay", 1],
      ["wa", 1],
      ["icarl, optimizer.name=adam", 1],
    ]);
  });

  test("names say what differs", () => {
    expect(names(reportedRun(), reportedRun({ learner: "finetuning" }))).toEqual([
      ["itaml", 1],
      ["finetuning", 1],
    ]);
    expect(
      names(
        reportedRun({ learner: withBeta(0.5), seed: 4 }),
        reportedRun({
          learner: { name: "itaml", adaptation: { name: "full", steps: 1 } },
          seed: 5,
        }),
        reportedRun({ learner: withBeta(0.5), seed: 5 }),
      ),
    ).toEqual([
      ["learner.update.beta=0.5, learner.adaptation.steps=none", 2],
      ["learner.update.beta=1, learner.adaptation.steps=1", 1],
    ]);
    const other = { dataset: "other", batchSize: 64 };
    expect(
      names(reportedRun(), reportedRun(other), reportedRun({ ...other, epochs: [1, 2] })),
    ).toEqual([
      ["made", 1],
      ["other, epochs=3", 1],
      ["other, epochs=[1,2]", 1],
    ]);
  });

  test("a seed again is no independent run", () => {
    expect(
      names(
        reportedRun({ seed: 1 }, { title: "cpu" }),
        reportedRun({ seed: 1, device: "cuda" }, { title: "gpu" }),
        reportedRun({ seed: 2 }, { title: "cpu-2" }),
      ),
    ).toEqual([
      ["itaml, cpu", 2],
      ["itaml, gpu", 1],
    ]);
  });
});

describe("statistics", () => {
  test("Student's t, against its printed table", () => {
    const table = { 1: 12.706, 2: 4.303, 3: 3.182, 4: 2.776, 9: 2.262, 30: 2.042, 120: 1.98 };
    for (const [degrees, quantile] of Object.entries(table)) {
      expect(studentQuantile(Number(degrees))).toBeCloseTo(quantile, 3);
    }
    expect(studentQuantile(5, 0.99)).toBeCloseTo(4.032, 3);
  });

  test("mean and interval, by hand", () => {
    // Deviations −1, 0, 1: s = 1, half-width 4.303 / √3.
    expect(estimate([97, 98, 99])).toEqual({ mean: 98, halfWidth: expect.closeTo(2.484, 3), n: 3 });
    expect(estimate([0.5])).toEqual({ mean: 0.5, halfWidth: undefined, n: 1 });
  });
});
