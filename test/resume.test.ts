import {
  appendFileSync,
  copyFileSync,
  cpSync,
  existsSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { basename, join } from "node:path";
import { describe, expect, test, vi } from "vitest";
import { seededRandom } from "../src/base/random.js";
import { contentHash } from "../src/data/content-hash.js";
import { type ConfigInput, formatConfig } from "../src/experiment/config.js";
import { isFinished } from "../src/experiment/events.js";
import {
  type ExperimentOptions,
  resumeExperiment,
  startExperiment,
} from "../src/experiment/experiment.js";
import { RunDirectory } from "../src/experiment/run-directory.js";
import { prepare, release } from "../src/experiment/setup.js";
import { sha256 } from "../src/files/checksums.js";
import type { Progress } from "../src/model/progress.js";
import { decodeSafetensors } from "../src/storage/safetensors.js";
import { itamlHere, readEvents } from "./support/command-line.js";
import { contentOf, smallConfig, smallLearner, withoutSeconds } from "./support/experiment.js";
import { temporaryFolder } from "./support/folder.js";
import { writeMadeMnist } from "./support/idx.js";
import { writePictureFolder } from "./support/pictures.js";

/** From the third epoch on times `factor`. */
const steep = (factor: number) => ({ name: "milestones", epochs: [2], factor });

/** Runs until `stop` says so, at the end of a mini-batch, an epoch or an adaptation. */
async function until(
  stop: (progress: Progress) => boolean,
  work: (options: ExperimentOptions) => Promise<unknown>,
): Promise<void> {
  const controller = new AbortController();
  const stopped = work({
    signal: controller.signal,
    onProgress: (progress) => {
      if (stop(progress)) controller.abort();
    },
  });
  await expect(stopped).rejects.toMatchObject({ code: "INTERRUPTED" });
}

const at = (task: number, epoch: number, batch: number) => (progress: Progress) =>
  progress.kind === "batch" &&
  progress.task === task &&
  progress.epoch === epoch &&
  progress.batch === batch;

/** A run that was stopped in the second epoch of task 1, with its straight twin beside it. */
async function stoppedRun(changes: Partial<ConfigInput> = {}) {
  const folder = temporaryFolder();
  const [straight, run] = [join(folder, "straight"), join(folder, "run")];
  const config = smallConfig(folder, changes);
  await startExperiment(straight, config);
  await until(at(1, 1, 2), (options) => startExperiment(run, config, options));
  const checkpoints = readdirSync(join(run, "checkpoints"))
    .sort()
    .map((name) => join(run, "checkpoints", name));
  return { folder, straight, run, config, checkpoints };
}

describe("stopped again and again, a run ends as one that was not", () => {
  test.each<Partial<ConfigInput>>([
    {},
    { learner: smallLearner({ update: "released" }), learningRate: 0.01 },
    {
      learner: smallLearner({
        update: { name: "paper", classifier: "interpolate", innerSteps: 2, beta: 0.5 },
      }),
    },
    { validation: 0.2, epochs: [5, 3], optimizer: { name: "radam" }, learningRate: 0.01 },
    {
      augmentation: { crop: "padded", padding: 2 },
      optimizer: { name: "adam" },
      learningRate: 0.01,
    },
    { learner: "finetuning" },
    { learner: "finetuning", validation: 0.2, optimizer: { name: "adam" }, learningRate: 0.01 },
  ])("%j", async (changes) => {
    const folder = temporaryFolder();
    const config = smallConfig(folder, changes);
    const [straight, run] = [join(folder, "straight"), join(folder, "run")];
    await startExperiment(straight, config);
    const random = seededRandom("stops", JSON.stringify(changes));
    let stops = 0;
    for (let done = false; !done; ) {
      let left = random.integer(1, 25);
      const controller = new AbortController();
      const options: ExperimentOptions = {
        signal: controller.signal,
        // Sometimes there are checkpoints at every mini-batch.
        checkpointInterval: random.integer(0, 1) * 300,
        onProgress: () => {
          if (--left === 0) controller.abort();
        },
      };
      const work = existsSync(run)
        ? resumeExperiment(run, undefined, options)
        : startExperiment(run, config, options);
      done = await work.then(
        () => true,
        (error) => {
          expect(error).toMatchObject({ code: "INTERRUPTED" });
          stops++;
          return false;
        },
      );
    }
    expect(stops).toBeGreaterThan(2);
    expect(contentOf(run)).toEqual(contentOf(straight));
    expect(readdirSync(run).sort()).toEqual(readdirSync(straight).sort());
    const epochs = (path: string) =>
      new Map(
        readEvents(path)
          .filter(({ kind }) => kind === "epoch")
          .map(({ task, epoch, loss, validationAccuracy }) => [
            `${task} ${epoch}`,
            { loss, validationAccuracy },
          ]),
      );
    expect(epochs(run)).toEqual(epochs(straight));
  });
});

test("a run that is stopped has checkpoints of the place, and says where it goes on", async () => {
  const { run, checkpoints, straight } = await stoppedRun();
  expect(checkpoints.map((file) => basename(file))).toEqual([
    "task01-epoch001-batch00000.safetensors",
    "task01-epoch001-batch00003.safetensors",
  ]);
  expect(existsSync(join(run, "lock.json"))).toBe(false);
  // A cut line, as after a power cut.
  appendFileSync(join(run, "events.jsonl"), '{"time":"2026-');
  let start: unknown;
  await resumeExperiment(run, undefined, {
    onStart: (run) => {
      start = run;
    },
  });
  expect(start).toEqual({
    samples: [expect.any(Number), expect.any(Number), expect.any(Number)],
    firstTask: 1,
    firstEpoch: 1,
  });
  expect(readEvents(run).filter(({ kind }) => kind === "start")).toMatchObject([
    { firstTask: 0 },
    { firstTask: 1, epoch: 1, batch: 3 },
  ]);
  expect(contentOf(run)).toEqual(contentOf(straight));
  expect(existsSync(join(run, "checkpoints"))).toBe(false);
});

test("a last line of the events that lacks its end alone is kept", async () => {
  const folder = temporaryFolder();
  const config = smallConfig(folder);
  const directory = await RunDirectory.create(join(folder, "run"), config);
  await directory.close();
  const file = directory.file("events.jsonl");
  for (const [text, repaired] of [
    ['{"a":1}\n{"b":2}', '{"a":1}\n{"b":2}\n'],
    ['{"a":1}\n{"b"', '{"a":1}\n'],
    ['{"a":1}\n\0\0\0', '{"a":1}\n'],
    ["", ""],
  ] as const) {
    writeFileSync(file, text);
    await directory.repairEvents();
    expect(readFileSync(file, "utf8")).toBe(repaired);
  }
});

describe("trained again from a task on", () => {
  /** A run that is done, which was stopped when the same was trained again from a task on. */
  async function stoppedAgain(fromTask: number) {
    const folder = temporaryFolder();
    const [straight, run] = [join(folder, "straight"), join(folder, "run")];
    await startExperiment(straight, smallConfig(folder));
    cpSync(straight, run, { recursive: true });
    await until(at(fromTask, 0, 0), (options) => resumeExperiment(run, fromTask, options));
    return { folder, straight, run };
  }

  test("and stopped before that is done, a run is read, and ends as one that was not", async () => {
    const { folder, run, straight } = await stoppedAgain(1);
    const results = readFileSync(join(run, "results.json"), "utf8");
    expect(results).toBe(readFileSync(join(run, "tasks/00/results.json"), "utf8"));
    for (const command of [
      ["results", "run"],
      ["evaluate", "run"],
      ["export", "run", "model.onnx"],
    ]) {
      expect(await itamlHere(folder, command)).toMatchObject({ code: 0 });
    }
    await resumeExperiment(run, undefined);
    expect(contentOf(run)).toEqual(contentOf(straight));
  });

  test("a run of version 0.1.0 has the results that can be told of it", async () => {
    const folder = temporaryFolder();
    const run = join(folder, "run");
    await startExperiment(run, smallConfig(folder));
    for (const task of [0, 1, 2]) {
      for (const name of ["SHA256SUMS", "origin.json", "results.json"]) {
        rmSync(join(run, `tasks/0${task}`, name));
      }
    }
    await until(at(1, 0, 0), (options) => resumeExperiment(run, 1, options));
    const { directory } = await RunDirectory.open(run);
    expect((await directory.readResults())?.tasks).toHaveLength(1);
    await resumeExperiment(run, undefined);
  });

  test("and killed before it starts, a run doesn't pass for a finished one", async () => {
    const folder = temporaryFolder();
    const run = join(folder, "run");
    await startExperiment(run, smallConfig(folder, { tasks: 2 }));
    const killed = vi
      .spyOn(RunDirectory.prototype, "removeTasksFrom")
      .mockRejectedValueOnce(new Error("killed"));
    await expect(resumeExperiment(run, 1)).rejects.toThrow("killed");
    killed.mockRestore();
    const { directory } = await RunDirectory.open(run);
    expect((await directory.readResults())?.tasks).toHaveLength(1);
    expect(isFinished(await directory.readEvents())).toBe(false);
    expect((await resumeExperiment(run, undefined)).tasks).toHaveLength(2);
  });

  test("by another learner from the first on, it has that one's name", async () => {
    const folder = temporaryFolder();
    const run = join(folder, "run");
    await startExperiment(run, smallConfig(folder, { tasks: 1 }));
    const config = smallConfig(folder, { tasks: 1, learner: "finetuning" });
    const results = await resumeExperiment(run, 0, { config, force: true });
    expect(results.learner).toBe("finetuning");
  });
});

describe("damage", () => {
  test("the checkpoint before a damaged one is used, then the start of the task, with a warning", async () => {
    const { folder, run, straight, checkpoints } = await stoppedRun();
    for (const damagedOnes of [checkpoints.slice(1), checkpoints]) {
      const copy = join(folder, `copy${damagedOnes.length}`);
      cpSync(run, copy, { recursive: true });
      const files = damagedOnes.map((file) => file.replace(run, copy));
      for (const file of files) flipByte(file);
      const warnings: string[] = [];
      await resumeExperiment(copy, undefined, { onWarning: (message) => warnings.push(message) });
      expect(warnings).toHaveLength(files.length);
      for (const file of files)
        expect(warnings.join()).toContain(`${file}: the checkpoint is damaged`);
      expect(warnings.join()).toContain(
        damagedOnes.length === 1
          ? "goes on from the checkpoint before it, to the same results"
          : "goes on from the start of task 2, to the same results",
      );
      expect(contentOf(copy)).toEqual(contentOf(straight));
    }
  });

  test.each(["model.safetensors", "memory.json", "origin.json"])(
    "a flipped byte in a task's %s is refused, with the way to train it again",
    async (name) => {
      const { run, straight } = await stoppedRun();
      rmSync(join(run, "checkpoints"), { recursive: true });
      const file = join(run, "tasks/00", name);
      flipByte(file);
      const refused = resumeExperiment(run, undefined);
      await expect(refused).rejects.toMatchObject({ code: "FILE_INVALID" });
      await expect(refused).rejects.toThrow(`${file}: the file is damaged`);
      await expect(refused).rejects.toThrow(`itaml train --from-task 1 --out ${run}`);
      await resumeExperiment(run, 0);
      expect(contentOf(run)).toEqual(contentOf(straight));
    },
  );

  test("damaged or missing results are refused, and come back from their copy", async () => {
    const { straight } = await stoppedRun();
    const file = join(straight, "results.json");
    const good = readFileSync(file, "utf8");
    const { directory } = await RunDirectory.open(straight);
    for (const damage of [
      () => writeFileSync(file, good.slice(0, 200)),
      () => writeFileSync(file, good.replace('"testSamples": 20', '"testSamples": 30')),
      () => writeFileSync(file, "{}"),
      () => rmSync(file),
    ]) {
      damage();
      const refused = directory.readResults();
      await expect(refused).rejects.toMatchObject({ code: "FILE_INVALID" });
      const copy = join(straight, "tasks/02/results.json");
      await expect(refused).rejects.toThrow(`Copy ${copy} there: the results after task 3`);
      copyFileSync(copy, file);
      expect(readFileSync(file, "utf8")).toBe(good);
      expect((await directory.readResults())?.tasks).toHaveLength(3);
    }
  });

  test("a run without checksums, as version 0.1.0 made it, is read and goes on", async () => {
    const { run, straight } = await stoppedRun();
    rmSync(join(run, "checkpoints"), { recursive: true });
    for (const name of ["SHA256SUMS", "origin.json", "results.json"]) {
      rmSync(join(run, "tasks/00", name));
    }
    await resumeExperiment(run, undefined);
    const lastModel = (path: string) => readFileSync(join(path, "tasks/02/model.safetensors"));
    expect(Buffer.compare(lastModel(run), lastModel(straight))).toBe(0);
  });
});

describe("a run that was something else before is refused", () => {
  test.each<[string, (run: Awaited<ReturnType<typeof stoppedRun>>) => void, RegExp, boolean]>([
    [
      "another configuration, unless forced",
      ({ run, config }) =>
        writeFileSync(join(run, "config.yaml"), formatConfig({ ...config, learningRate: 0.01 })),
      /expected learningRate 0\.05; found learningRate 0\.01\. .*--resume --force/,
      true,
    ],
    [
      "a changed data set, forced or not",
      ({ folder }) => writeMadeMnist(join(folder, "data"), { train: 31 }),
      /expected content of the data set "[0-9a-f]{64}"; found content of the data set "[0-9a-f]{64}"\. .*--resume --data/,
      false,
    ],
  ])("%s", async (_, change, message, forcible) => {
    const stopped = await stoppedRun({ learner: smallLearner({ memory: 12 }) });
    const { run } = stopped;
    change(stopped);
    const refused = resumeExperiment(run, undefined);
    await expect(refused).rejects.toMatchObject({ code: "RUN_CHANGED" });
    await expect(refused).rejects.toThrow(message);
    // From the state of a task as from a checkpoint.
    const checkpoints = join(run, "checkpoints");
    const aside = join(stopped.folder, "aside");
    cpSync(checkpoints, aside, { recursive: true });
    rmSync(checkpoints, { recursive: true });
    await expect(resumeExperiment(run, undefined)).rejects.toThrow(
      "origin.json: the run was something else",
    );
    cpSync(aside, checkpoints, { recursive: true });
    const forced = resumeExperiment(run, undefined, { force: true });
    if (forcible) expect((await forced).tasks).toHaveLength(3);
    else await expect(forced).rejects.toMatchObject({ code: "RUN_CHANGED" });
  });

  test("a checkpoint of another run", async () => {
    const [one, other] = [await stoppedRun(), await stoppedRun({ seed: 2 })];
    copyFileSync(other.checkpoints[1] as string, one.checkpoints[1] as string);
    await expect(resumeExperiment(one.run, undefined)).rejects.toThrow(
      `${one.checkpoints[1]}: the run was something else when this was written; expected seed 2; found seed 1`,
    );
  });

  test("a moved data set is the same, and the run knows from then on where it is", async () => {
    const { folder, run, straight, config } = await stoppedRun();
    const moved = join(folder, "moved");
    cpSync(join(folder, "data"), moved, { recursive: true });
    rmSync(join(folder, "data"), { recursive: true });
    const resume = ["train", "--resume", "--out", run, "--data"];
    writeMadeMnist(join(folder, "other"), { train: 31 });
    const other = await itamlHere(folder, [...resume, "other", "--force"]);
    expect(other).toMatchObject({ code: 1 });
    expect(other.stderr).toContain("ITAML_RUN_CHANGED");
    expect(await itamlHere(folder, [...resume, "moved"])).toMatchObject({ code: 0 });
    expect(contentOf(run)).toEqual(contentOf(straight));
    const { config: kept } = await RunDirectory.open(run);
    expect(kept).toEqual({ ...config, data: moved });
  });
});

test("a run on pictures whose size counted in the hash of its data, as before, goes on", async () => {
  const folder = temporaryFolder();
  const [run, straight, data] = ["run", "straight", "pictures"].map((name) =>
    join(folder, name),
  ) as [string, string, string];
  await writePictureFolder(data, { train: 8, test: 4 });
  const images = { size: 8, resize: 8 };
  const config = smallConfig(folder, { dataset: "folder", data, images, tasks: 2, epochs: 2 });
  await startExperiment(straight, config);
  await until(at(1, 1, 0), (options) => startExperiment(run, config, options));

  const setup = await prepare(config);
  const { extractor } = setup.context;
  const before = await contentHash(setup.pictures, data, true);
  await release(setup);
  const { checkpoints } = (await RunDirectory.open(run)).directory;
  const none = () => {};
  const checkpoint = await checkpoints.load(1, extractor, none, none);
  if (!checkpoint) throw new Error("the run has no checkpoint");
  await checkpoints.clear();
  const origin = { ...checkpoint.origin, data: before };
  await checkpoints.save({ ...checkpoint, origin }, extractor);
  const task = (name: string) => join(run, "tasks/00", name);
  const [stored, sums] = [task("origin.json"), task("SHA256SUMS")];
  const sum = () => sha256(readFileSync(stored)).toString("hex");
  const sumBefore = sum();
  writeFileSync(stored, JSON.stringify(origin));
  writeFileSync(sums, readFileSync(sums, "utf8").replace(sumBefore, sum()));

  const resume = (...args: string[]) => itamlHere(folder, ["train", "--out", run, ...args]);
  expect(await resume("--resume")).toMatchObject({ code: 0 });
  expect(await resume("--from-task", "2")).toMatchObject({ code: 0 });
  const ended = JSON.parse(readFileSync(join(run, "results.json"), "utf8"));
  expect(withoutSeconds(ended)).toEqual(
    withoutSeconds(JSON.parse(readFileSync(join(straight, "results.json"), "utf8"))),
  );
  writeFileSync(join(data, "train/class0/000.jpg"), "another one");
  const refused = await resume("--from-task", "2", "--force");
  expect(refused).toMatchObject({ code: 1 });
  expect(refused.stderr).toContain("ITAML_RUN_CHANGED");
});

test("a run on a data set that is built in takes no data, and goes on without those that it has stored", async () => {
  const folder = temporaryFolder();
  const run = join(folder, "run");
  const fast = ["tasks=1", "learner=ncm", "network=identity", "threads=1"].flatMap((setting) => [
    "--set",
    setting,
  ]);
  const train = (...args: string[]) => itamlHere(folder, ["train", "--out", run, ...args]);
  expect(await train("strokes", ...fast)).toMatchObject({ code: 0 });
  const refused = await train("--resume", "--data", "nowhere");
  expect(refused).toMatchObject({ code: 2, stdout: "" });
  expect(refused.stderr).toContain("strokes is built in; expected none");
  const kept = async () => (await RunDirectory.open(run)).config;
  expect(await kept()).not.toHaveProperty("data");

  const before = formatConfig({ ...(await kept()), data: join(folder, "nowhere") });
  writeFileSync(join(run, "config.yaml"), before);
  const changed = ["--from-task", "1", "--force", "--set"];
  expect(await train(...changed, "data=nowhere")).toMatchObject({ code: 2 });
  expect(await train(...changed, "continuum=2")).toMatchObject({ code: 0 });
  expect(await kept()).toMatchObject({ continuum: 2 });
  expect(await kept()).not.toHaveProperty("data");
});

test("a run goes on with its own features and plugins; others are refused", async () => {
  const folder = temporaryFolder();
  for (const name of ["own", "other"]) {
    const section = `{ name: "${name}", title: "${name}", applies: () => false, render: () => [] }`;
    writeFileSync(join(folder, `${name}.mjs`), `export const sections = [${section}];`);
  }
  const changes = { tasks: 1, epochs: 1, plugins: [join(folder, "own.mjs")] };
  writeFileSync(join(folder, "own.yaml"), formatConfig(smallConfig(folder, changes)));
  const train = (...args: string[]) => itamlHere(folder, ["train", "--out", "run", ...args]);
  expect(await train("own.yaml", "--plugin", "own.mjs")).toMatchObject({ code: 0 });
  const resume = (...args: string[]) => train("--resume", "--plugin", "own.mjs", ...args);
  for (const changed of [
    ["--features", "none"],
    ["--plugin", "other.mjs"],
  ]) {
    const refused = await resume(...changed);
    expect(refused).toMatchObject({ code: 2, stdout: "" });
    expect(refused.stderr).toContain("a run goes on with the settings that it was started with");
  }
  expect(await resume()).toMatchObject({ code: 0 });
  const plugins = async () => (await RunDirectory.open(join(folder, "run"))).config.plugins;
  expect(await plugins()).toEqual([join(folder, "own.mjs")]);
  const forced = await resume("--plugin", "other.mjs", "--force");
  expect(forced).toMatchObject({ code: 0 });
  expect(await plugins()).toEqual([join(folder, "own.mjs"), join(folder, "other.mjs")]);
});

test("one writer at a time, while others read", async () => {
  const folder = temporaryFolder();
  const run = join(folder, "run");
  const config = smallConfig(folder);
  const refusals: Promise<unknown>[] = [];
  let read: unknown;
  await startExperiment(run, config, {
    onTask: async ({ tasks }) => {
      if (tasks.length > 1) return;
      refusals.push(
        expect(resumeExperiment(run, undefined)).rejects.toMatchObject({ code: "RUN_IN_USE" }),
        expect(startExperiment(run, config)).rejects.toMatchObject({ code: "RUN_DIRECTORY" }),
      );
      await Promise.all(refusals);
      read = await (await RunDirectory.open(run)).directory.readResults();
    },
  });
  expect(refusals).toHaveLength(2);
  expect(read).toMatchObject({ tasks: [{ task: 0 }] });
  expect(existsSync(join(run, "lock.json"))).toBe(false);
});

describe("training that diverges", () => {
  /** In its third epoch. */
  const diverging: Partial<ConfigInput> = {
    optimizer: { name: "sgd", weightDecay: 0.1 },
    ...{ epochs: 20, validation: 0.2, schedule: steep(1e15) },
  };

  test("keeps the last good checkpoint and names it", async () => {
    const folder = temporaryFolder();
    const run = join(folder, "run");
    const config = smallConfig(folder, diverging);
    const failed = startExperiment(run, config);
    await expect(failed).rejects.toMatchObject({ code: "LOSS_NOT_FINITE" });
    const newest = join(run, "checkpoints/task00-epoch002-batch00000.safetensors");
    await expect(failed).rejects.toThrow(`The last good checkpoint is kept, ${newest}`);
    await expect(failed).rejects.toThrow(`--resume --force --out ${run} --set learningRate=`);
    expect(existsSync(join(run, "lock.json"))).toBe(false);
    const tamed = { ...config, schedule: steep(0.1) };
    const { tasks } = await resumeExperiment(run, undefined, { force: true, config: tamed });
    expect(tasks).toHaveLength(3);
    expect(readFileSync(join(run, "config.yaml"), "utf8")).toContain("factor: 0.1");
  });

  test.each([
    ["head", { name: "tuned", learningRate: 1e30 }],
    ["adaptation", { name: "full", epochs: 3, learningRate: 1e30 }],
  ])("names the learning rate that it is about: that of the %s", async (key, wild) => {
    const folder = temporaryFolder();
    const run = join(folder, "run");
    const failed = startExperiment(
      run,
      smallConfig(folder, { learner: smallLearner({ [key]: wild }) }),
    );
    await expect(failed).rejects.toMatchObject({
      code: "LOSS_NOT_FINITE",
      problem: { setting: `learner.${key}.learningRate` },
    });
    await expect(failed).rejects.toThrow(` --set learner.${key}.learningRate=`);
    const tamed = smallLearner({ [key]: { ...wild, learningRate: 1e-3 } });
    const config = smallConfig(folder, { learner: tamed });
    const { tasks } = await resumeExperiment(run, undefined, { force: true, config });
    expect(tasks).toHaveLength(3);
  });

  test("leaves no checkpoint with numbers that are not finite", async () => {
    const folder = temporaryFolder();
    const run = join(folder, "run");
    const failed = startExperiment(run, smallConfig(folder, diverging), { checkpointInterval: 0 });
    await expect(failed).rejects.toMatchObject({ code: "LOSS_NOT_FINITE" });
    const names = readdirSync(join(run, "checkpoints"));
    expect(names).toHaveLength(2);
    for (const name of names) {
      const file = join(run, "checkpoints", name);
      for (const { data } of decodeSafetensors(readFileSync(file), file).tensors.values()) {
        expect(Array.from(data, Number).every(Number.isFinite)).toBe(true);
      }
    }
  });
});

function flipByte(file: string): void {
  const bytes = readFileSync(file);
  const middle = Math.floor(bytes.length / 2);
  bytes[middle] = (bytes[middle] as number) ^ 1;
  writeFileSync(file, bytes);
}
