import { basename, resolve } from "node:path";
import type { IJob } from "kubernetes-models/batch/v1";
import { stringify } from "yaml";
import { ItamlError } from "../../base/errors.js";
import { part } from "../../base/part.js";
import * as z from "../../base/schema.js";
import { count } from "../../base/settings.js";
import { quoted, shellCommand } from "../../base/shell.js";
import type { Launcher } from "./launcher.js";
import { commandOptions, type PlannedRun, type PlannedSweep } from "./plan.js";

/** How often a run starts again that was ended from outside. */
const RESTARTS = 10;

/** An indexed Job, an index a run, as a manifest for `kubectl apply -f -`. */
export const kubernetes = part({
  name: "kubernetes",
  title: "a cluster with Kubernetes, by a manifest",
  source: "kubernetes.io/docs/concepts/workloads/controllers/job",
  settings: {
    image: z.string().describe("An image with itaml on its PATH."),
    claim: z
      .string()
      .describe(
        "A persistent volume claim, many may write to (ReadWriteMany): this folder, in a pod.",
      ),
    cpus: count.optional().describe("Cores of a run."),
    mem: z.string().optional().describe("Memory of a run, such as `8Gi`."),
    gpus: count.optional().describe("GPUs of a run (`nvidia.com/gpu`)."),
    concurrent: count.optional().describe("Runs at once, at most. Without: all."),
  },
  create: (settings): Launcher => ({
    script: (sweep, runs) => stringify(manifest(sweep, runs, settings), { lineWidth: 0 }),
    launch: async () => {
      throw new ItamlError("USAGE", "for Kubernetes there is a manifest alone", {
        where: "itaml sweep --on kubernetes",
        remedy: "With --dry-run it is printed, for kubectl apply -f -",
      });
    },
  }),
});

function manifest(
  { file, out, given }: PlannedSweep,
  runs: readonly PlannedRun[],
  settings: {
    image: string;
    claim: string;
    cpus?: number | undefined;
    mem?: string | undefined;
    gpus?: number | undefined;
    concurrent?: number | undefined;
  },
) {
  const { image, claim, cpus, mem, gpus, concurrent = runs.length } = settings;
  const folder = process.cwd();
  const command = ["itaml", "sweep", file, ...commandOptions({ ...given, out })];
  const resources = {
    ...(cpus !== undefined && { cpu: String(cpus) }),
    ...(mem !== undefined && { memory: mem }),
    ...(gpus !== undefined && { "nvidia.com/gpu": String(gpus) }),
  };
  return {
    apiVersion: "batch/v1",
    kind: "Job",
    metadata: { name: jobName(out) },
    spec: {
      ...{ completions: runs.length, parallelism: Math.min(concurrent, runs.length) },
      ...{ completionMode: "Indexed", backoffLimitPerIndex: RESTARTS },
      // A pod's successor doesn't start before it has ended: two never write to one run.
      podReplacementPolicy: "Failed",
      podFailurePolicy: {
        // A run that fails by itself would fail again.
        rules: [
          {
            action: "FailIndex",
            onExitCodes: { containerName: "run", operator: "In", values: [1, 2] },
          },
        ],
      },
      template: {
        spec: {
          restartPolicy: "Never",
          containers: [
            {
              ...{ name: "run", image, workingDir: folder },
              command: ["sh", "-c", script(command, runs)],
              env: [
                fromField("JOB_UID", "metadata.labels['batch.kubernetes.io/controller-uid']"),
                fromField(
                  "ITAML_JOB_START",
                  "metadata.annotations['batch.kubernetes.io/job-index-failure-count']",
                ),
              ],
              ...(Object.keys(resources).length > 0 && { resources: { limits: resources } }),
              volumeMounts: [{ name: "sweep", mountPath: folder }],
            },
          ],
          volumes: [{ name: "sweep", persistentVolumeClaim: { claimName: claim } }],
        },
      },
    },
  } satisfies IJob;
}

/** What a pod runs: of all runs the one with its index. */
function script(command: readonly string[], runs: readonly PlannedRun[]): string {
  return `set -- \\
${runs.map(({ name }) => `  ${quoted(name)}`).join(" \\\n")}
shift "$JOB_COMPLETION_INDEX"
export ITAML_JOB="kubernetes $JOB_UID $JOB_COMPLETION_INDEX"
exec ${shellCommand(command)} --only "$1"
`;
}

function fromField(name: string, fieldPath: string) {
  return { name, valueFrom: { fieldRef: { fieldPath } } };
}

/** A label of DNS, with room for what Kubernetes adds. */
function jobName(out: string): string {
  const name = basename(resolve(out))
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, "-");
  return `itaml-${name}`.slice(0, 50).replace(/-+$/, "");
}
