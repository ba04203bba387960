import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

const ZOD = import.meta.resolve("zod");
const ITAML = pathToFileURL(join(import.meta.dirname, "../../dist/index.js")).href;

/** A module of somebody else's: one part of each kind. */
export function writePlugin(folder: string): string {
  const file = join(folder, "plugin.js");
  writeFileSync(join(folder, "package.json"), '{ "type": "module" }');
  writeFileSync(file, PLUGIN);
  return file;
}

const PLUGIN = `
import {
  createChosen, descent, flatten, html, linear, mean, multiply, part, relu, samplesInMemory, subtract, uniformByFanIn,
} from "${ITAML}";
import { z } from "${ZOD}";

export const networks = [
  part({
    name: "tiny",
    title: "one hidden layer",
    settings: { units: z.int().min(1).default(12).describe("Of the hidden layer.") },
    create: ({ units }) => ({
      name: "tiny",
      features(scope, x) {
        const flat = flatten(x);
        const size = flat.shape[1];
        return relu(linear(flat, scope.parameter("weight", [units, size], uniformByFanIn(size))));
      },
    }),
  }),
];

const dots = (count) => {
  const labels = Array.from({ length: count }, (_, i) => i % 4);
  const pixels = Uint8Array.from(labels.flatMap((label, i) => [60 * label, i, 255 - 60 * label]));
  return { source: samplesInMemory(pixels, 3), labels };
};

export const datasets = [
  {
    kind: "samples",
    name: "dots",
    title: "Dots",
    description: "three pixels in four colours",
    source: "made",
    licence: "CC0",
    files: [],
    contains: [],
    load: async () => ({
      name: "dots",
      classes: ["red", "orange", "yellow", "green"],
      input: { shape: [3], type: "uint8", mean: [0.5], std: [0.5] },
      train: dots(160),
      test: dots(80),
    }),
  },
];

export const sections = [
  {
    name: "energy",
    title: "Energy",
    render: ({ groups }) => html\`<p>\${groups[0].runs.length} run: 3 kWh</p>\`,
  },
];

export const optimizers = [
  part({
    name: "plain",
    title: "a step along the gradient",
    settings: {},
    create: () => ({
      name: "plain",
      moments: [],
      coefficients: ["rate"],
      coefficientsAt: (_step, rate) => ({ rate }),
      update: (parameter, gradient, _moments, { rate }) => ({
        parameter: subtract(parameter, multiply(gradient, rate)),
        moments: [],
      }),
    }),
  }),
];

export const schedules = [
  part({
    name: "falling",
    title: "falling to nothing",
    settings: {},
    create: () => ({ factorAt: (epoch, epochs) => 1 - epoch / epochs }),
  }),
];

export const losses = [
  part({
    name: "squares",
    title: "mean squared error",
    source: "Gauss 1809",
    settings: { scale: z.number().positive().default(8).describe("Times the loss.") },
    create: ({ scale }) => ({
      build({ logits, targets }) {
        const error = subtract(logits, targets);
        return multiply(mean(multiply(error, error)), logits.graph.scalar(scale));
      },
    }),
  }),
];

export const heads = [
  part({
    name: "bare-rows",
    title: "rows as they are",
    settings: {},
    create: () => ({
      taskEvidence: "probability",
      fit: async (model) => {
        const classifier = Float32Array.from(model.classifiers.flatMap((rows) => [...rows]));
        const classes = model.classifiers.length * 2;
        return { classifier, bias: new Float32Array(classes), taskEvidence: "probability" };
      },
    }),
  }),
];

export const methods = [
  {
    name: "mine",
    title: "replay by squares",
    source: "nobody",
    settings: () => ({ memory: z.int().min(1).default(30).describe("Exemplars in all.") }),
    create: ({ memory }, parts) => ({
      trainsOn: "new and memory",
      startsFrom: "before",
      memory: { capacity: memory, exemplars: "random" },
      update: descent(createChosen(parts.losses, { name: "squares", scale: 8 })),
      head: createChosen(parts.heads, { name: "bare-rows" }),
    }),
  },
];
`;
