import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { onTestFinished } from "vitest";

/** Commands as Slurm's on the PATH, which say what a test wants and keep what they were told. */
export interface FakeSlurm {
  /** What each command was told, in order: `sbatch --parsable FILE`. */
  told(): string[];
  /** Lines of squeue, each element of an array by the script of its sweep. */
  queue(lines: readonly string[]): void;
  /** What a command says and refuses with from now on, where it is told a word; undefined ends that. */
  refuse(command: string, words: string | undefined, told?: string): void;
  readonly env: NodeJS.ProcessEnv;
}

/** Puts them on the PATH of this process, too, as long as the test lasts. */
export function fakeSlurm(folder: string): FakeSlurm {
  const bin = join(folder, "bin");
  mkdirSync(bin, { recursive: true });
  const answers: Record<string, string> = {
    // Numbers of jobs: 10, 11, …
    sbatch: `n=$(grep -c '^sbatch --p' "${bin}/told"); echo $((n + 9))`,
    squeue: `case "$*" in *--jobs=*) ;; *) cat "${bin}/queue" 2>/dev/null ;; esac; exit 0`,
    scancel: "",
    scontrol: 'echo "ClusterName             = here"',
  };
  for (const [name, answer] of Object.entries(answers)) {
    const script = `#!/bin/sh
echo "${name} $*" >>"${bin}/told"
if [ "$1" = --version ]; then exit; fi
if [ -f "${bin}/${name}.refusal" ]; then . "${bin}/${name}.refusal"; fi
${answer}
`;
    writeFileSync(join(bin, name), script, { mode: 0o755 });
  }
  const before = process.env.PATH;
  process.env.PATH = `${bin}:${before}`;
  onTestFinished(() => {
    process.env.PATH = before;
  });
  return {
    told: () =>
      existsSync(join(bin, "told"))
        ? readFileSync(join(bin, "told"), "utf8").trim().split("\n")
        : [],
    queue: (lines) => writeFileSync(join(bin, "queue"), lines.map((line) => `${line}\n`).join("")),
    refuse: (command, words, told = "") => {
      const file = join(bin, `${command}.refusal`);
      if (words === undefined) rmSync(file);
      else writeFileSync(file, `case "$*" in *${told}*) echo "${words}" >&2; exit 1 ;; esac\n`);
    },
    env: { ...process.env },
  };
}
