import { spawn, spawnSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { userInfo } from "node:os";
import { join } from "node:path";
import { beforeEach, describe, expect, test, vi } from "vitest";
import { type SweepOptions, sweep } from "../src/cli/commands/sweep.js";
import { itaml, itamlHere } from "./support/command-line.js";
import { fakeSlurm } from "./support/fake-slurm.js";
import { temporaryFolder } from "./support/folder.js";
import { needs } from "./support/needs.js";
import { printedBy } from "./support/printed.js";

beforeEach((context) => needs(context, "POSIX", process.platform !== "win32"));

const RUNS = ["a-seed1", "a-seed2", "b-seed1", "b-seed2"];
const SMALL = { threads: [1], tasks: [2], epochs: [1], "network.hidden": [[8]] };

/** A sweep of four runs in a folder, and the fake Slurm there. */
function prepared(changes: object = {}) {
  const folder = temporaryFolder();
  const file = join(folder, "sweep.yaml");
  const out = join(folder, "runs");
  const write = (more: object) => {
    const variants = { a: {}, b: { learner: "finetuning" } };
    writeFileSync(
      file,
      JSON.stringify({ base: "strokes", out, seeds: [1, 2], grid: SMALL, variants, ...more }),
    );
  };
  write(changes);
  return { folder, file, out, write, slurm: fakeSlurm(folder) };
}

/** What the command prints; in this process, so that it is quick. */
async function run(file: string, options: SweepOptions): Promise<{ out: string; err: string }> {
  const { stdout: out, stderr: err } = await printedBy(() => sweep(file, options));
  return { out, err };
}

const onSlurm = (file: string, options: SweepOptions = {}) =>
  run(file, { on: "slurm", ...options });

/** As squeue says it. */
function element(out: string, index: number, state: string, reason = "None", script = 1): string {
  const node = state === "RUNNING" ? "node7" : "";
  return `10|${index}|${state}|${reason}|${node}|${out}/slurm/${script}.sh`;
}

describe("the script", () => {
  test("has the settings of the file and of the command line, and writes nothing", async () => {
    const on = { name: "slurm", partition: "long", mem: "2G", sbatchOptions: ["--qos=night"] };
    const { file, out, slurm } = prepared({ on, grid: { ...SMALL, threads: [3] } });
    const { out: script } = await run(file, {
      ...{
        dryRun: true,
        concurrent: 2,
        partition: "short",
        gres: "gpu:1",
        account: "us",
        time: "60",
      },
    });
    expect(script.match(/^#SBATCH .*/gm)).toEqual(
      [
        ...["job-name=runs", "array=0-3%2", `output="${out}/slurm/%A_%a.log"`, "open-mode=append"],
        ...["requeue", "signal=B:USR1@120", "cpus-per-task=3", "time=60", "gres=gpu:1", "mem=2G"],
        ...["partition=short", "account=us", "qos=night"],
      ].map((option) => `#SBATCH --${option}`),
    );
    expect(spawnSync("bash", ["-n"], { input: script })).toMatchObject({ status: 0 });
    expect(existsSync(out)).toBe(false);
    expect(slurm.told()).toEqual([]);
  });

  test("by hand, an element trains its run, and goes on with it in another turn", async () => {
    const { folder, slurm, write } = prepared();
    write({ out: "it's 100 %", grid: { ...SMALL, epochs: [400] } });
    const dry = await itaml(folder, ["sweep", "sweep.yaml", "--on", "slurm", "--dry-run"]);
    writeFileSync(join(folder, "edited.sh"), `${dry.stdout}# by hand\n`);
    const path = join(folder, "it's 100 %", RUNS[3] as string);
    const events = () =>
      existsSync(join(path, "events.jsonl"))
        ? readFileSync(join(path, "events.jsonl"), "utf8")
        : "";
    const turn = (restarts: number) => {
      const child = spawn("bash", ["edited.sh"], {
        cwd: folder,
        env: {
          ...slurm.env,
          ...{ SLURM_ARRAY_TASK_ID: "3", SLURM_ARRAY_JOB_ID: "7", SLURM_JOB_ID: "9" },
          ...{ SLURM_CLUSTER_NAME: "here", SLURM_JOB_USER: "me" },
          ...(restarts > 0 && { SLURM_RESTART_COUNT: String(restarts) }),
          // The turn has lasted that long.
          SECONDS: "100",
        },
      });
      return { child, code: new Promise((resolve) => child.on("exit", resolve)) };
    };
    const first = turn(0);
    await vi.waitUntil(() => events().includes('"epoch"'), { timeout: 50_000, interval: 20 });
    const lock = JSON.parse(readFileSync(join(path, "lock.json"), "utf8"));
    expect(lock).toMatchObject({ job: "slurm here me 9", start: 0 });
    first.child.kill("SIGUSR1");
    expect(await first.code).toBe(130);
    expect(slurm.told()).toEqual(["scontrol requeue 9"]);
    expect(readdirSync(join(path, "checkpoints"))).not.toEqual([]);

    // Its node went down in the next one.
    writeFileSync(join(path, "lock.json"), JSON.stringify({ ...lock, host: "elsewhere" }));
    const second = turn(1);
    await vi.waitUntil(() => /start.*start/s.test(events()), { timeout: 50_000, interval: 20 });
    second.child.kill("SIGTERM");
    spawnSync("kill", [String(JSON.parse(readFileSync(join(path, "lock.json"), "utf8")).pid)]);
    expect(await second.code).toBe(130);
    // Slurm itself puts back what it ends.
    expect(slurm.told()).toEqual(["scontrol requeue 9"]);
    const log = readFileSync(join(path, "job.log"), "utf8");
    expect(log).toMatch(
      /^--- job 7_3, start 0, on .*--- job 7_3, start 1, on .*going on with task/s,
    );
  });
});

describe("submitting", () => {
  test("hands over what is neither finished nor waiting, with the settings of then", async () => {
    const { file, out, slurm, write } = prepared();
    const first = await onSlurm(file);
    expect(first.out).toContain("job     10, 4 runs\nreport  job 11, when they have ended\n");
    expect(slurm.told().slice(1)).toEqual([
      `sbatch --parsable ${out}/slurm/1.sh`,
      `sbatch --parsable --dependency=afterany:10 ${out}/slurm/1-report.sh`,
    ]);
    expect(readdirSync(out).sort()).toEqual([...RUNS, "slurm"]);
    expect(readdirSync(join(out, "a-seed1"))).toEqual(["config.yaml"]);

    writeFileSync(join(out, "a-seed1/events.jsonl"), '{"kind":"done"}\n');
    slurm.queue([element(out, 1, "RUNNING"), element(out, 2, "PENDING", "Priority")]);
    const second = await onSlurm(file);
    expect(second.err).toContain("2 of 4 runs are in the queue");
    expect(second.out).toContain("job     12, 1 run\n");
    const script = readFileSync(join(out, "slurm/2.sh"), "utf8");
    expect(script).toContain("runs=(\n  b-seed2\n)");

    write({ grid: { ...SMALL, epochs: [2] } });
    rmSync(join(out, "a-seed1/events.jsonl"));
    await expect(onSlurm(file)).rejects.toThrow(
      /runs\/a-seed2: the run waits in the queue with other settings.*--cancel/,
    );
    slurm.queue([]);
    await onSlurm(file);
    expect(readFileSync(join(out, "a-seed2/config.yaml"), "utf8")).toContain("epochs: 2");
  });

  test("the commands that it prints have what was given", async () => {
    const { folder, file, slurm, write } = prepared({ base: "mnist" });
    const given = { out: join(folder, "others"), data: join(folder, "digits") };
    const places = `sweep ${file} --out ${given.out} --data ${given.data}`;
    expect((await onSlurm(file, given)).out).toContain(
      `status  itaml ${places} --status --watch\n`,
    );
    slurm.queue([element(given.out, 0, "PENDING")]);
    write({ base: "mnist", grid: { ...SMALL, epochs: [2] } });
    await expect(onSlurm(file, given)).rejects.toThrow(`itaml ${places} --cancel`);
  });

  test.each([
    ["error: invalid partition specified: no", "the cluster has no such partition"],
    [
      "error: AssocMaxSubmitJobLimit\nsbatch: error: Batch job submission failed: Job violates accounting/QOS policy (job submit limit, user's size and/or time limits)",
      "the quota of jobs is full",
    ],
    [
      "error: Batch job submission failed: Invalid job array specification",
      "more runs than an array",
    ],
    [
      "error: Batch job submission failed: Invalid account or account/partition combination specified",
      "refuses this account",
    ],
    ["error: Invalid --time specification", "Slurm refuses; found Invalid --time specification"],
  ])("refused: %s", async (words, message) => {
    const { file, out, slurm } = prepared();
    slurm.refuse("sbatch", `sbatch: ${words}`);
    const refused = onSlurm(file);
    await expect(refused).rejects.toMatchObject({ code: "QUEUE_REFUSED" });
    await expect(refused).rejects.toThrow(message);
    // Nothing is lost, nothing in the way.
    expect(readdirSync(join(out, "slurm"))).toEqual([]);
    expect(readdirSync(out)).toEqual(["slurm"]);
    slurm.refuse("sbatch", undefined);
    expect((await onSlurm(file)).out).toContain("4 runs");
  });

  test("a controller that doesn't answer may have taken it: the scripts stay", async () => {
    const { file, out, slurm } = prepared();
    slurm.refuse(
      "sbatch",
      "sbatch: error: Batch job submission failed: Socket timed out on send/recv operation",
    );
    await expect(onSlurm(file)).rejects.toMatchObject({ code: "QUEUE_UNAVAILABLE" });
    expect(readdirSync(join(out, "slurm"))).toEqual(["1-report.sh", "1.sh"]);
  });

  test("without sbatch nothing is written", async () => {
    const { file, out } = prepared();
    process.env.PATH = "/nowhere";
    await expect(onSlurm(file)).rejects.toThrow("there is no sbatch on the PATH");
    expect(existsSync(out)).toBe(false);
  });

  test("a job for the report that is refused is no loss", async () => {
    const { file, out, slurm } = prepared();
    slurm.refuse("sbatch", "sbatch: error: QOSMaxSubmitJobPerUserLimit", "afterany");
    const { out: said, err } = await onSlurm(file);
    expect(err).toMatch(/^warning: no job writes the report: .*the quota of jobs is full/);
    expect(said).toContain("job     10, 4 runs\nscript  ");
    expect(readdirSync(out).sort()).toEqual([...RUNS, "slurm"]);
  });

  test("a run that somebody trains is left out; the lock of a job that has ended is no hindrance", async () => {
    const { file, out, slurm } = prepared();
    await onSlurm(file);
    const lock = (name: string, changes: object) =>
      writeFileSync(
        join(out, name, "lock.json"),
        JSON.stringify({
          ...{ version: 1, id: crypto.randomUUID(), pid: 1, host: "node8", since: "then" },
          ...changes,
        }),
      );
    const me = userInfo().username;
    lock("a-seed1", {});
    lock("a-seed2", { job: `slurm here ${me} 5`, start: 0 });
    lock("b-seed1", { job: `slurm there ${me} 5`, start: 0 });
    lock("b-seed2", { job: "slurm here another 5", start: 0 });
    const { out: said, err } = await onSlurm(file);
    expect(said).toContain("1 run\n");
    expect(err.match(/left out: .*process 1 on node8/g)).toHaveLength(3);
    expect(err).toMatch(/left out: .*a-seed1.*can't be told from this machine/);
    expect(slurm.told()).toContain("squeue --noheader --format=%T --jobs=5");
    expect(existsSync(join(out, "a-seed2/lock.json"))).toBe(false);
    expect(existsSync(join(out, "b-seed1/lock.json"))).toBe(true);
  });
});

describe("afterwards", () => {
  const event = (content: object) => `${JSON.stringify(content)}\n`;
  const epoch = (task: number, number: number) =>
    event({ kind: "epoch", task, epoch: number, learningRate: 1, loss: 1, seconds: 10 });

  test("the status is what the queue and the runs say", async () => {
    const { file, out, slurm } = prepared({ seeds: [1, 2, 3, 4], grid: { ...SMALL, epochs: [3] } });
    const before = await run(file, { status: true });
    expect(before.out).toMatch(/^8 runs: 8 new\n/);
    await onSlurm(file);
    slurm.queue([element(out, 0, "RUNNING"), element(out, 1, "PENDING", "Priority")]);
    const start = event({ kind: "start", firstTask: 0, tasks: 2 });
    const write = (name: string, events: string, log?: string) => {
      writeFileSync(join(out, name, "events.jsonl"), events);
      if (log !== undefined) writeFileSync(join(out, name, "job.log"), log);
    };
    write("a-seed1", start + epoch(0, 0) + epoch(0, 1));
    write("a-seed3", start + event({ kind: "done" }));
    const stopped = event({ kind: "stopped", message: "ITAML_INTERRUPTED: it was stopped." });
    write("a-seed4", start + stopped);
    const diverged = "ITAML_LOSS_NOT_FINITE: task 1: loss is NaN.";
    write("b-seed1", start + event({ kind: "stopped", message: diverged }));
    // Stopped, and in its next turn refused before it began.
    const turns =
      "--- job 9_5, start 0, on n\nITAML_INTERRUPTED: x.\n--- job 10_5, start 1, on n\n";
    write("b-seed2", start + stopped, `${turns}ITAML_DATASET_MISSING: it isn't there.\n`);
    write("b-seed3", start + epoch(0, 0) + stopped, "--- job 10_6, start 0, on n\n");
    writeFileSync(
      join(out, "slurm/10_6.log"),
      "slurmstepd: error: *** JOB 4 CANCELLED DUE TO TIME LIMIT ***\n",
    );
    const { out: said } = await run(file, { status: true });
    expect(said.split("\n").map((line) => line.replaceAll(/ +/g, " "))).toEqual([
      "8 runs: 1 done, 1 new, 1 waiting, 1 stopped, 1 running, 3 failed",
      `b-seed1 failed task 1/2 epoch 1/3 ${diverged}`,
      "b-seed2 failed task 1/2 epoch 1/3 ITAML_DATASET_MISSING: it isn't there.",
      "b-seed3 failed task 1/2 epoch 2/3 slurmstepd: error: *** JOB 4 CANCELLED DUE TO TIME LIMIT ***",
      "a-seed1 running task 1/2 epoch 3/3 about 0:40 left node7",
      "a-seed4 stopped task 1/2 epoch 1/3",
      "a-seed2 waiting Priority",
      "b-seed4 new",
      "a-seed3 done",
      "",
    ]);
    const { out: json } = await run(file, { status: true, json: true });
    expect(JSON.parse(json)[0]).toMatchObject({
      ...{ name: "a-seed1", state: "running", note: "node7" },
      progress: { task: 0, tasks: 2, epoch: 2, epochs: 3, secondsLeft: 40 },
    });

    await onSlurm(file, { retry: true });
    const script = readFileSync(join(out, "slurm/2.sh"), "utf8");
    expect(script).toContain("runs=(\n  b-seed1\n  b-seed2\n  b-seed3\n)");

    slurm.refuse(
      "squeue",
      "slurm_load_jobs error: Unable to contact slurm controller (connect failure)",
    );
    const { out: alone } = await run(file, { status: true });
    expect(alone).toContain(
      "What waits isn't known: ITAML_QUEUE_UNAVAILABLE: squeue: Slurm doesn't answer",
    );
    expect(alone).toMatch(/1 done, 2 new/);
    await expect(onSlurm(file)).rejects.toMatchObject({ code: "QUEUE_UNAVAILABLE" });
  });

  test("all of its jobs are cancelled, and no others", async () => {
    const { file, out, slurm } = prepared();
    await expect(run(file, { cancel: true })).rejects.toThrow("the sweep is in no queue");
    await onSlurm(file);
    slurm.queue([
      ...[0, 1, 2, 3].map((i) => element(out, i, "PENDING", "JobHeldUser")),
      `11|N/A|PENDING|Dependency||${out}/slurm/1-report.sh`,
      "12|N/A|RUNNING|None|node7|/home/me/other work|1.sh",
      "13|0|RUNNING|None|node7|/elsewhere/slurm/1.sh",
    ]);
    expect((await run(file, { cancel: true })).err).toContain("4 taken out of the queue");
    expect(slurm.told().at(-1)).toBe("scancel 10 11");
    slurm.queue([]);
    expect((await run(file, { status: true })).out).toMatch(/^4 runs: 4 new\n/);
    expect((await onSlurm(file)).out).toContain("4 runs");
  });

  test("the report is of what is done, by a job's command", async () => {
    const { folder, file, out } = prepared({ variants: { a: {} } });
    await onSlurm(file);
    const only = await itamlHere(folder, ["sweep", file, "--only", "a-seed2"]);
    expect(only).toMatchObject({ code: 0 });
    expect(existsSync(join(out, "a-seed2/results.json"))).toBe(true);
    const again = await itamlHere(folder, ["sweep", file, "--only", "a-seed2", "--out", out]);
    expect(again).toMatchObject({ code: 0, stderr: "a-seed2 is finished already\n" });
    const { out: table, err } = await run(file, { report: true });
    expect(table).toMatch(/^a +1 +2 +[\d.]+/m);
    expect(err).toMatch(/not in the report:\na-seed1 +new/);
    expect(existsSync(join(out, "report.html"))).toBe(true);
    await expect(run(file, { only: "a-seed3" })).rejects.toThrow('Did you mean "a-seed');
  });
});

test.each([
  [{ on: "slurn" }, /on.name: there is nothing of that name.*Did you mean "slurm"/],
  [{ on: "slurm", jobs: 2 }, /itaml sweep: unknown key "on.jobs"/],
  [{ on: "local", partition: "long" }, /itaml sweep: unknown key "on.partition"/],
  [{ on: "slurm", partition: "a b" }, /expected no spaces/],
  [{ on: "slurm", sbatchOptions: ["qos=x"] }, /expected an option of sbatch/],
  [{ on: "kubernetes" }, /on.image/],
])("settings of another launcher are refused: %o", async (options, message) => {
  const { file } = prepared();
  await expect(run(file, options)).rejects.toThrow(message);
});
