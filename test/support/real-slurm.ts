import { type ChildProcess, execFileSync, spawn, spawnSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { hostname, tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished, vi } from "vitest";

/** Nodes of one core each, all of them this machine. */
export const NODES = ["n1", "n2"] as const;

/** Of the controller; the nodes have those after it. */
const PORT = 16_917;

/** A Slurm of two nodes on this machine. */
export interface RealSlurm {
  /** Runs one of its commands. */
  slurm(command: string, ...args: string[]): string;
  /** A node as after a power cut: all that runs there ends at once, without a word. */
  cutPower(node: (typeof NODES)[number]): void;
}

/**
 * Starts a Slurm that lives as long as the test, and makes it that of this process's environment.
 * A folder that its jobs write to is made before it: what was made last goes first.
 *
 * @returns undefined where it isn't installed, or may not be started: only root may, on Linux
 */
export async function realSlurm(): Promise<RealSlurm | undefined> {
  const missing = ["slurmctld", "slurmd", "munged"].some(
    (program) => spawnSync("which", [program]).status !== 0,
  );
  if (process.platform !== "linux" || process.getuid?.() !== 0 || missing) return undefined;
  const folder = mkdtempSync(join(tmpdir(), "itaml-slurm-"));
  // The socket of munge has to be within everybody's reach.
  chmodSync(folder, 0o755);
  for (const name of ["state", ...NODES]) mkdirSync(join(folder, name));
  const key = join(folder, "munge.key");
  writeFileSync(key, randomBytes(128), { mode: 0o400 });
  vi.stubEnv("SLURM_CONF", join(folder, "slurm.conf"));
  writeFileSync(join(folder, "slurm.conf"), configuration(folder));
  const munge = ["socket", "pid-file", "log-file", "seed-file"].map(
    (name) => `--${name}=${join(folder, `munge.${name}`)}`,
  );
  const daemons = [spawn("munged", ["--foreground", "--force", `--key-file=${key}`, ...munge])];
  onTestFinished(async () => {
    spawnSync("scancel", ["--user=root"]);
    await vi.waitUntil(() => processesOf(() => true).length === 0, WAITING);
    for (const daemon of daemons.reverse()) await end(daemon);
    vi.unstubAllEnvs();
    rmSync(folder, { recursive: true, force: true });
  });
  await vi.waitUntil(() => readdirSync(folder).includes("munge.socket"), WAITING);
  daemons.push(spawn("slurmctld", ["-i", "-D"]));
  const nodes = NODES.map((node) => spawn("slurmd", ["-D", "-N", node]));
  daemons.push(...nodes);
  const slurm = (command: string, ...args: string[]) =>
    execFileSync(command, args, { encoding: "utf8" });
  await vi.waitUntil(
    () => spawnSync("sinfo", ["--noheader", "--format=%T"]).stdout.toString().trim() === "idle",
    WAITING,
  );
  return {
    slurm,
    cutPower: (node) => {
      nodes[NODES.indexOf(node)]?.kill("SIGKILL");
      for (const pid of processesOf((name) => name === node)) process.kill(pid, "SIGKILL");
      slurm("scontrol", "update", `nodename=${node}`, "state=down", "reason=power");
    },
  };
}

const WAITING = { timeout: 60_000, interval: 200 };

function configuration(folder: string): string {
  const nodes = NODES.map(
    (node, i) =>
      `NodeName=${node} NodeHostname=${hostname()} NodeAddr=127.0.0.1 Port=${PORT + 1 + i} CPUs=1 RealMemory=1000`,
  );
  return `ClusterName=test
SlurmctldHost=${hostname()}(127.0.0.1)
SlurmctldPort=${PORT}
SlurmUser=root
AuthType=auth/munge
AuthInfo=socket=${folder}/munge.socket
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU
JobAcctGatherType=jobacct_gather/none
AccountingStorageType=accounting_storage/none
MpiDefault=none
PreemptMode=REQUEUE
PreemptType=preempt/partition_prio
StateSaveLocation=${folder}/state
SlurmdSpoolDir=${folder}/%n
SlurmctldPidFile=${folder}/slurmctld.pid
SlurmdPidFile=${folder}/%n.pid
SlurmctldLogFile=${folder}/slurmctld.log
SlurmdLogFile=${folder}/%n.log
${nodes.join("\n")}
PartitionName=main Nodes=ALL Default=YES PriorityTier=1
PartitionName=urgent Nodes=ALL PriorityTier=10
`;
}

/** Processes of this Slurm's jobs, each after the one of Slurm that looks after it. */
function processesOf(isNode: (name: string) => boolean): number[] {
  const read = (pid: string, file: string) => {
    try {
      return readFileSync(`/proc/${pid}/${file}`, "utf8");
    } catch {
      // It has ended.
      return "";
    }
  };
  const pids = readdirSync("/proc").filter((name) => /^\d+$/.test(name));
  return pids.flatMap((pid) => {
    const variables = read(pid, "environ").split("\0");
    if (!variables.includes(`SLURM_CONF=${process.env.SLURM_CONF}`)) return [];
    const node = variables.find((text) => text.startsWith("SLURMD_NODENAME="))?.split("=")[1];
    if (node === undefined || !isNode(node)) return [];
    const parent = /^PPid:\s*(\d+)/m.exec(read(pid, "status"))?.[1] as string;
    const keeper = read(parent, "comm").startsWith("slurmstepd") ? [Number(parent)] : [];
    return [...keeper, Number(pid)];
  });
}

function end(daemon: ChildProcess): Promise<unknown> | undefined {
  if (daemon.exitCode !== null || daemon.signalCode !== null) return undefined;
  const ended = new Promise((resolve) => daemon.once("exit", resolve));
  daemon.kill();
  return ended;
}
