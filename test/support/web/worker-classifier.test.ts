/// <reference types="node" />
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { expect, onTestFinished, test } from "vitest";
import type { Progress } from "../../../src/model/progress.js";
import { createOnnxRuntime } from "../../../src/runtime/node/onnxruntime-node.js";
import { ClassifierService } from "../../../src/web/classifier-service.js";
import { WorkerClassifier } from "../../../src/web/worker-classifier.js";
import { WorkerLink } from "../../../src/web/worker-link.js";
import { OPTIONS, points, TASKS } from "./points.js";
import { PortWorker } from "./port-worker.js";

// In Node, over a message channel: what a page and a worker say to each other. Workers themselves: test/web.slow.ts.

/** How many times the service was asked for learning, and a classifier behind it that learns for some seconds. */
async function slowLearner() {
  const asked = { learn: 0 };
  class Service extends ClassifierService {
    override learn(...given: Parameters<ClassifierService["learn"]>) {
      asked.learn += 1;
      return super.learn(...given);
    }
  }
  const worker = new PortWorker(new Service(() => createOnnxRuntime({ threads: 1 })));
  const options = { ...OPTIONS, settings: { epochs: 300 } };
  const classifier = await WorkerClassifier.create(worker as unknown as Worker, options);
  onTestFinished(() => classifier.release());
  return { asked, classifier, worker };
}

const task = (position: number) => points(TASKS[position] as (typeof TASKS)[number], 4);
const labels = (position: number) => Object.keys(TASKS[position] as object);

/** A signal, and progress that aborts it. */
function stoppedAtOnce() {
  const stop = new AbortController();
  return { signal: stop.signal, onProgress: () => stop.abort() };
}

test("a signal stops its own learning: the one that goes on, or one that waits", async () => {
  const { classifier } = await slowLearner();
  const first = classifier.learn(task(0), stoppedAtOnce());
  const second = classifier.learn(task(1), { signal: new AbortController().signal });
  await expect(first).rejects.toMatchObject({ code: "INTERRUPTED" });
  await second;
  expect(classifier.tasks).toEqual([labels(1)]);

  const waits = new AbortController();
  const third = classifier.learn(task(2), { onProgress: () => waits.abort() });
  const fourth = classifier.learn(task(0), { signal: waits.signal });
  await third;
  await expect(fourth).rejects.toMatchObject({ code: "INTERRUPTED" });
  expect(classifier.tasks).toEqual([labels(1), labels(2)]);
});

test("with a signal that is aborted already nothing is asked, and nothing else is stopped", async () => {
  const { asked, classifier } = await slowLearner();
  const first = classifier.learn(task(0));
  const refused = classifier.learn(task(1), { signal: AbortSignal.abort() });
  await expect(refused).rejects.toMatchObject({ code: "INTERRUPTED" });
  await first;
  expect(asked.learn).toBe(1);
  expect(classifier.tasks).toEqual([labels(0)]);
});

test("what onProgress throws is what learning rejects with, and it stops", async () => {
  const { classifier } = await slowLearner();
  const heard: string[] = [];
  const onProgress = ({ kind }: { kind: string }) => {
    heard.push(kind);
    throw new RangeError("of the page");
  };
  await expect(classifier.learn(task(0), { onProgress })).rejects.toThrow(
    new RangeError("of the page"),
  );
  expect(heard.length).toBe(1);
  expect(classifier.tasks).toEqual([]);
  await classifier.learn(task(1));
  expect(classifier.tasks).toEqual([labels(1)]);
});

test("what onProgress throws of the last progress is heard of, and the tasks are what is known", async () => {
  const { classifier } = await slowLearner();
  const onProgress = (progress: Progress) => {
    if (progress.kind === "epoch" && progress.epoch === progress.epochs - 1) throw "at its end";
  };
  await expect(classifier.learn(task(0), { onProgress })).rejects.toBe("at its end");
  const known = await classifier.classes();
  expect(classifier.tasks.flat()).toEqual(known.map(({ label }) => label));
});

test("calls under way are refused when it is released", async () => {
  const { classifier } = await slowLearner();
  const learning = classifier.learn(task(0), { onProgress: () => classifier.release() });
  const files = classifier.toFiles().then(() => classifier.learn(task(1)));
  await expect(learning).rejects.toMatchObject({ code: "RELEASED" });
  await expect(files).rejects.toMatchObject({ code: "RELEASED" });
  await expect(classifier.classes()).rejects.toMatchObject({ code: "RELEASED" });
});

test("calls under way and later ones are refused when the worker fails", async () => {
  const { classifier, worker } = await slowLearner();
  const learning = classifier.learn(task(0));
  const message = "out of luck";
  worker.dispatchEvent(Object.assign(new Event("error"), { message, filename: "worker.js" }));
  const failed = { code: "DEVICE_UNAVAILABLE", problem: { where: "worker.js", found: message } };
  await expect(learning).rejects.toMatchObject(failed);
  await expect(classifier.classes()).rejects.toMatchObject(failed);
});

test("answers that the page has no more use for are not kept", async () => {
  setFlagsFromString("--expose-gc");
  const collect = runInNewContext("gc") as () => void;
  const service = { bytes: async () => ({ value: new Uint8Array(1000) }) };
  const link = new WorkerLink<typeof service>(new PortWorker(service) as never, "service");
  onTestFinished(() => link.release());
  const answers: WeakRef<Uint8Array>[] = [];
  for (let i = 0; i < 100; i++) {
    answers.push(new WeakRef(await link.ask(({ bytes }) => bytes())));
  }
  for (let i = 0; i < 5; i++) {
    await new Promise((resolve) => setTimeout(resolve, 10));
    collect();
  }
  // The last one may be on the stack.
  expect(answers.filter((answer) => answer.deref()).length).toBeLessThan(5);
});
