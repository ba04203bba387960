import { statSync } from "node:fs";
import { ItamlError } from "../../base/errors.js";
import { limiter } from "../../base/limiter.js";
import { listPictures } from "../../data/class-folders.js";
import { readImage } from "../../data/image.js";
import { openPictures } from "../../data/kept-samples.js";
import { LeftOutFiles, leftOutNotes } from "../../data/left-out.js";
import { PICTURE_FORMATS } from "../../data/picture-formats.js";
import { withSavedRun } from "../../experiment/saved-run.js";
import { elementCount } from "../../graph/shape.js";
import {
  classifyContinuum,
  classifyEach,
  classifyMixed,
  classifyWithConfidence,
  hasProbabilities,
} from "../../learners/classification.js";
import { percent } from "../../report/format.js";
import type { Device } from "../../runtime/runtime.js";
import { samplesInMemory } from "../../samples/samples.js";
import { isLiving, type LivingRun, withLivingRun } from "../living.js";
import { warn } from "../warn.js";

interface ClassifyOptions {
  each?: boolean;
  mixed?: boolean;
  atLeast?: number;
  resize?: boolean;
  task?: number;
  data?: string;
  device?: Device;
  json?: boolean;
}

/** What is said of a picture; without a label it is unknown. */
interface Found {
  readonly label?: string | undefined;
  readonly task?: number;
  readonly confidence?: number;
}

/** Classifies pictures with the model of a run. */
export async function classify(
  path: string,
  given: readonly string[],
  options: ClassifyOptions,
): Promise<void> {
  const images = await picturesOf(given);
  if (options.task === undefined && isLiving(path)) {
    return await withLivingRun(path, options, async (living) => {
      const { found, task } = await classifyLiving(living, images, options);
      print(images, found, task, options);
    });
  }
  await withSavedRun(path, { ...options, onWarning: warn }, async (run) => {
    const { learner, config, entry } = run;
    const { extractor, inference } = learner.context;
    const { shape } = extractor.input;
    const inTurn = limiter(16);
    const read = (file: string) => readImage(file, shape, { resize: options.resize ?? false });
    const source =
      run.openFeatures?.(images) ??
      openPictures(entry, images, config) ??
      samplesInMemory(
        Buffer.concat(await Promise.all(images.map((file) => inTurn(() => read(file))))),
        elementCount(shape),
      );
    const rows = images.map((_, row) => row);
    const labels = run.labels.flat();
    let task: number | undefined;
    let found: Found[];
    const { atLeast = 0 } = options;
    if (options.atLeast !== undefined || (options.each && (await hasProbabilities(learner)))) {
      found = (await classifyWithConfidence(learner, inference, source, rows)).map((one) => ({
        label: one.confidence >= atLeast ? labels[one.class] : undefined,
        confidence: one.confidence,
      }));
    } else if (options.mixed) {
      const { tasks, classes } = await classifyMixed(learner, inference, source, rows);
      found = classes.map((one, i) => ({ label: labels[one], task: tasks[i] as number }));
    } else if (options.each) {
      const classes = await classifyEach(learner, inference, source, rows);
      found = classes.map((one) => ({ label: labels[one] }));
    } else {
      const classified = await classifyContinuum(learner, inference, source, rows);
      ({ task } = classified);
      found = classified.classes.map((one) => ({ label: labels[one] }));
    }
    print(images, found, task, options);
  });
}

/** The same by what a run has become since its last task. */
async function classifyLiving(
  { classifier, read, hasProbabilities }: LivingRun,
  images: readonly string[],
  { each, mixed, atLeast, resize = false }: ClassifyOptions,
): Promise<{ found: Found[]; task?: number }> {
  const samples = await read(images, resize);
  if (atLeast !== undefined || (each && (await hasProbabilities()))) {
    const sure = await classifier.classifyWithConfidence(samples);
    const found = sure.map(({ label, confidence }) => ({
      label: confidence >= (atLeast ?? 0) ? String(label) : undefined,
      confidence,
    }));
    return { found };
  }
  if (mixed) {
    const { tasks, labels } = await classifier.classifyMixed(samples);
    return {
      found: labels.map((label, i) => ({ label: String(label), task: tasks[i] as number })),
    };
  }
  if (each) {
    const labels = await classifier.classifyEach(samples);
    return { found: labels.map((label) => ({ label: String(label) })) };
  }
  const { task, labels } = await classifier.classify(samples);
  return { found: labels.map((label) => ({ label: String(label) })), task };
}

function print(
  images: readonly string[],
  found: readonly Found[],
  task: number | undefined,
  { json }: ClassifyOptions,
): void {
  if (json) {
    const content = found.map((one, i) => ({ image: images[i], ...one }));
    console.log(
      JSON.stringify({ ...(task !== undefined && { task }), images: content }, undefined, 2),
    );
    return;
  }
  found.forEach((one, i) => {
    console.log(`${images[i]}: ${textOf(one)}`);
  });
  if (task !== undefined) console.log(`(taken as a continuum of task ${task + 1})`);
}

/** The pictures themselves, and those directly in folders. */
async function picturesOf(paths: readonly string[]): Promise<string[]> {
  const images: string[] = [];
  for (const path of paths) {
    if (!statSync(path, { throwIfNoEntry: false })?.isDirectory()) {
      images.push(path);
      continue;
    }
    const leftOut = new LeftOutFiles();
    const inside = await listPictures(path, leftOut);
    if (inside.length === 0) {
      throw new ItamlError("INPUT_INVALID", "there are no pictures in the folder", {
        where: path,
        expected: `${PICTURE_FORMATS}, directly in it`,
        found:
          leftOut
            .list()
            .map(({ reason, count }) => `${count} ${reason}`)
            .join(", ") || "nothing",
      });
    }
    for (const note of leftOutNotes(leftOut.list(), path)) process.stderr.write(`note: ${note}\n`);
    images.push(...inside);
  }
  return images;
}

function textOf({ label = "unknown", task, confidence }: Found): string {
  if (confidence !== undefined) return `${label} (${percent(confidence)} %)`;
  return task === undefined ? label : `${label} (task ${task + 1})`;
}
