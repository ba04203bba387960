// npm run bench: all benchmarks, or those named, as one table. See --help and docs/performance.md.
import { fork } from "node:child_process";
import { once } from "node:events";
import { dirname, join } from "node:path";
import { Command, InvalidArgumentError } from "commander";
import { ItamlError, nearestName } from "../src/base/errors.js";
import { reportError } from "../src/cli/failure.js";
import { thisMachine } from "../src/experiment/machine.js";
import { writeFileAtomically } from "../src/files/atomic-file.js";
import { makeFolder } from "../src/files/make-folder.js";
import { markdownTable, textTable } from "../src/report/table.js";
import { differences, type Page, pageTable, type Row, readPage } from "./page.js";
import type { Order } from "./part.js";
import { findPyTorch } from "./pytorch.js";
import type { Workload } from "./workload.js";
import { workloads } from "./workloads/index.js";

interface Options {
  readonly json?: string;
  readonly against?: string;
  readonly markdown?: boolean;
  readonly rounds: number;
  readonly data: string;
}

const about = workloads.map(({ name, about, onlyNamed }) => [
  `  ${name}`,
  `${about}${onlyNamed ? " (only where it is named)" : ""}`,
]);
const width = Math.max(...about.map(([name]) => name?.length ?? 0));

const program = new Command("npm run bench --")
  .description(
    "Measures how fast itaml is, beside PyTorch where a Python has it, and prints a table.",
  )
  .argument("[names...]", "the benchmarks to run; default: all that needn't be named")
  .option("--json <file>", "where the figures go; default: a file in runs/bench")
  .option("--against <file>", "compare with the figures of another run")
  .option("--markdown", "print the table as Markdown")
  .option("--rounds <n>", "how often everything is measured", rounds, 5)
  .option("--data <folder>", "with the folders mnist and cifar100", "data")
  .addHelpText(
    "after",
    ["\nBenchmarks:", ...about.map(([name, text]) => `${name?.padEnd(width)}  ${text}`)].join("\n"),
  )
  .action(run);

try {
  await program.parseAsync();
} catch (error) {
  process.exitCode = reportError(error);
}

function rounds(text: string): number {
  if (!/^[1-9]\d*$/.test(text)) throw new InvalidArgumentError("expected a whole number from 1.");
  return Number(text);
}

async function run(names: readonly string[], options: Options): Promise<void> {
  const chosen = chosenWorkloads(names);
  const before = options.against === undefined ? undefined : await readPage(options.against);
  const pytorch = findPyTorch();
  say(
    pytorch
      ? `beside PyTorch ${pytorch.version} of ${pytorch.python}`
      : "without PyTorch: no python3 or python here has it",
  );
  const machine = { ...thisMachine(), ...(pytorch && { pytorch: pytorch.version }) };
  const path =
    options.json ??
    join("runs/bench", `${new Date().toISOString().slice(0, 19).replaceAll(":", "-")}.json`);
  await makeFolder(dirname(path));
  let page: Page = { machine, rows: [] };
  const leftOut: string[] = [];
  const parts = chosen.flatMap(({ name, parts }) =>
    Object.keys(parts).map((part) => [name, part] as const),
  );
  // The child gets Ctrl-C as well, and ends: what there is is printed then.
  let interrupted = false;
  process.once("SIGINT", () => {
    interrupted = true;
  });
  for (const [i, [workload, part]] of parts.entries()) {
    if (interrupted) break;
    say(`${workload}, ${part} (${i + 1} of ${parts.length})`);
    const { rounds, data } = options;
    const rows = await inProcess({ workload, part, rounds, data, python: pytorch?.python });
    if (!rows) leftOut.push(`${workload}, ${part}`);
    page = { ...page, rows: [...page.rows, ...(rows ?? [])] };
    // After every part, so that nothing is lost.
    if (rows) await writeFileAtomically(path, `${JSON.stringify(page, undefined, 1)}\n`);
  }
  print(page, before, options);
  if (page.rows.length > 0) say(`figures in ${path}`);
  if (interrupted) process.exitCode = 130;
  else if (leftOut.length > 0) {
    throw new ItamlError("RUN_FAILED", "not everything could be measured", {
      found: `no figures of ${leftOut.join("; ")}`,
      remedy: "The reason stands above, where it was tried",
    });
  }
}

function chosenWorkloads(names: readonly string[]): readonly Workload[] {
  if (names.length === 0) return workloads.filter(({ onlyNamed }) => !onlyNamed);
  return names.map((name) => {
    const found = workloads.find((workload) => workload.name === name);
    if (found) return found;
    const known = workloads.map((workload) => workload.name);
    const nearest = nearestName(name, known);
    throw new ItamlError("USAGE", "no such benchmark", {
      expected: known.join(", "),
      found: name,
      ...(nearest && { remedy: `Did you mean ${nearest}` }),
    });
  });
}

/** The rows of a part; undefined where it failed, and said why. */
async function inProcess(order: Order): Promise<Row[] | undefined> {
  // As the command line runs: see the first lines of src/cli/main.ts.
  const memory = { MALLOC_MMAP_THRESHOLD_: "33554432", MALLOC_TRIM_THRESHOLD_: "2000000000" };
  const child = fork(join(import.meta.dirname, "part.ts"), {
    execArgv: ["--single-threaded-gc", "--initial-old-space-size=256", "--import", "tsx"],
    env: { ...memory, ...process.env },
  });
  let rows: Row[] | undefined;
  child.once("message", (message) => {
    rows = message as Row[];
  });
  child.send(order);
  await once(child, "exit");
  return rows;
}

function print(page: Page, before: Page | undefined, { markdown }: Options): void {
  if (page.rows.length === 0) return;
  const table = pageTable(page, before);
  console.log(`\n${markdown ? markdownTable(table) : textTable(table)}\n`);
  const { processor, cores, node, onnxruntime, pytorch = "none" } = page.machine;
  console.log(
    `${processor}, ${cores} cores; Node ${node}, ONNX Runtime ${onnxruntime}, PyTorch ${pytorch}`,
  );
  for (const { workload, note } of page.rows) if (note) console.log(`${workload}: ${note}`);
  const other = before ? differences(page, before) : [];
  if (other.length > 0) console.log(`not as before: ${other.join("; ")}`);
}

function say(line: string): void {
  process.stderr.write(`${line}\n`);
}
