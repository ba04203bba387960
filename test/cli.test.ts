import { execFile } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import sharp from "sharp";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { loadMnist } from "../src/data/mnist.js";
import { itaml, itamlHere, MAIN, type Outcome } from "./support/command-line.js";
import { temporaryFolder } from "./support/folder.js";
import { writeMadeMnist } from "./support/idx.js";
import { needs } from "./support/needs.js";

const SMALL = [
  "threads=1",
  "tasks=3",
  "epochs=6",
  "learningRate=0.05",
  "batchSize=16",
  "learner.memory=30",
  "continuum=5",
  "network.hidden=[16]",
].flatMap((setting) => ["--set", setting]);

const train = (...more: string[]) => ["train", "mnist", "--data", "data", ...SMALL, ...more];

test("the paper's bound is of first guesses, whatever counts as right", async () => {
  const folder = temporaryFolder();
  writeMadeMnist(join(folder, "data"));
  const changes = ["tasks=2", "classesPerTask=3", "epochs=1", "learner.head=logits"];
  const evaluated = async (top: number) => {
    const set = [...changes, `top=${top}`].flatMap((setting) => ["--set", setting]);
    await itamlHere(folder, train("--out", `top${top}`, ...set));
    const { stdout } = await itamlHere(folder, ["evaluate", `top${top}`, "--p", "1", "--json"]);
    return JSON.parse(stdout);
  };
  const [first, second] = [await evaluated(1), await evaluated(2)];
  expect(second.sweep[0].single.classAccuracy).toBeGreaterThan(first.sweep[0].single.classAccuracy);
  expect(second.requiredContinuum).toEqual(first.requiredContinuum);
});

test("a run from training to classifying", async () => {
  const folder = temporaryFolder();
  writeMadeMnist(join(folder, "data"));

  const trained = await itaml(folder, train("--out", "run", "--set", "learner.head=discriminant"));
  expect(trained).toMatchObject({ code: 0 });
  expect(trained.stdout).toMatch(/after task +classes +continuum \(p=5\) +task \(p=5\)/);
  expect(trained.stdout).toContain("forgetting");
  expect(trained.stdout).toContain("run/report.html");
  expect(trained.stderr).toContain("task 3 done (classes 4, 5)");
  expect(readFileSync(join(folder, "run/accuracy.svg"), "utf8")).toContain("<svg");

  const evaluated = await itaml(folder, ["evaluate", "run", "--p", "1,5,20,50"]);
  expect(evaluated).toMatchObject({ code: 0 });
  expect(evaluated.stdout).toContain("left out: p = 50");
  expect(evaluated.stdout).toContain("By the paper's bound a continuum needs");

  const written = readFileSync(join(folder, "run/report.html"), "utf8");
  expect(written).toContain("iTAML on MNIST");
  const reported = await itaml(folder, ["report", "run", "--out", "run/page.html"]);
  expect(reported).toMatchObject({ code: 0 });
  expect(reported.stdout).toMatch(/forgetting.*\n.*\n\nreport {2}run\/page\.html/);
  expect(readFileSync(join(folder, "run/page.html"), "utf8")).toBe(written);
  const programs = await itamlHere(folder, ["report", "run", "--json"]);
  expect(JSON.parse(programs.stdout)).toMatchObject([{ title: "run", results: { seed: 1 } }]);

  const exported = await itaml(folder, ["export", "run", "model.onnx"]);
  expect(exported.stdout).toContain("model.onnx: 6 classes after task 3");
  if (process.platform === "linux") {
    const piping = '"$0" "$1" export run /dev/stdout | cat > piped.onnx';
    await promisify(execFile)("sh", ["-c", piping, process.execPath, MAIN], { cwd: folder });
    const [piped, whole] = ["piped.onnx", "model.onnx"].map((name) =>
      readFileSync(join(folder, name)),
    );
    expect(piped).toEqual(whole);
  }

  const { test: images } = await loadMnist(join(folder, "data"));
  const pixels = new Uint8Array(784);
  const names: string[] = [];
  for (const index of [2, 3, 12, 13]) {
    images.source.read([index], pixels);
    const raw = { width: 28, height: 28, channels: 1 } as const;
    names.push(`digit${index % 10}-${index}.png`);
    await sharp(pixels, { raw })
      .png()
      .toFile(join(folder, names.at(-1) as string));
  }
  const classified = await itaml(folder, ["classify", "run", ...names, "--json"]);
  expect(JSON.parse(classified.stdout)).toEqual({
    task: 1,
    images: names.map((image) => ({ image, label: image.charAt(5) })),
  });

  const mixed = await itamlHere(folder, ["classify", "run", ...names, "--mixed"]);
  expect(mixed.stdout).toBe(names.map((name) => `${name}: ${name.charAt(5)} (task 2)\n`).join(""));
  const sure = await itamlHere(folder, ["classify", "run", ...names, "--at-least", "1", "--json"]);
  for (const { label, confidence } of JSON.parse(sure.stdout).images) {
    expect(label).toBe(undefined);
    expect(confidence).toBeGreaterThan(0.5);
  }

  await sharp(join(folder, names[0] as string))
    .resize(30, 31)
    .toFile(join(folder, "large.png"));
  const large = await itaml(folder, ["classify", "run", "large.png"]);
  expect(large.code).toBe(1);
  expect(large.stderr).toContain("large.png: a picture of another size; expected 28 × 28");
  const resized = await itamlHere(folder, ["classify", "run", "large.png", "--resize", "--each"]);
  expect(resized.code).toBe(0);
  const absent = await itamlHere(folder, ["classify", "run", "none.png"]);
  expect(absent.stderr).toContain("none.png: the file can't be read; found nothing of that name.");
});

test("interrupted and killed runs are continued to the same results", async (context) => {
  // Windows has no signals that a process can catch from another.
  needs(context, "POSIX", process.platform !== "win32");
  const folder = temporaryFolder();
  writeMadeMnist(join(folder, "data"));
  const results = (run: string) =>
    readFileSync(join(folder, run, "results.json"), "utf8").replace(
      /"(train|adapt|evaluate)": [\d.e-]+/g,
      "",
    );
  await itamlHere(folder, train("--out", "straight"));

  let signalled = false;
  const interrupted = await itaml(folder, train("--out", "stopped"), (text, kill) => {
    if (!text.includes("task 1 done") || signalled) return;
    signalled = true;
    kill("SIGINT");
  });
  expect(interrupted.code).toBe(130);
  expect(interrupted.stderr).toContain("itaml train --resume --out stopped");
  const resumed = await itamlHere(folder, ["train", "--resume", "--out", "stopped"]);
  expect(resumed).toMatchObject({ code: 0 });
  expect(results("stopped")).toBe(results("straight"));

  const killed = await itaml(folder, train("--out", "killed"), (text, kill) => {
    if (text.includes("task 2 done")) kill("SIGKILL");
  });
  expect(killed.code).toBe(null);
  await itamlHere(folder, [...train("--out", "killed"), "--resume"]);
  expect(results("killed")).toBe(results("straight"));

  const again = await itamlHere(folder, ["train", "--from-task", "2", "--out", "killed"]);
  expect(again).toMatchObject({ code: 0 });
  expect(results("killed")).toBe(results("straight"));

  const other = await itamlHere(folder, train("--out", "killed", "--resume", "--seed", "2"));
  expect(other.code).toBe(1);
  expect(other.stderr).toContain("started with another seed; expected 1; found 2");
});

test("a run in use is refused to others, read meanwhile, and changed by force alone", async (context) => {
  needs(context, "POSIX", process.platform !== "win32");
  const folder = temporaryFolder();
  writeMadeMnist(join(folder, "data"));
  const checkpoints = join(folder, "run/checkpoints");
  const inTurn = async (commands: readonly string[][]) => {
    const outcomes: Outcome[] = [];
    for (const words of commands) outcomes.push(await itamlHere(folder, words));
    return outcomes;
  };
  let meanwhile: Promise<Outcome[]> | undefined;
  const first = await itaml(
    folder,
    train("--out", "run", "--set", "epochs=[1, 100000]"),
    (text, kill) => {
      if (!text.includes("task 1 done") || meanwhile) return;
      meanwhile = inTurn([
        ["train", "--resume", "--out", "run"],
        ["report", "run"],
        ["evaluate", "run", "--p", "1"],
      ])
        .then(async (outcomes) => {
          // The second task is under way.
          const saved = () => existsSync(checkpoints) && readdirSync(checkpoints).length > 1;
          await vi.waitUntil(saved, { timeout: 60_000, interval: 20 });
          return outcomes;
        })
        .finally(() => kill("SIGTERM"));
    },
  );
  const [second, ...readers] = (await meanwhile) as Outcome[];
  expect(second?.code).toBe(1);
  expect(second?.stderr).toMatch(/process \d+ on .* trains in this run/);
  expect(readers).toMatchObject([{ code: 0 }, { code: 0 }]);
  expect(first.code).toBe(130);
  expect(first.stderr).toContain("Stopping after this mini-batch");
  expect(readdirSync(checkpoints)).toHaveLength(2);

  const set = ["--set", "epochs=2"];
  const refused = await itamlHere(folder, ["train", "--resume", "--out", "run", ...set]);
  expect(refused).toMatchObject({ code: 2 });
  expect(refused.stderr).toContain("change this one with --force");
  const forced = await itamlHere(folder, ["train", "--resume", "--force", "--out", "run", ...set]);
  expect(forced).toMatchObject({ code: 0 });
  expect(forced.stderr).toContain("going on with task 2, epoch ");
  expect(readdirSync(join(folder, "run")).sort()).toEqual([
    ...["accuracy.svg", "config.yaml", "events.jsonl", "report.html", "results.json", "tasks"],
  ]);
});

describe("wrong usage", () => {
  let base: string;
  beforeAll(() => {
    base = mkdtempSync(join(tmpdir(), "itaml-test-"));
  });
  afterAll(() => rmSync(base, { recursive: true }));

  test.each([
    [["--bogus"], 2, "unknown option '--bogus'"],
    [["train"], 2, "there is nothing to train"],
    [["train", "strokes", "--sed", "1"], 2, "Did you mean one of --seed, --set?"],
    [["train", "strokes", "--seed", "one"], 2, "expected a whole number"],
    [["train", "stroke"], 2, 'Did you mean "strokes"?'],
    [["train", "none.yaml"], 2, "none.yaml: the file can't be read"],
    [["train", "strokes", "--set", "toop=1"], 2, 'Did you mean "top"?'],
    [["train", "strokes", "--set", "beta"], 2, "expected key=value"],
    [["train", "strokes", "--seed", "1", "--set", "seed=2"], 2, "found 1 and seed=2"],
    [["train", "strokes", "--resume"], 2, "expected --out"],
    [["train", "strokes", "--force"], 2, "expected --resume or --from-task with it"],
    [["train", "strokes", "--take-over"], 2, "expected --resume or --from-task with it"],
    [["train", "--resume", "--out", "none"], 1, "there is no run here"],
    [["train", "mnist", "--data", "none"], 1, "found no such folder"],
    [["evaluate", "none"], 1, "made; found no such directory.\n"],
    [["data", "check", "minst"], 2, 'Did you mean "mnist"'],
  ])("%j", async (args, code, message) => {
    const outcome = await itamlHere(base, args);
    expect(outcome.stderr).toContain(message);
    expect(outcome.code).toBe(code);
    expect(outcome.stderr).not.toContain("    at ");
    expect(readdirSync(base)).toEqual([]);
  });

  test("standard output on a full disk", async (context) => {
    needs(context, "Linux", existsSync("/dev/full"));
    const command = 'exec "$0" "$1" list > /dev/full';
    const run = promisify(execFile)("sh", ["-c", command, process.execPath, MAIN]);
    await expect(run).rejects.toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/^ITAML_DISK_FULL: standard output: the disk is full.*\n$/),
    });
  });

  test("few open files", async (context) => {
    needs(context, "POSIX", process.platform !== "win32");
    const command = 'ulimit -n 40; exec "$0" "$1" data check strokes';
    const run = promisify(execFile)("sh", ["-c", command, process.execPath, MAIN]);
    await expect(run).rejects.toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/^ITAML_TOO_MANY_FILES: .*limit: ulimit -n 4096\n$/),
    });
  });

  test("errors are JSON for programs, on standard error alone", async () => {
    const args = ["train", "mnist", "--data", "none", "--json"];
    const { code, stdout, stderr } = await itaml(base, args);
    expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
    expect(JSON.parse(stderr)).toMatchObject({ error: { code: "DATASET_MISSING" } });
  });

  test.each<[string[], number, string]>([
    [["train", "strokes", "--data", "."], 2, "strokes is built in; expected none"],
    [["data", "check", "strokes", "--data", "."], 2, "strokes is built in; expected none"],
    [["train", "folder"], 1, "expected --data with their folder"],
    [["data", "check", "folder"], 1, "expected --data with their folder"],
    [["train", "strokes", "--set", "memory=3"], 2, 'Did you mean "learner.memory"?'],
    [["play", "--port", "65536"], 2, "expected a port from 0 to 65535"],
  ])("what can't be meant is said: %j", async (args, expected, said) => {
    const { code, stderr } = await itamlHere(base, args);
    expect({ code, stderr }).toEqual({ code: expected, stderr: expect.stringContaining(said) });
  });

  test("of the command itself ends with another code", async () => {
    const { code, stdout, stderr } = await itaml(base, ["trian"]);
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
    expect(stderr).toContain("Did you mean train?");
  });
});

test("help and the list of data sets", async () => {
  const folder = temporaryFolder();
  const help = await itaml(folder, ["--help"]);
  expect(help.code).toBe(0);
  for (const command of ["train", "evaluate", "classify", "report", "export", "data"]) {
    expect(help.stdout).toContain(command);
  }
  const list = await itaml(folder, ["data", "list", "--json"]);
  const [strokes, mnist] = JSON.parse(list.stdout);
  expect(strokes).toMatchObject({ name: "strokes", here: true, files: [] });
  expect(mnist).toMatchObject({ name: "mnist", here: false });
  expect(mnist.files[0]).toMatchObject({ checksum: { algorithm: "sha256" } });
  const byHand = await itamlHere(folder, ["data", "fetch", "imagenet"]);
  expect(byHand.code).toBe(2);
  expect(byHand.stderr).toContain("image-net.org");
  const check = await itaml(folder, ["data", "check", "strokes"]);
  expect(check.stdout).toContain("strokes: good");
  writeMadeMnist(join(folder, "data/mnist"));
  const wrong = await itamlHere(folder, ["data", "check", "mnist"]);
  expect(wrong.code).toBe(1);
  expect(wrong.stderr).toContain("the content is not that of the published file");
  expect(existsSync(join(folder, "runs"))).toBe(false);
});
