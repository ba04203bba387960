import {
  dropClassifier,
  ItamlError,
  keptClassifiers,
  pictureSample,
  WorkerClassifier,
} from "../../../src/web.js";
import { OPTIONS, points, TASKS } from "./points.js";

const start = () => new Worker("/worker.js", { type: "module" });
const RUNTIME = { wasmPaths: new URL("/", location.href).href };

/** Teaches the first two tasks, keeps what was learned, and says how long the page stood still at most. */
async function teach() {
  const classifier = await WorkerClassifier.create(start(), { ...OPTIONS, ...RUNTIME });
  const steps: string[] = [];
  const frames = watchFrames();
  for (const task of TASKS.slice(0, 2)) {
    await classifier.learn(points(task, 24), { onProgress: ({ kind }) => steps.push(kind) });
  }
  const longestFrame = frames();
  await classifier.keep("mine");
  const unknown = await classifier.forget("stranger").catch((error: unknown) => error);
  const stopped = await stoppedLearning(classifier);
  const thrown = await failingLearning(classifier);
  const underWay = classifier.learn(points(TASKS[2], 24)).catch((error: unknown) => error);
  classifier.release();
  const released = await classifier.classify(new Float32Array(3)).catch((error: unknown) => error);
  return {
    isolated: crossOriginIsolated,
    ...{ longestFrame, epochs: steps.filter((kind) => kind === "epoch").length },
    errors: [unknown, stopped, thrown, await underWay, released].map((error) =>
      error instanceof ItamlError ? error.code : String(error),
    ),
    kept: await keptClassifiers(),
  };
}

/** What learning ends with that is stopped as soon as it says something; the classifier knows no more than before. */
async function stoppedLearning(classifier: WorkerClassifier): Promise<unknown> {
  const stop = new AbortController();
  const error = await classifier
    .learn(points(TASKS[2], 24), { onProgress: () => stop.abort(), signal: stop.signal })
    .catch((thrown: unknown) => thrown);
  return classifier.tasks.length === 2 ? error : "it learned";
}

/** What learning ends with that the page itself fails to hear of. */
function failingLearning(classifier: WorkerClassifier): Promise<unknown> {
  const onProgress = () => {
    throw new RangeError("of the page");
  };
  return classifier.learn(points(TASKS[2], 24), { onProgress }).catch((error: unknown) => error);
}

/** What a page that was opened again does with what was kept. */
async function goOn() {
  const worker = start();
  const none = await WorkerClassifier.fromKept(worker, "another", RUNTIME);
  const classifier = await WorkerClassifier.fromKept(worker, "mine", RUNTIME);
  if (none || !classifier) throw new Error("not what was kept");
  const before = classifier.tasks;
  await classifier.learn(points(TASKS[2], 24));
  const found = [];
  for (const task of TASKS) found.push(await classifier.classify(points(task, 10).images));
  const each = await classifier.classifyEach(points(TASKS[0], 10).images);
  const onnx = [...(await classifier.toOnnx())];
  const saved = [...(await classifier.toFiles())].map(([name, bytes]) => [name, [...bytes]]);
  classifier.release();
  await dropClassifier("mine");
  return { before, found, each, onnx, saved, kept: await keptClassifiers() };
}

/** A red picture with a clear half, of another size, and what is none. */
async function pictures() {
  const canvas = new OffscreenCanvas(8, 4);
  const context = canvas.getContext("2d") as OffscreenCanvasRenderingContext2D;
  context.fillStyle = "red";
  context.fillRect(0, 0, 4, 4);
  const blob = await canvas.convertToBlob();
  const error = await pictureSample(new Blob(["nothing"]), [3, 2, 2]).catch((thrown) => thrown);
  return {
    colours: [...(await pictureSample(blob, [3, 2, 2]))],
    grey: [...(await pictureSample(canvas, [1, 2, 2]))],
    error: error.code,
  };
}

/** Milliseconds between two frames at most, from now until it is asked. */
function watchFrames(): () => number {
  let [last, longest, on] = [performance.now(), 0, true];
  const look = () => {
    const now = performance.now();
    longest = Math.max(longest, now - last);
    last = now;
    if (on) setTimeout(look, 4);
  };
  look();
  return () => {
    on = false;
    return longest;
  };
}

Object.assign(globalThis, { teach, goOn, pictures });
