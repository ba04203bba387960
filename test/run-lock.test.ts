import { spawnSync } from "node:child_process";
import { randomUUID } from "node:crypto";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test, vi } from "vitest";
import { type LockOwner, RunLock } from "../src/experiment/run-lock.js";
import { temporaryFolder } from "./support/folder.js";
import { needs } from "./support/needs.js";

/** A lock of this process with some of it changed, as another process would have left it. */
async function writeLock(folder: string, changes: Partial<LockOwner>, name = "lock.json") {
  const other = temporaryFolder();
  const lock = await RunLock.acquire(other);
  const own = JSON.parse(readFileSync(join(other, "lock.json"), "utf8")) as LockOwner;
  await lock.release();
  const owner = { ...own, id: randomUUID(), ...changes };
  writeFileSync(join(folder, name), JSON.stringify(owner));
  return owner;
}

/** The number of a process that has ended. */
function endedProcess(): number {
  return spawnSync(process.execPath, ["--version"]).pid;
}

test("a live owner is named, and nothing stays behind", async () => {
  const folder = temporaryFolder();
  const lock = await RunLock.acquire(folder);
  const second = RunLock.acquire(folder);
  await expect(second).rejects.toMatchObject({ code: "RUN_IN_USE" });
  await expect(second).rejects.toThrow(
    `process ${process.pid} on ${hostname()} trains in this run`,
  );
  await expect(second).rejects.toThrow(`kill ${process.pid}`);
  expect(readdirSync(folder)).toEqual(["lock.json"]);
  await lock.release();
  expect(readdirSync(folder)).toEqual([]);
  await (await RunLock.acquire(folder)).release();
});

test("the lock of an ended process is replaced", async () => {
  const folder = temporaryFolder();
  const { id } = await writeLock(folder, { pid: endedProcess() });
  const lock = await RunLock.acquire(folder);
  const owner = JSON.parse(readFileSync(join(folder, "lock.json"), "utf8"));
  expect(owner).toMatchObject({ pid: process.pid, host: hostname() });
  expect(owner.id).not.toBe(id);
  await lock.release();
});

test("a later process with the owner's number isn't taken for it", async (context) => {
  const folder = temporaryFolder();
  const { started } = await writeLock(folder, { started: "in another year" });
  needs(context, "Linux", started !== undefined && process.platform !== "win32");
  await (await RunLock.acquire(folder)).release();
});

test.each<[string, Partial<LockOwner>]>([
  ["host", { host: "elsewhere.example" }],
  ["container on this host", { processes: "pid:[1]" }],
])("another %s is not guessed about", async (_, changes) => {
  const folder = temporaryFolder();
  await writeLock(folder, { pid: endedProcess(), ...changes });
  const before = readFileSync(join(folder, "lock.json"), "utf8");
  const refused = RunLock.acquire(folder);
  await expect(refused).rejects.toMatchObject({ code: "RUN_IN_USE" });
  await expect(refused).rejects.toThrow(
    `can't be told from this machine. If it doesn't, go on with: itaml train --resume --take-over --out ${folder}`,
  );
  if (changes.host) await expect(refused).rejects.toThrow(changes.host);
  expect(readFileSync(join(folder, "lock.json"), "utf8")).toBe(before);
  expect(readdirSync(folder)).toEqual(["lock.json"]);
});

test("an earlier start of the same job is gone, and so is a job that its queue has ended", async () => {
  const folder = temporaryFolder();
  vi.stubEnv("ITAML_JOB", "slurm here me 7");
  vi.stubEnv("ITAML_JOB_START", "1");
  onTestFinished(() => {
    vi.unstubAllEnvs();
  });
  const elsewhere = { host: "elsewhere.example", job: "slurm here me 7" };
  for (const changes of [{ start: 1 }, { start: 0, job: "slurm here me 8" }, { start: 2 }]) {
    await writeLock(folder, { ...elsewhere, ...changes });
    await expect(RunLock.acquire(folder)).rejects.toMatchObject({ code: "RUN_IN_USE" });
  }
  await writeLock(folder, { ...elsewhere, start: 0 });
  await (await RunLock.acquire(folder)).release();

  const isEnded = async (job: string) => job.endsWith("8");
  await writeLock(folder, { ...elsewhere, start: 1 });
  await expect(RunLock.acquire(folder, { isEnded })).rejects.toMatchObject({ code: "RUN_IN_USE" });
  expect(await RunLock.holder(folder, { isEnded })).toMatchObject({ host: "elsewhere.example" });
  await writeLock(folder, { ...elsewhere, start: 0, job: "slurm here me 8" });
  expect(await RunLock.holder(folder, { isEnded })).toBe(undefined);
  await (await RunLock.acquire(folder, { isEnded })).release();
  expect(readdirSync(folder)).toEqual([]);
});

test("a lock that can't be read is left to the user", async () => {
  const folder = temporaryFolder();
  writeFileSync(join(folder, "lock.json"), "");
  await expect(RunLock.acquire(folder)).rejects.toThrow(/the lock can't be read.*remove that file/);
});

test("of many that find a stale lock at once, one gets it", async () => {
  for (let round = 0; round < 20; round++) {
    const folder = temporaryFolder();
    await writeLock(folder, { pid: endedProcess() });
    const outcomes = await Promise.allSettled(
      Array.from({ length: 8 }, () => RunLock.acquire(folder)),
    );
    const got = outcomes.filter(({ status }) => status === "fulfilled");
    expect(got).toHaveLength(1);
    for (const outcome of outcomes) {
      if (outcome.status === "rejected") expect(outcome.reason.code).toBe("RUN_IN_USE");
    }
    expect(readdirSync(folder)).toEqual(["lock.json"]);
  }
});

test("what a process left that was killed while it took a stale lock is no hindrance", async () => {
  const folder = temporaryFolder();
  const pid = endedProcess();
  const stale = await writeLock(folder, { pid });
  await writeLock(folder, { pid }, `lock.json.${stale.id}`);
  await writeLock(folder, { pid }, `lock.json.${randomUUID()}.new`);
  for (const half of ["", '{"version":1,"id":"']) {
    writeFileSync(join(folder, `lock.json.${randomUUID()}.new`), half);
  }
  const lock = await RunLock.acquire(folder);
  expect(readdirSync(folder)).toEqual(["lock.json"]);
  await lock.release();
});

test("one of elsewhere is taken over where that is asked for, one of here is not", async () => {
  const folder = temporaryFolder();
  await writeLock(folder, { host: "elsewhere.example" });
  const first = await RunLock.acquire(folder, { takeOver: true });
  await first.refuseTakenOver();
  const second = RunLock.acquire(folder, { takeOver: true });
  await expect(second).rejects.toMatchObject({ code: "RUN_IN_USE" });

  // Who was taken over by mistake writes no more, and leaves the other's lock alone.
  const other = await writeLock(folder, { host: "elsewhere.example" });
  await expect(first.refuseTakenOver()).rejects.toThrow(
    `process ${other.pid} on elsewhere.example has taken the run over`,
  );
  await first.release();
  expect(readdirSync(folder)).toEqual(["lock.json"]);
});
