import { createOnnxRuntime } from "../../src/runtime/node/onnxruntime-node.js";
import { type MadeSession, samplesByTask, startSession } from "../made-session.js";
import type { Row } from "../page.js";
import { type Bench, beside, inTurns, milliseconds, type Workload } from "../workload.js";

type Shapes = Omit<MadeSession, "tasks"> & { readonly title: string; readonly repetitions: number };

const MLP: Shapes = {
  ...{ title: "MLP, 256 of MNIST", network: { name: "mlp" }, shape: [1, 28, 28], classes: 2 },
  optimizer: { name: "sgd", momentum: 0.9, weightDecay: 1e-3 },
  ...{ batchSize: 256, oldShare: 1 / 7, repetitions: 20 },
};

const RESNET: Shapes = {
  ...{ title: "reduced ResNet-18, 128 of CIFAR", network: { name: "reduced-resnet18" } },
  ...{ shape: [3, 32, 32], classes: 10, optimizer: { name: "radam" } },
  ...{ batchSize: 128, oldShare: 2 / 7, repetitions: 1 },
};

const LEARNERS = {
  paper: { name: "itaml", update: "paper" },
  outer: { name: "itaml", update: "outer" },
  replay: "replay",
  distillation: "replay-distillation",
} as const;

/** A mini-batch of one session: ours, and PyTorch's by the same rule, in its best form and as the authors have it. */
async function session(
  bench: Bench,
  { title, repetitions, ...shapes }: Shapes,
  task: number,
): Promise<Row[]> {
  const made = { ...shapes, tasks: task + 1 };
  const samples = samplesByTask(made);
  const runtime = createOnnxRuntime();
  const start = async (learner: keyof typeof LEARNERS) => {
    const { train } = await startSession(runtime, made, LEARNERS[learner]);
    return () => milliseconds(train, repetitions);
  };
  const { pytorch } = bench;
  const { classes, network } = made;
  const theirs = (rule: string) =>
    pytorch && {
      [`theirs.${rule}`]: () =>
        pytorch.ask<number>("mini-batch", {
          ...{ network: network.name, rule, classes, samples, repetitions },
        }),
    };
  // Where there is one task alone, all of these are one rule.
  const more = task > 0;
  const times = await inTurns<string>(bench, {
    paper: await start("paper"),
    ...theirs("paper"),
    ...(more && {
      outer: await start("outer"),
      ...theirs("one-pass"),
      ...theirs("released"),
      replay: await start("replay"),
      distillation: await start("distillation"),
    }),
  });
  const row = (what: string, own: string, name: string, other: string): Row => ({
    workload: `${title}, session ${task}: ${what}`,
    ...{ unit: "ms", ours: times[own] as number[], ...beside(name, times[other] ?? []) },
  });
  const rows = [row("the paper's rule", "paper", "PyTorch", "theirs.paper")];
  if (!more) return rows;
  return [
    ...rows,
    row("the paper's rule", "paper", "the authors' loop", "theirs.released"),
    row("one pass (update: outer)", "outer", "PyTorch, one pass", "theirs.one-pass"),
    row("one pass (update: outer)", "outer", "replay", "replay"),
    row("replay with distillation", "distillation", "replay", "replay"),
  ];
}

const parts = [MLP, RESNET].flatMap((shapes) =>
  [0, 4, 9].map(
    (task) =>
      [`${shapes.title}, session ${task}`, (bench: Bench) => session(bench, shapes, task)] as const,
  ),
);

export const miniBatch: Workload = {
  name: "mini-batch",
  about: "milliseconds of a mini-batch of meta-training, by rules and sessions, beside PyTorch",
  parts: Object.fromEntries(parts),
};
