import { InferenceSession, Tensor } from "onnxruntime-node";
import { describe, expect, onTestFinished, test } from "vitest";
import { IncrementalClassifier } from "../src/library/incremental-classifier.js";
import { ChromiumPage, chromiumPath } from "./support/chromium.js";
import { expectClose } from "./support/close.js";
import { needs } from "./support/needs.js";
import { bundle, ISOLATED, serve } from "./support/page-server.js";
import { OPTIONS, points, TASKS } from "./support/web/points.js";

interface Taught {
  isolated: boolean;
  longestFrame: number;
  epochs: number;
  errors: string[];
  kept: string[];
}

interface WentOn {
  before: string[][];
  found: { task: number; labels: string[]; scores: number[] }[];
  each: string[];
  onnx: number[];
  saved: [string, number[]][];
  kept: string[];
}

describe.each([
  ["cross-origin isolated", ISOLATED],
  ["not isolated", {}],
] as const)("a page that is %s", (_, headers) => {
  test("learns in a worker, is opened again and learns on, and Node reads what it made", async (context) => {
    const chromium = chromiumPath();
    needs(context, "a browser", chromium);
    const worker = await bundle("test/support/web/worker.ts");
    const program = await bundle("test/support/web/page.ts");
    const { address, close } = await serve(program, { scripts: { "/worker.js": worker }, headers });
    onTestFinished(close);
    const { taught, wentOn } = await ChromiumPage.with(chromium, async (page) => {
      await page.open(address);
      const first = (await page.evaluate("teach()")) as Taught;
      await page.open(address);
      return { taught: first, wentOn: (await page.evaluate("goOn()")) as WentOn };
    });
    expect(taught).toMatchObject({
      isolated: "cross-origin-opener-policy" in headers,
      errors: ["LABEL_UNKNOWN", "INTERRUPTED", "RangeError: of the page", "RELEASED", "RELEASED"],
      kept: ["mine"],
    });
    expect(taught.epochs).toBeGreaterThan(1);
    console.log(`the page stood still for ${taught.longestFrame.toFixed(0)} ms at most`);

    expect(wentOn.before).toEqual(TASKS.slice(0, 2).map((task) => Object.keys(task)));
    expect(wentOn.found.map(({ task }) => task)).toEqual([0, 1, 2]);
    wentOn.found.forEach(({ labels }, task) => {
      expect(labels).toEqual(points(TASKS[task] as (typeof TASKS)[number], 10).labels);
    });
    expect(wentOn.kept).toEqual([]);

    // In Node: the file of the page, the classifier of the page, and one that was taught the same from the beginning.
    const { images } = points(TASKS[1], 10);
    const x = Float32Array.from(images.flatMap((image) => [...image]));
    const session = await InferenceSession.create(Uint8Array.from(wentOn.onnx));
    const { task_scores: scores } = await session.run({ x: new Tensor("float32", x, [20, 3]) });
    expectClose(
      scores?.data as Float32Array,
      Float32Array.from(wentOn.found[1]?.scores as number[]),
    );
    await session.release();
    const files = new Map(wentOn.saved.map(([name, bytes]) => [name, Uint8Array.from(bytes)]));
    const opened = await IncrementalClassifier.fromFiles(files, { threads: 1 });
    const taughtHere = await IncrementalClassifier.create({ ...OPTIONS, threads: 1 });
    for (const task of TASKS) await taughtHere.learn(points(task, 24));
    const [there, here] = [await opened.classify(images), await taughtHere.classify(images)];
    expect(there.labels).toEqual(wentOn.found[1]?.labels);
    expectClose(Float32Array.from(there.scores), Float32Array.from(here.scores), {
      relative: 1e-3,
    });
    await Promise.all([opened.release(), taughtHere.release()]);
  });
});

test("pictures of a browser become samples as one sees them", async (context) => {
  const chromium = chromiumPath();
  needs(context, "a browser", chromium);
  const { address, close } = await serve(await bundle("test/support/web/page.ts"));
  onTestFinished(close);
  const { colours, grey, error } = (await ChromiumPage.with(chromium, async (page) => {
    await page.open(address);
    return await page.evaluate("pictures()");
  })) as { colours: number[]; grey: number[]; error: string };
  // The middle of it: red on the left, white on the right.
  expect(colours).toEqual([255, 255, 255, 255, 0, 255, 0, 255, 0, 255, 0, 255]);
  expect(grey).toEqual([76, 255, 76, 255]);
  expect(error).toBe("IMAGE_INVALID");
});
