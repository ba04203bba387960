import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { ItamlError } from "../../base/errors.js";

/** Characters of what a command may say: a line for each of very many jobs. */
const MAXIMUM_OUTPUT = 2 ** 28;

/** What Slurm's commands say when they refuse, and what that means to who reads it. */
const REFUSALS: readonly (readonly [words: RegExp, summary: string, remedy: string])[] = [
  [
    /invalid partition/i,
    "the cluster has no such partition, or refuses it",
    "sinfo lists the partitions; choose one with --partition",
  ],
  [
    /(QOS|Assoc|Group)\w*(Submit|Job)\w*Limit|accounting\/QOS policy|job count limit|too many jobs/i,
    "the quota of jobs is full",
    "When some of your jobs have ended (squeue lists them), the same command goes on",
  ],
  [
    /invalid job array/i,
    "the sweep has more runs than an array may have",
    "scontrol show config says MaxArraySize; divide the sweep's seeds among several files",
  ],
  [
    /invalid account|account or/i,
    "the cluster refuses this account or partition",
    "sacctmgr show associations lists your accounts; choose one with --account",
  ],
];

const UNREACHABLE = /unable to contact|connection refused|socket timed out|connect failure/i;

/**
 * Runs a command of Slurm.
 *
 * @returns its standard output
 * @throws {ItamlError} QUEUE_UNAVAILABLE where there is no Slurm, or it doesn't answer; QUEUE_REFUSED with what it says
 */
export async function slurm(command: string, args: readonly string[]): Promise<string> {
  try {
    const { stdout } = await promisify(execFile)(command, args, { maxBuffer: MAXIMUM_OUTPUT });
    return stdout;
  } catch (error) {
    throw slurmError(command, error as NodeJS.ErrnoException & { stderr?: string });
  }
}

function slurmError(
  command: string,
  cause: NodeJS.ErrnoException & { stderr?: string },
): ItamlError {
  if (cause.code === "ENOENT") {
    return new ItamlError(
      "QUEUE_UNAVAILABLE",
      `there is no ${command} on the PATH`,
      { remedy: "Log in to a machine of the cluster, or leave --on slurm out to train here" },
      { cause },
    );
  }
  const said = (cause.stderr ?? cause.message).trim();
  const found = said.replaceAll(/^\w+: (error|fatal): /gm, "").replaceAll("\n", "; ");
  if (UNREACHABLE.test(said)) {
    return new ItamlError(
      "QUEUE_UNAVAILABLE",
      "Slurm doesn't answer",
      { where: command, found, remedy: "Try the same command again later" },
      { cause },
    );
  }
  const [, summary, remedy] = REFUSALS.find(([words]) => words.test(said)) ?? [
    undefined,
    "Slurm refuses",
    "Nothing was submitted; with other options the same command goes on",
  ];
  return new ItamlError("QUEUE_REFUSED", summary, { where: command, found, remedy }, { cause });
}
