import { appendFileSync, mkdirSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { formatConfig } from "../src/experiment/config.js";
import { builtInParts } from "../src/experiment/parts.js";
import { formatResults } from "../src/experiment/results.js";
import { groupRuns } from "../src/report/groups.js";
import { findRuns, readRun } from "../src/report/runs.js";
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
      ...[start(0), epoch(0, 0, 9), epoch(0, 1, 8), { kind: "stopped", message: "killed" }],
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

  test("a directory of runs stands for them; what is none is left out, and said", async () => {
    const folder = temporaryFolder();
    const good = writeRun(join(folder, "good"), [start(0)]);
    const inside = writeRun(join(folder, "sweep/a"), [start(0)]);
    writeFileSync(join(folder, "sweep/report.html"), "");
    writeFileSync(join(folder, "report.html"), "");
    const empty = writeRun(join(folder, "empty"), [start(0)]);
    rmSync(join(empty, "results.json"));
    const all = readdirSync(folder).map((name) => join(folder, name));
    const { runs, leftOut } = await findRuns([...all, `${good}/`]);
    expect(runs.map(({ path }) => path)).toEqual([good, inside]);
    expect(leftOut).toEqual([
      `${folder}/report.html: no run, nor a directory of runs`,
      `${empty}: no finished task yet`,
    ]);
    await expect(findRuns([empty])).rejects.toThrow(
      `ITAML_RUN_DIRECTORY: ${empty}: there is no run with results here`,
    );
    await expect(readRun(empty)).rejects.toThrow("the run has no results yet");
    const misspelt = findRuns([good, join(folder, "goof")]);
    await expect(misspelt).rejects.toThrow(/goof: there is no run here.*Did you mean ".*good"/);
  });

  test("runs are called by their directories, with more of the path where it takes more", async () => {
    const folder = temporaryFolder();
    const paths = ["a/s1", "b/s1", "b/s2"].map((name) => join(folder, name));
    for (const path of paths) writeRun(path, [start(0)]);
    const { runs } = await findRuns(paths);
    expect(runs.map(({ title }) => title)).toEqual(["a/s1", "b/s1", "s2"]);
    // Three times the same seed.
    const groups = groupRuns(runs, builtInParts);
    expect(groups.map(({ name }) => name)).toEqual(["iTAML, a/s1", "iTAML, b/s1", "iTAML, s2"]);
  });

  test("what a run came from, and when it was trained", async () => {
    const run = writeRun(temporaryFolder(), [
      { ...start(0), time: "2026-11-24T10:00:00.000Z" },
      { ...epoch(0, 0, 9), time: "2026-11-24T11:00:00.000Z" },
      { ...start(0), time: "2026-11-25T10:00:00.000Z" },
      { kind: "done", time: "2026-11-25T12:00:00.000Z" },
    ]);
    expect(await readRun(run)).toMatchObject({
      origin: undefined,
      sittings: [
        { started: "2026-11-24T10:00:00.000Z", ended: "2026-11-24T11:00:00.000Z" },
        { started: "2026-11-25T10:00:00.000Z", ended: "2026-11-25T12:00:00.000Z" },
      ],
    });
    const origin = { itaml: "0.2.0", data: "abc", config: {} };
    mkdirSync(join(run, "tasks/04"), { recursive: true });
    writeFileSync(join(run, "tasks/04/origin.json"), JSON.stringify(origin));
    expect((await readRun(run)).origin).toEqual(origin);
    writeFileSync(join(run, "tasks/04/origin.json"), "{");
    await expect(readRun(run)).rejects.toThrow("ITAML_FILE_INVALID");
  });
});

describe("groups of runs", () => {
  const names = (...runs: Parameters<typeof groupRuns>[0]) =>
    groupRuns(runs, builtInParts).map(({ name, runs: own }) => [name, own.length]);

  test("seeds and machines make no other configuration", () => {
    expect(
      names(
        reportedRun({ seed: 1 }),
        reportedRun({ seed: 2, data: "elsewhere" }),
        reportedRun({ seed: 3, device: "cuda", threads: 8 }),
      ),
    ).toEqual([["iTAML", 3]]);
  });

  test("learners are called by their titles, not by settings that come with them", () => {
    const adam = { name: "adam", beta1: 0.9, beta2: 0.999, epsilon: 1e-8 } as const;
    expect(
      names(
        reportedRun(),
        reportedRun({ learner: "replay" }),
        reportedRun({ learner: { name: "wa", memory: 3 } }),
        reportedRun({ learner: "icarl", optimizer: adam }),
      ),
    ).toEqual([
      ["iTAML", 1],
      ["replay", 1],
      ["weight alignment", 1],
      ["iCaRL", 1],
    ]);
  });

  test("names say what differs", () => {
    expect(names(reportedRun(), reportedRun({ learner: "finetuning" }))).toEqual([
      ["iTAML", 1],
      ["fine-tuning", 1],
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

  test("among many, what is usual isn't said", () => {
    const runs = [1, 1, 1, 3].map((beta, i) =>
      reportedRun({ learner: withBeta(beta), epochs: 5 + i }),
    );
    expect(names(...runs)).toEqual([
      ["epochs=5", 1],
      ["epochs=6", 1],
      ["epochs=7", 1],
      ["learner.update.beta=3, epochs=8", 1],
    ]);
  });

  test("other data, or another program, makes another configuration", () => {
    const from = (data: string, itaml = "0.2.0") => ({ origin: { data, itaml } });
    const of = (seed: number, folder: string, content: string) =>
      reportedRun({ seed, data: `/data/${folder}` }, from(content));
    expect(names(of(1, "a", "x"), of(2, "b", "y"), of(3, "c", "x"))).toEqual([
      ["data=a", 2],
      ["data=b", 1],
    ]);
    expect(names(of(1, "a", "0123456789"), of(2, "a", "abcdefghij"))).toEqual([
      ["data=01234567", 1],
      ["data=abcdefgh", 1],
    ]);
    expect(
      names(reportedRun(), reportedRun({ seed: 2 }, from("0123456789abcdef", "0.3.0"))),
    ).toEqual([
      ["itaml 0.2.0", 1],
      ["itaml 0.3.0", 1],
    ]);
    // Of runs of version 0.1.0 it isn't known: their folder stands for it.
    const unknown = { origin: undefined };
    expect(
      names(
        reportedRun({ seed: 1, data: "a" }, unknown),
        reportedRun({ seed: 2, data: "a" }, unknown),
        reportedRun({ seed: 3, data: "b" }, unknown),
      ),
    ).toEqual([
      ["data=a", 2],
      ["data=b", 1],
    ]);
    // A sweep's names don't hide it.
    const sweep = groupRuns([of(1, "a", "x"), of(2, "a", "y")], builtInParts, () => "base");
    expect(sweep.map(({ runs }) => runs.length)).toEqual([1, 1]);
  });

  test("a seed again is no independent run", () => {
    expect(
      names(
        reportedRun({ seed: 1 }, { title: "cpu" }),
        reportedRun({ seed: 1, device: "cuda" }, { title: "gpu" }),
        reportedRun({ seed: 2 }, { title: "cpu-2" }),
      ),
    ).toEqual([
      ["iTAML, cpu", 2],
      ["iTAML, gpu", 1],
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
