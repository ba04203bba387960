import {
  cpSync,
  existsSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { removeOldSettings } from "../src/cli/sweep/old-settings.js";
import { type PlannedRun, planSweep, trainCommand } from "../src/cli/sweep/plan.js";
import { refuseOtherData } from "../src/cli/sweep/run-data.js";
import { formatConfig, resolveConfig } from "../src/experiment/config.js";
import { startExperiment } from "../src/experiment/experiment.js";
import { RunDirectory } from "../src/experiment/run-directory.js";
import { parseSweep, sweepVariants } from "../src/experiment/sweep.js";
import { itaml, itamlHere, readEvents, startItaml } from "./support/command-line.js";
import { contentOf, smallConfig } from "./support/experiment.js";
import { temporaryFolder } from "./support/folder.js";
import { writeMadeMnist } from "./support/idx.js";
import { needs } from "./support/needs.js";
import { writePictureFolder } from "./support/pictures.js";

describe("a sweep file", () => {
  const variants = (text: string) => {
    const sweep = parseSweep(`base: mnist\nseeds: [1]\n${text}`, "sweep.yaml");
    return sweepVariants(sweep, "sweep.yaml").map(({ name, settings }) => [name, settings]);
  };

  test("has every combination of its grid, under names that tell them apart", () => {
    expect(variants("grid: { learner: [itaml, finetuning], beta: [0, 0.5], top: [1] }")).toEqual([
      ["itaml-beta0", { learner: "itaml", beta: 0, top: 1 }],
      ["itaml-beta0.5", { learner: "itaml", beta: 0.5, top: 1 }],
      ["finetuning-beta0", { learner: "finetuning", beta: 0, top: 1 }],
      ["finetuning-beta0.5", { learner: "finetuning", beta: 0.5, top: 1 }],
    ]);
    const names = variants(
      "grid: { adaptation.steps: [1, 2], optimizer: [{ name: sgd, momentum: 0.9 }, { name: adam }], epochs: [[5, 20], 3] }",
    ).map(([name]) => name);
    expect(names.slice(0, 4)).toEqual([
      ...["steps1-sgd-epochs-5-20", "steps1-sgd-epochs3"],
      ...["steps1-adam-epochs-5-20", "steps1-adam-epochs3"],
    ]);
    expect(variants("")).toEqual([["", {}]]);
  });

  test("has variants, each with every combination of the grid", () => {
    const text = "variants: { paper: {}, released: { rule: released, learningRate: 0.05 } }";
    expect(variants(`${text}\ngrid: { beta: [0, 1] }`)).toEqual([
      ["paper-beta0", { beta: 0 }],
      ["paper-beta1", { beta: 1 }],
      ["released-beta0", { rule: "released", learningRate: 0.05, beta: 0 }],
      ["released-beta1", { rule: "released", learningRate: 0.05, beta: 1 }],
    ]);
  });

  test.each([
    ["gird: {}", 'unknown key "gird". Did you mean "grid"'],
    ["grid: { beta: 1 }", "sweep.yaml: grid.beta: expected a list"],
    ["grid: { seed: [1] }", "seeds have a key of their own"],
    ["variants: { a/b: {} }", "\"a/b\" can't be a directory's name"],
    ["variants: { a: { beta: 1 } }\ngrid: { beta: [1] }", "variants.a: beta is in grid too"],
    ["grid: { classes: [a b, a-b] }", 'two configurations of the sweep are called "a-b"'],
  ])("%s", (text, message) => {
    expect(() => variants(text)).toThrow(message);
  });
});

/** A sweep over a configuration that trains in a fraction of a second. */
function writeSweep(
  folder: string,
  sweep: object,
  changes: Parameters<typeof smallConfig>[1] = {},
) {
  writeFileSync(join(folder, "small.yaml"), formatConfig(smallConfig(folder, changes)));
  writeFileSync(join(folder, "sweep.yaml"), JSON.stringify({ base: "small.yaml", ...sweep }));
}

test("one run that fails doesn't stop the others, and what is finished is left alone", async () => {
  const folder = temporaryFolder();
  const variants = { good: {}, diverging: { learningRate: 1e30 } };
  writeSweep(folder, { seeds: [1, 2], variants, out: "runs" }, { tasks: 2, epochs: 1 });
  const first = await itaml(folder, ["sweep", "sweep.yaml", "--jobs", "2"]);
  expect(first).toMatchObject({ code: 1 });
  expect(first.stdout).toMatch(/^good +2 +2 +[\d.]+ ± /m);
  expect(first.stderr).toContain("2 of 4 runs failed");
  expect(first.stderr).toMatch(/diverging-seed2: ITAML_LOSS_NOT_FINITE: task 1/);
  expect(existsSync(join(folder, "runs/report.html"))).toBe(true);
  const results = join(folder, "runs/good-seed1/results.json");
  const before = statSync(results).mtimeMs;

  writeSweep(folder, { seeds: [1], out: "runs", variants: { good: {} } });
  const other = await itamlHere(folder, ["sweep", "sweep.yaml"]);
  expect(other).toMatchObject({ code: 1, stdout: "" });
  expect(other.stderr).toContain("runs/good-seed1: the run is of a sweep with another tasks");

  writeSweep(
    folder,
    { seeds: [1, 2], out: "runs", variants: { good: {} } },
    { tasks: 2, epochs: 1 },
  );
  const again = await itamlHere(folder, ["sweep", "sweep.yaml", "--json"]);
  expect(again).toMatchObject({ code: 0 });
  expect(again.stderr).toContain("2 of 2 runs are finished already");
  expect(JSON.parse(again.stdout)).toMatchObject({
    configurations: [{ name: "good", n: 2, runs: [{ path: "runs/good-seed1" }, {}] }],
    failed: [],
  });
  expect(statSync(results).mtimeMs).toBe(before);
});

test("a variant's settings hold where the grid sets what is around them", async () => {
  const folder = temporaryFolder();
  const grid = { learner: ["icarl", "replay"] };
  writeSweep(folder, { seeds: [1], variants: { small: { "learner.memory": 50 } }, grid });
  const { runs } = await planSweep(join(folder, "sweep.yaml"), {});
  expect(runs.map(({ name, config }) => [name, config.learner])).toEqual([
    ["small-icarl-seed1", expect.objectContaining({ name: "icarl", memory: 50 })],
    ["small-replay-seed1", expect.objectContaining({ name: "replay", memory: 50 })],
  ]);

  const whole = { learner: [{ name: "icarl", memory: 10 }] };
  writeSweep(folder, { seeds: [1], variants: { small: { "learner.memory": 50 } }, grid: whole });
  const refused = planSweep(join(folder, "sweep.yaml"), {});
  await expect(refused).rejects.toThrow(
    'sweep.yaml: small: --set: two settings that can\'t both hold; found learner={"name":"icarl","memory":10} and learner.memory=50',
  );
});

describe("data that are elsewhere now", () => {
  test("are refused for a finished run where they are others", async () => {
    const folder = temporaryFolder();
    const at = (name: string) => join(folder, name);
    writeSweep(folder, { seeds: [1, 2], out: at("runs") }, { tasks: 1, epochs: 1 });
    const plan = (data?: string) => planSweep(at("sweep.yaml"), data === undefined ? {} : { data });
    const [first] = (await plan()).runs as [PlannedRun];
    await startExperiment(first.path, first.config);

    writeMadeMnist(at("other"), { train: 31 });
    const message = `the run is of a sweep with other data; expected the content of ${at("other")}; found the content of ${at("data")}`;
    for (const how of [[], ["--only", first.name, "--out", at("runs")]]) {
      const args = ["sweep", "sweep.yaml", ...how, "--data", "other"];
      const outcome = await itamlHere(folder, args);
      expect(outcome).toMatchObject({ code: 1, stdout: "" });
      expect(outcome.stderr).toContain(`${first.path}: ${message}`);
    }

    cpSync(at("data"), at("moved"), { recursive: true });
    rmSync(at("data"), { recursive: true });
    const { runs } = await plan(at("moved"));
    expect(runs.map(({ state }) => state)).toEqual(["finished", "new"]);
    await refuseOtherData(runs);
  });

  test("are needed by what is to be trained alone", async () => {
    const folder = temporaryFolder();
    const small = {
      ...{ dataset: "folder", classesPerTask: 2, images: { size: 8, resize: 8 }, threads: 1 },
      ...{ network: "identity", learner: "ridge", continuum: "auto" },
    };
    const write = (seeds: number[]) =>
      writeFileSync(join(folder, "sweep.yaml"), JSON.stringify({ base: "small.yaml", seeds }));
    writeFileSync(join(folder, "small.yaml"), JSON.stringify(small));
    write([1]);
    await writePictureFolder(join(folder, "pics"), { train: 4, test: 3 });
    const sweep = (...more: string[]) => itamlHere(folder, ["sweep", "sweep.yaml", ...more]);
    const only = ["--only", "small-seed1"];
    expect(await sweep(...only, "--data", "pics")).toMatchObject({ code: 0 });

    // While they are there what is fitted to them is compared: a run with a number of its own is another.
    const config = join(folder, "runs/sweep/small-seed1/config.yaml");
    const text = readFileSync(config, "utf8");
    writeFileSync(config, text.replace(/^continuum: \d+$/m, "continuum: 1"));
    for (const named of [[], ["--data", "pics"]]) {
      expect((await sweep(...named)).stderr).toContain(
        "the run is of a sweep with another continuum; expected 5; found 1",
      );
    }
    writeFileSync(config, text);
    renameSync(join(folder, "pics"), join(folder, "away"));
    const ended = async () => {
      const status = await sweep("--status");
      expect(status).toMatchObject({ code: 0, stdout: expect.stringMatching(/^1 run: 1 done/) });
      expect(await sweep("--report")).toMatchObject({ code: 0, stderr: "" });
      const cancelled = await sweep("--cancel");
      expect(cancelled.stderr).toContain("the sweep is in no queue");
      expect(await sweep()).toMatchObject({ code: 0 });
      expect((await sweep(...only)).stderr).toBe("small-seed1 is finished already\n");
    };
    await ended();
    write([1, 2]);
    expect((await sweep()).stderr).toContain("nothing says where the pictures are");
    expect((await sweep("--status")).stdout).toMatch(/^2 runs: 1 done, 1 new/);

    // Others lie where they do by default: a new run would learn them.
    await writePictureFolder(join(folder, "data/folder"), { train: 2, test: 2 });
    expect((await sweep()).stderr).toContain("the run is of a sweep with other data");
    write([1]);
    await ended();
    writeFileSync(join(folder, "small.yaml"), JSON.stringify({ ...small, top: 2 }));
    expect((await sweep("--report")).stderr).toContain("the run is of a sweep with another top");
  });

  /** A sweep of one run on pictures, whose classes are in a list. */
  async function withList(learning: object) {
    const folder = temporaryFolder();
    const at = (name: string) => join(folder, name);
    const file = at("sweep.yaml");
    const config = (list: string) => ({
      ...{ dataset: "folder", data: at("pics"), classes: at(list), classesPerTask: 2, threads: 1 },
      ...{ images: { size: 8, resize: 8 }, continuum: 1, ...learning },
    });
    await writePictureFolder(at("pics"), { train: 3, test: 2 });
    writeFileSync(file, JSON.stringify({ base: "small.yaml", seeds: [1], out: at("runs") }));
    const name = "small-seed1";
    return {
      ...{ folder, at, name, path: at(`runs/${name}`) },
      config: (list: string) => resolveConfig(config(list), "test"),
      writeList: (list: string, ...labels: number[]) =>
        writeFileSync(at(list), labels.map((label) => `class${label}\n`).join("")),
      plan: async (list: string) => {
        writeFileSync(at("small.yaml"), JSON.stringify(config(list)));
        return (await planSweep(file, {})).runs as [PlannedRun];
      },
      only: ["sweep", file, "--only", name, "--out", at("runs")],
    };
  }

  const ridge = { network: "identity", learner: "ridge" };

  test("a run that never began takes a list of classes elsewhere", async () => {
    const { path, config, plan } = await withList(ridge);
    await (await RunDirectory.create(path, config("before.txt"))).close();
    expect(await plan("today.txt")).toMatchObject([{ state: "new" }]);
  });

  test.each(["by itself", "as an element of an array"])(
    "a run with a finished task goes on, %s, with its list of classes elsewhere, and with no other",
    async (how) => {
      const { folder, at, path, config, writeList, plan, only } = await withList(ridge);
      writeList("before.txt", 3, 2, 1, 0);
      const stop = new AbortController();
      const stopped = startExperiment(path, config("before.txt"), {
        signal: stop.signal,
        onTask: () => stop.abort(),
      });
      await expect(stopped).rejects.toMatchObject({ code: "INTERRUPTED" });

      writeList("today.txt", 3, 2, 0, 1);
      const others = await plan("today.txt");
      await expect(refuseOtherData(others)).rejects.toThrow(`the classes in ${at("before.txt")}`);
      renameSync(at("before.txt"), at("today.txt"));
      const runs = await plan("today.txt");
      await refuseOtherData(runs);
      const args = how === "by itself" ? trainCommand(runs[0]) : only;
      expect(await itamlHere(folder, args)).toMatchObject({ code: 0 });
      expect(await plan("today.txt")).toMatchObject([{ state: "finished" }]);
      expect((await RunDirectory.open(path)).config.classes).toBe(at("today.txt"));
    },
  );

  test("of a run without a finished task training compares the list", async () => {
    const { folder, at, path, config, writeList, plan } = await withList({
      ...{ network: { name: "mlp", hidden: [4] }, learner: "finetuning", optimizer: "sgd" },
      ...{ learningRate: 0.01, epochs: 2, batchSize: 3 },
    });
    writeList("before.txt", 3, 2, 1, 0);
    const stop = new AbortController();
    const stopped = startExperiment(path, config("before.txt"), {
      signal: stop.signal,
      onProgress: () => stop.abort(),
    });
    await expect(stopped).rejects.toMatchObject({ code: "INTERRUPTED" });

    const train = async () => {
      const runs = await plan("today.txt");
      await refuseOtherData(runs);
      return itamlHere(folder, trainCommand(runs[0]));
    };
    writeList("today.txt", 3, 2, 0, 1);
    const refused = await train();
    expect(refused).toMatchObject({ code: 1 });
    expect(refused.stderr).toContain("RUN_CHANGED");
    renameSync(at("before.txt"), at("today.txt"));
    expect(await train()).toMatchObject({ code: 0 });
  });
});

describe("a run that never began, with other settings", () => {
  /** A sweep of one run, whose directory has the settings of an earlier file. */
  async function waiting() {
    const folder = temporaryFolder();
    writeSweep(folder, { seeds: [1], out: join(folder, "runs") }, { tasks: 1, epochs: 1 });
    const path = join(folder, "runs/small-seed1");
    const older = smallConfig(folder, { tasks: 2 });
    const directory = await RunDirectory.create(path, older);
    const plan = await planSweep(join(folder, "sweep.yaml"), {});
    expect(plan.runs).toMatchObject([{ state: "new" }]);
    return { folder, path, plan, directory };
  }

  test("is left alone while another process has it", async () => {
    const { folder, path, directory } = await waiting();
    const outcome = await itamlHere(folder, ["sweep", "sweep.yaml"]);
    expect(outcome).toMatchObject({ code: 1, stdout: "" });
    expect(outcome.stderr).toContain("ITAML_RUN_IN_USE");
    expect(existsSync(join(path, "config.yaml"))).toBe(true);
    await directory.close();
  });

  test("is looked at again: it may have begun, or have today's settings, since the sweep was planned", async () => {
    const { path, plan, directory } = await waiting();
    await directory.writeConfig((plan.runs[0] as PlannedRun).config);
    await directory.close();
    await removeOldSettings(plan, new Map(), {});
    expect(existsSync(join(path, "config.yaml"))).toBe(true);

    const begun = await waiting();
    begun.directory.logEvent({ kind: "note", message: "it has begun" });
    await begun.directory.close();
    const removed = removeOldSettings(begun.plan, new Map(), {});
    await expect(removed).rejects.toThrow("the run is of a sweep with another tasks");
    expect(existsSync(join(begun.path, "config.yaml"))).toBe(true);
    expect(existsSync(join(begun.path, "lock.json"))).toBe(false);
  });

  test("makes room for today's", async () => {
    const { path, plan, directory } = await waiting();
    await directory.close();
    await removeOldSettings(plan, new Map(), {});
    expect(readdirSync(path)).toEqual([]);
  });
});

test.each([
  ["--cancel", "--report"],
  ["--retry", "--report"],
  ["--cancel", "--dry-run"],
  ["--status", "--dry-run"],
  ["--report", "--only=small-seed1"],
])("%s and %s are refused together", async (...both) => {
  const folder = temporaryFolder();
  writeSweep(folder, { seeds: [1] });
  const outcome = await itamlHere(folder, ["sweep", "sweep.yaml", ...both]);
  expect(outcome).toMatchObject({ code: 2, stdout: "" });
  expect(outcome.stderr).toContain("don't go together");
});

test("nothing starts where one configuration is wrong", async () => {
  const folder = temporaryFolder();
  writeSweep(folder, { seeds: [1], variants: { good: {}, bad: { toop: 1 } }, out: "runs" });
  const outcome = await itamlHere(folder, ["sweep", "sweep.yaml"]);
  expect(outcome).toMatchObject({ code: 2 });
  expect(outcome.stderr).toContain("sweep.yaml: bad: ");
  expect(outcome.stderr).toContain('Did you mean "top"?');
  expect(existsSync(join(folder, "runs"))).toBe(false);
});

test("stopped and killed, a sweep goes on to the same results", async (context) => {
  needs(context, "POSIX", process.platform !== "win32");
  const folder = temporaryFolder();
  const changes = { tasks: 2, epochs: [100, 1] };
  const sweep = ["sweep", "sweep.yaml", "--jobs", "1"];
  writeSweep(folder, { seeds: [1, 2], out: "runs" }, changes);
  await startExperiment(join(folder, "straight"), smallConfig(folder, changes));

  const run = join(folder, "runs/small-seed1");
  let seen = 0;
  for (const signal of ["SIGINT", "SIGKILL"] as const) {
    const { outcome, kill } = startItaml(folder, sweep);
    const events = () => (existsSync(join(run, "events.jsonl")) ? readEvents(run) : []);
    await until(() => events().length > seen + 10);
    kill(signal);
    const { code, stderr } = await outcome;
    expect(code).toBe(signal === "SIGINT" ? 130 : null);
    if (signal === "SIGINT") expect(stderr).toContain("The same command goes on with it");
    // The run itself stops too, with a checkpoint, whatever ended the sweep.
    await until(() => !existsSync(join(run, "lock.json")));
    expect(events().at(-1)).toMatchObject({ kind: "stopped" });
    expect(readdirSync(join(run, "checkpoints"))).toHaveLength(2);
    seen = events().length;
  }
  expect(existsSync(join(folder, "runs/small-seed2"))).toBe(false);
  expect(await itaml(folder, sweep)).toMatchObject({ code: 0 });
  expect(contentOf(run)).toEqual(contentOf(join(folder, "straight")));
  expect(existsSync(join(folder, "runs/small-seed2/results.json"))).toBe(true);
});

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 20));
}

test("the sweeps that come with the program are of configurations that there are", async () => {
  const folder = join(import.meta.dirname, "../configs/sweeps");
  for (const file of readdirSync(folder)) {
    const { runs } = await planSweep(join(folder, file), { out: temporaryFolder() });
    expect(runs.length).toBeGreaterThan(0);
  }
});
