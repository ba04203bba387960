import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test, vi } from "vitest";
import { itaml, readEvents } from "./support/command-line.js";
import { contentOf } from "./support/experiment.js";
import { temporaryFolder } from "./support/folder.js";
import { needs } from "./support/needs.js";
import { realSlurm } from "./support/real-slurm.js";

const RUNS = ["a-seed1", "a-seed2", "a-seed3", "b-seed1", "b-seed2", "b-seed3"];

test("a sweep on Slurm, with a run killed, one preempted and a node gone: the bytes of a local one", async (context) => {
  const folder = temporaryFolder();
  const cluster = await realSlurm();
  needs(context, "Slurm", cluster, "slurm-wlm and munge, root, Linux");
  const { slurm, cutPower } = cluster;
  writeFileSync(
    join(folder, "sweep.yaml"),
    JSON.stringify({
      ...{ base: "strokes", seeds: [1, 2, 3], variants: { a: {}, b: { learner: "finetuning" } } },
      grid: { threads: [1], tasks: [2], epochs: [40] },
      ...{ out: "on slurm", on: { name: "slurm", concurrent: 2, time: 60 } },
    }),
  );
  const sweep = (...args: string[]) => itaml(folder, ["sweep", "sweep.yaml", ...args]);
  const out = join(folder, "on slurm");
  const path = (name: string) => join(out, name);
  expect(await sweep("--on", "local", "--out", "local")).toMatchObject({ code: 0 });
  const submitted = await sweep();
  expect(submitted, submitted.stderr).toMatchObject({ code: 0 });

  let most = 0;
  /** Runs that are trained now, with the nodes that they are on. */
  const running = () => {
    const lines = slurm("squeue", "--noheader", "--array", "--states=running", "--format=%K %N");
    const elements = lines.split("\n").filter((line) => /^\d/.test(line));
    most = Math.max(most, elements.length);
    return elements.map((line) => {
      const [index, node] = line.split(" ") as [string, string];
      return { name: RUNS[Number(index)] as string, node };
    });
  };
  /** A run that nothing has happened to yet, in the middle of its training. */
  const touched: string[] = [];
  const inTheMiddle = async (wanted: (node: string) => boolean) => {
    const found = await vi.waitUntil(
      () =>
        running().find(({ name, node }) => {
          if (touched.includes(name) || !wanted(node)) return false;
          if (!existsSync(join(path(name), "events.jsonl"))) return false;
          const { length } = readEvents(path(name)).filter(({ kind }) => kind === "epoch");
          return length > 3 && length < 60;
        }),
      { timeout: 300_000, interval: 100 },
    );
    touched.push(found.name);
    return found;
  };

  const killed = await inTheMiddle(() => true);
  const lock = JSON.parse(readFileSync(join(path(killed.name), "lock.json"), "utf8"));
  process.kill(lock.pid, "SIGKILL");

  const preempted = await inTheMiddle(() => true);
  slurm(
    "sbatch",
    "--partition=urgent",
    `--nodelist=${preempted.node}`,
    "--output=/dev/null",
    "--wrap=sleep 1",
  );

  const lost = await inTheMiddle((node) => node === "n2");
  cutPower("n2");

  // What is put back waits for two minutes, unless it is told not to.
  await vi.waitUntil(
    () => {
      running();
      const waiting = slurm(
        "squeue",
        "--noheader",
        "--array",
        "--states=pending",
        "--format=%i %r",
      );
      for (const [, job] of waiting.matchAll(/^(\S+) BeginTime/gm)) {
        slurm("scontrol", "update", `jobid=${job}`, "StartTime=now");
      }
      return slurm("squeue", "--noheader") === "";
    },
    { timeout: 900_000, interval: 500 },
  );
  expect(most).toBe(2);
  const status = await sweep("--status");
  expect(status.stdout).toMatch(/^6 runs: 5 done, 1 failed\n/);
  expect(status.stdout).toMatch(new RegExp(`^${killed.name} +failed `, "m"));
  const report = join(out, "report.html");
  const first = readFileSync(report, "utf8");
  for (const { name } of [preempted, lost]) {
    expect(readFileSync(join(path(name), "job.log"), "utf8"), name).toMatch(/, start 1, on /);
  }
  expect(readEvents(path(preempted.name)).map(({ kind }) => kind)).toContain("stopped");
  expect(readEvents(path(lost.name)).map(({ kind }) => kind)).not.toContain("stopped");

  const again = await sweep();
  expect(again.stdout, again.stderr).toContain(", 1 run\n");
  await vi.waitUntil(() => slurm("squeue", "--noheader") === "", {
    ...{ timeout: 300_000, interval: 500 },
  });
  for (const name of RUNS) {
    expect(contentOf(path(name)), name).toEqual(contentOf(join(folder, "local", name)));
  }
  expect(readFileSync(report, "utf8")).not.toBe(first);
  expect((await sweep("--status")).stdout).toMatch(/^6 runs: 6 done\n/);
});

test("Slurm's own words are understood, and a sweep that is cancelled goes on", async (context) => {
  const folder = temporaryFolder();
  const cluster = await realSlurm();
  needs(context, "Slurm", cluster, "slurm-wlm and munge, root, Linux");
  const grid = { threads: [1], tasks: [2], epochs: [300] };
  writeFileSync(
    join(folder, "sweep.yaml"),
    JSON.stringify({ base: "strokes", seeds: [1], out: "runs", grid, on: "slurm" }),
  );
  const sweep = (...args: string[]) => itaml(folder, ["sweep", "sweep.yaml", ...args]);
  const refused = await sweep("--partition", "none");
  expect(refused).toMatchObject({ code: 1 });
  expect(refused.stderr).toMatch(/ITAML_QUEUE_REFUSED: sbatch: the cluster has no such partition/);

  expect(await sweep()).toMatchObject({ code: 0 });
  const events = join(folder, "runs/strokes-seed1/events.jsonl");
  const seen = (text: string) => existsSync(events) && readFileSync(events, "utf8").includes(text);
  await vi.waitUntil(() => seen('"epoch"'), { timeout: 120_000, interval: 100 });
  expect((await sweep("--status")).stdout).toMatch(/^1 run: 1 running\n.* n[12]$/m);
  expect((await sweep("--cancel")).stderr).toContain("1 taken out of the queue");
  await vi.waitUntil(() => seen("ITAML_INTERRUPTED"), { timeout: 120_000, interval: 100 });
  await vi.waitUntil(() => cluster.slurm("squeue", "--noheader") === "", {
    ...{ timeout: 120_000, interval: 100 },
  });
  expect((await sweep("--status")).stdout).toMatch(/^1 run: 1 stopped\n/);
  expect((await sweep()).stdout).toContain(", 1 run\n");
  await vi.waitUntil(() => /"firstTask":.*"firstTask":/s.test(readFileSync(events, "utf8")), {
    ...{ timeout: 120_000, interval: 100 },
  });
  expect(await sweep("--cancel")).toMatchObject({ code: 0 });
});
