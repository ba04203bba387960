/// <reference types="node" />
import { zipSync } from "fflate";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { IncrementalClassifier } from "../../../src/classifier/incremental-classifier.js";
import { createOnnxRuntime } from "../../../src/runtime/node/onnxruntime-node.js";
import { MemoryDatabase } from "./memory-database.js";
import { PortWorker } from "./port-worker.js";

// What the playground does behind its buttons, in Node. The page itself: test/playground.slow.ts.

const runtime = createOnnxRuntime({ threads: 1 });
let database: MemoryDatabase;
let workers: PortWorker[] = [];

beforeEach(() => {
  database = new MemoryDatabase();
  vi.stubGlobal("indexedDB", database);
  vi.stubGlobal("navigator", {});
  vi.stubGlobal("localStorage", { getItem: () => null, setItem: () => {} });
});
afterEach(() => {
  for (const worker of workers) worker.terminate();
  workers = [];
  vi.unstubAllGlobals();
});

/** The page, opened anew: of the one before nothing is left but what was kept. */
async function openPage() {
  vi.resetModules();
  const { ClassifierService } = await import("../../../src/web/classifier-service.js");
  class ClassifierWorker extends PortWorker {
    constructor() {
      super(new ClassifierService(() => runtime));
      workers.push(this);
    }
  }
  vi.stubGlobal("Worker", ClassifierWorker);
  const store = await import("../../../playground/src/store.js");
  const work = await import("../../../playground/src/work.js");
  await store.open();
  return { ...store, ...work };
}

type Page = Awaited<ReturnType<typeof openPage>>;

/** Ten drawings of one of four kinds. */
function drawings(of: number): Uint8Array[] {
  return Array.from({ length: 10 }, (_, i) =>
    Uint8Array.from({ length: 784 }, (_, j) => ((j >> 3) % 4 === of ? 200 : 0) + ((i * j) % 9)),
  );
}

async function teach(page: Page, labels: readonly [string, string]): Promise<void> {
  labels.forEach((label, i) => {
    page.addSamples(label, drawings(i));
  });
  await page.teach();
}

/** The .zip that the page gives of what it knows, in a folder as computers pack one. */
async function download(page: Page, folder = ""): Promise<Blob> {
  const files: Record<string, Uint8Array> = folder ? { [folder]: new Uint8Array() } : {};
  await page.doing("Writing", async (own) => {
    for (const [name, bytes] of await own.toFiles()) files[folder + name] = bytes;
  });
  return zip(files);
}

function zip(files: Record<string, Uint8Array>): Blob {
  return new Blob([zipSync(files) as BlobPart]);
}

/** A classifier of points, not of drawings. */
async function ofOtherSamples(): Promise<Blob> {
  const other = await IncrementalClassifier.create({ inputShape: [3], runtime });
  const files = await other.toFiles();
  await other.release();
  return zip(Object.fromEntries(files));
}

test("a wrong file is refused, and what was learned stays", async () => {
  const page = await openPage();
  await teach(page, ["bar", "dash"]);
  const wrong: [Blob, RegExp][] = [
    [new Blob(["nothing"]), /FILE_INVALID: the file can't be read/],
    [zip({ "letter.txt": new Uint8Array(3) }), /no classifier in the file.*found letter\.txt/],
    [zip({ "classifier.json": new TextEncoder().encode("{}") }), /FILE_INVALID: classifier\.json/],
    [await ofOtherSamples(), /expected uint8 \[1, 28, 28\]; found uint8 \[3\]/],
  ];
  for (const [file, message] of wrong) {
    await page.load(file);
    expect(page.failure.value).toMatch(message);
    expect(page.tasks.value).toEqual([["bar", "dash"]]);
    await page.doing("Looking", async (own) => void (await own.group(drawings(0))));
    expect(page.failure.value).toBeUndefined();
  }
  const again = await openPage();
  expect(again.failure.value).toBeUndefined();
  expect(again.tasks.value).toEqual([["bar", "dash"]]);
  expect(again.history.value.length).toBe(1);
});

test("a classifier is loaded from a .zip of its folder, and what was said of another is gone", async () => {
  const first = await openPage();
  await teach(first, ["sun", "moon"]);
  const file = await download(first, "model/");
  await first.startAgain();
  expect(first.tasks.value).toEqual([]);
  await teach(first, ["bar", "dash"]);
  await first.load(file);
  expect(first.failure.value).toBeUndefined();
  for (const page of [first, await openPage()]) {
    expect(page.tasks.value).toEqual([["sun", "moon"]]);
    expect(page.history.value).toEqual([]);
    expect(page.heldOut.value.size).toBe(0);
  }
});

test.each(["playground", "playground without memory"])(
  "where what is kept as %j can't be opened, another is loaded, or everything forgotten",
  async (name) => {
    const page = await openPage();
    await teach(page, ["bar", "dash"]);
    const file = await download(page);
    const damage = () => database.stored.set(`itaml/${name}`, new Map());
    damage();
    const loading = await openPage();
    expect(loading.failure.value).toMatch(/FILE_INVALID.*“Forget everything”/);
    await loading.load(file);
    expect(loading.failure.value).toBeUndefined();
    expect((await openPage()).tasks.value).toEqual([["bar", "dash"]]);
    damage();
    const forgetting = await openPage();
    forgetting.addSamples("roof", drawings(2));
    await forgetting.startAgain();
    expect(forgetting.failure.value).toBeUndefined();
    expect(forgetting.waiting.value).toEqual([]);
    await teach(forgetting, ["roof", "cup"]);
    expect((await openPage()).tasks.value).toEqual([["roof", "cup"]]);
  },
);

test("what is drawn while it learns waits, and asking meanwhile leaves the page busy", async () => {
  const page = await openPage();
  page.addSamples("bar", drawings(0));
  page.addSamples("dash", drawings(1));
  let done = false;
  const learning = page.teach().then(() => {
    done = true;
  });
  await new Promise((resolve) => setTimeout(resolve, 5));
  page.addSamples("dash", drawings(2));
  page.addSamples("star", drawings(3));
  await page.doing("Looking", async (own) => void (await own.toFiles()));
  expect([done, page.busy.value]).toEqual([false, "Learning bar, dash"]);
  await learning;
  expect(page.busy.value).toBeUndefined();
  const left = [
    { label: "dash", samples: drawings(2) },
    { label: "star", samples: drawings(3) },
  ];
  expect(page.waiting.value).toEqual(left);
  expect((await openPage()).waiting.value).toEqual(left);
});

test("where there is no room, the page shows what it knows, and says that it isn't kept", async () => {
  const page = await openPage();
  await teach(page, ["bar", "dash"]);
  database.full = true;
  await teach(page, ["roof", "cup"]);
  expect(page.failure.value).toMatch(/did not keep it: .*quota/);
  const both = [
    ["bar", "dash"],
    ["roof", "cup"],
  ];
  expect(page.tasks.value).toEqual(both);
  expect(page.history.value.length).toBe(2);
  expect(page.waiting.value).toEqual([]);
  await page.forget("bar");
  expect(page.failure.value).toMatch(/did not keep it: .*quota/);
  expect(page.tasks.value).toEqual([["dash"], ["roof", "cup"]]);

  // What is kept is of one time.
  database.full = false;
  const again = await openPage();
  expect(again.tasks.value).toEqual([["bar", "dash"]]);
  expect(again.history.value.length).toBe(1);
});

test("where site data is blocked, it learns all the same", async () => {
  database.blocked = true;
  const deny = () => {
    throw new DOMException("denied by the user", "SecurityError");
  };
  Object.defineProperty(globalThis, "localStorage", { get: deny, configurable: true });
  vi.stubGlobal("navigator", { locks: { request: async () => deny() } });
  const page = await openPage();
  expect(page.failure.value).toBeUndefined();
  await teach(page, ["bar", "dash"]);
  expect(page.failure.value).toMatch(/did not keep it: denied by the user/);
  expect(page.tasks.value).toEqual([["bar", "dash"]]);
  await page.startAgain();
  expect(page.tasks.value).toEqual([]);
});

test("a class may have any name", async () => {
  const page = await openPage();
  await teach(page, ["constructor", "__proto__"]);
  expect(page.failure.value).toBeUndefined();
  expect([...page.heldOut.value.keys()]).toEqual(["constructor", "__proto__"]);
  await page.forget("__proto__");
  expect([...(await openPage()).heldOut.value.keys()]).toEqual(["constructor"]);
});

test("what an earlier version held out is known", async () => {
  const held = { bar: drawings(0).slice(0, 1) };
  database.stored.set("itaml-playground/heldOut", held);
  expect([...(await openPage()).heldOut.value]).toEqual(Object.entries(held));
});

test("beside another tab it begins anew, keeps nothing, and forgets what was taught in it", async () => {
  const first = await openPage();
  await teach(first, ["a", "b"]);
  const taken = new DOMException("The operation timed out.", "TimeoutError");
  const locks = { request: () => Promise.reject(taken) };
  vi.stubGlobal("navigator", { locks });
  const second = await openPage();
  expect(second.tasks.value).toEqual([]);
  await teach(second, ["c", "d"]);
  expect(second.tasks.value).toEqual([["c", "d"]]);
  await second.startAgain();
  expect(second.tasks.value).toEqual([]);
  vi.stubGlobal("navigator", {});
  expect((await openPage()).tasks.value).toEqual([["a", "b"]]);
});
