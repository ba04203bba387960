import { spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { type IJob, Job } from "kubernetes-models/batch/v1";
import { expect, test } from "vitest";
import { parse } from "yaml";
import { sweep } from "../src/cli/commands/sweep.js";
import { temporaryFolder } from "./support/folder.js";
import { needs } from "./support/needs.js";
import { printedBy } from "./support/printed.js";

/** The manifest of a sweep of three runs. */
async function manifest(): Promise<IJob> {
  const file = join(temporaryFolder(), "My sweep.yaml");
  writeFileSync(file, "base: strokes\nseeds: [1, 2, 3]\n");
  const { stdout } = await printedBy(() =>
    sweep(file, {
      ...{ on: "kubernetes", dryRun: true, image: "registry.example/itaml:1", claim: "shared" },
      ...{ concurrent: 2, cpus: 4, mem: "8Gi", gpus: 1 },
    }),
  );
  return parse(stdout);
}

test("the manifest is a Job by the published schema", async () => {
  const job = await manifest();
  expect(() => new Job(job).validate()).not.toThrow();
  expect(job).toMatchObject({
    metadata: { name: "itaml-my-sweep" },
    spec: { completions: 3, parallelism: 2, completionMode: "Indexed" },
  });
  // It says nothing of keys that it doesn't know: the compiler does, where the manifest is made.
  const wrong = { ...job.spec, completions: "3" } as unknown as IJob["spec"];
  expect(() => new Job({ ...job, spec: wrong }).validate()).toThrow();
});

test("a pod trains the run of its index", async (context) => {
  needs(context, "POSIX", process.platform !== "win32");
  const [container] = (await manifest()).spec?.template.spec?.containers ?? [];
  const script = (container?.command?.[2] ?? "").replace("exec itaml", "echo $ITAML_JOB: itaml");
  const { stdout } = spawnSync("sh", ["-c", script], {
    encoding: "utf8",
    env: { ...process.env, JOB_COMPLETION_INDEX: "1", JOB_UID: "u" },
  });
  expect(stdout).toMatch(/^kubernetes u 1: itaml sweep .* --only strokes-seed2\n$/);
});

test("nothing is submitted", async () => {
  const file = join(temporaryFolder(), "sweep.yaml");
  writeFileSync(file, "base: strokes\nseeds: [1]\n");
  await expect(sweep(file, { on: "kubernetes", image: "i", claim: "c" })).rejects.toThrow(
    /there is a manifest alone.*--dry-run.*kubectl apply -f -/,
  );
});
