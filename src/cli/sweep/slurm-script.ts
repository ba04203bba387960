import { basename, join, resolve } from "node:path";
import { quoted, shellCommand, unquoted } from "../../base/shell.js";
import { JOB_LOG } from "../../experiment/run-directory.js";
import { commandOptions, type PlannedRun, type PlannedSweep } from "./plan.js";
import { MEMORY, thisProgram } from "./program.js";

/** What Slurm is told of the runs' jobs. */
export interface SlurmSettings {
  readonly partition?: string | undefined;
  readonly time?: string | number | undefined;
  readonly gres?: string | undefined;
  readonly account?: string | undefined;
  readonly cpus?: number | undefined;
  readonly mem?: string | number | undefined;
  readonly concurrent?: number | undefined;
  readonly sbatchOptions?: readonly string[] | undefined;
}

/** Seconds before the time limit at which a run is told of it. Slurm may say it up to a minute earlier. */
const NOTICE = 120;

/** Where the scripts of a sweep are, and what Slurm says of its jobs. */
export function slurmFolder(out: string): string {
  return join(resolve(out), "slurm");
}

/** The script of an array of jobs, an element a run. */
export function arrayScript(
  sweep: PlannedSweep,
  runs: readonly PlannedRun[],
  settings: SlurmSettings,
): string {
  const { cpus, concurrent, gres, mem, time } = settings;
  const threads = runs.map(({ config }) => config.threads ?? 0);
  const report = shellCommand(sweepCommand(sweep, "--report"));
  const options = {
    "job-name": jobName(sweep),
    array: `0-${runs.length - 1}${concurrent === undefined ? "" : `%${concurrent}`}`,
    output: logFile(sweep, "%A_%a"),
    "open-mode": "append",
    requeue: "",
    signal: `B:USR1@${NOTICE}`,
    "cpus-per-task": cpus ?? (Math.max(...threads) || undefined),
    ...{ time, gres, mem },
  };
  return `#!/bin/bash
# ${runs.length} runs of a sweep, an element each. By hand: sbatch FILE, and for the report of job N
# sbatch --dependency=afterany:N --wrap=${quoted(report)}
${directives(options, settings)}
runs=(
${runs.map(({ name }) => `  ${quoted(name)}`).join("\n")}
)
run=\${runs[$SLURM_ARRAY_TASK_ID]}
out=${quoted(resolve(sweep.out))}
mkdir -p "$out/$run"
exec >>"$out/$run/${JOB_LOG}" 2>&1
echo "--- job \${SLURM_ARRAY_JOB_ID}_$SLURM_ARRAY_TASK_ID, start \${SLURM_RESTART_COUNT:-0}, on $(hostname)"
# The lock of the run says whose it is: that of an earlier start of this job is no hindrance.
export ITAML_JOB="slurm $SLURM_CLUSTER_NAME $SLURM_JOB_USER $SLURM_JOB_ID"
export ITAML_JOB_START="\${SLURM_RESTART_COUNT:-0}"
${environment()}

# Slurm ends a job by TERM to all of its processes: the run has got it, too, and makes a checkpoint. USR1 says that the
# time limit comes: the run makes a checkpoint, and goes on in another turn.
trap : TERM
trap 'again=yes; kill -TERM "$pid"' USR1
${shellCommand(sweepCommand(sweep))} --only "$run" &
pid=$!
# A signal breaks a wait.
while wait "$pid"; code=$?; kill -0 "$pid" 2>/dev/null; do :; done
# After less than a minute it would go round without getting on.
if [ "$again" ] && [ "$code" = 130 ] && [ "$SECONDS" -gt 60 ]; then
  scontrol requeue "$SLURM_JOB_ID"
fi
exit "$code"
`;
}

/** The script of the job that writes the report. */
export function reportScript(sweep: PlannedSweep, settings: SlurmSettings): string {
  const options = {
    "job-name": `${jobName(sweep)}-report`,
    output: logFile(sweep, "%j-report"),
    "open-mode": "append",
  };
  return `#!/bin/bash
${directives(options, settings)}
${environment()}
exec ${shellCommand(sweepCommand(sweep, "--report"))}
`;
}

/** The names of the runs in a script that {@link arrayScript} made. */
export function runsOfScript(text: string): string[] {
  const list = /^runs=\(\n(.*?)^\)$/ms.exec(text)?.[1] ?? "";
  return list.split("\n").flatMap((line) => (line.trim() ? [unquoted(line.trim())] : []));
}

/** The job whose element wrote last to a run's log, as `12_3`. */
export function jobOfLog(log: string): string | undefined {
  return [...log.matchAll(/^--- job (\d+_\d+), /gm)].at(-1)?.[1];
}

function sweepCommand({ file, out, given }: PlannedSweep, ...more: string[]): string[] {
  const { data, plugin = [] } = given;
  const places = commandOptions({
    out: resolve(out),
    data: data === undefined ? undefined : resolve(data),
    plugin: plugin.map((module) => resolve(module)),
  });
  return [...thisProgram(), "sweep", resolve(file), ...places, ...more];
}

function directives(
  own: Readonly<Record<string, string | number | undefined>>,
  { partition, account, sbatchOptions = [] }: SlurmSettings,
): string {
  const options = Object.entries({ ...own, partition, account }).flatMap(([name, value]) => {
    if (value === undefined) return [];
    return [value === "" ? `--${name}` : `--${name}=${value}`];
  });
  return [...options, ...sbatchOptions].map((option) => `#SBATCH ${option}`).join("\n");
}

function environment(): string {
  return `export ${Object.entries(MEMORY)
    .map(([name, value]) => `${name}=${value}`)
    .join(" ")}`;
}

function jobName({ out }: PlannedSweep): string {
  return basename(resolve(out)).replaceAll(/[^\w.-]+/g, "-");
}

/** Of what Slurm itself says; it reads % as a pattern's. */
function logFile({ out }: PlannedSweep, pattern: string): string {
  return `"${slurmFolder(out).replaceAll("%", "%%")}/${pattern}.log"`;
}
