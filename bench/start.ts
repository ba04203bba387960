// From the start of a run to its first mini-batch, in the shape of MS-Celeb: pictures of 8 × 8 in 10,000 classes of 45, and
// in 2,500 of them. Its part that is before training: the folders listed, pictures divided and hashed, tasks made.
import { linkSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { performance } from "node:perf_hooks";
import sharp from "sharp";
import { resolveConfig } from "../src/experiment/config.js";
import { startExperiment } from "../src/experiment/experiment.js";
import { textTable } from "../src/report/table.js";

const PICTURES = 45;

/** Folders of 45 names each for one picture of the class's colour. */
async function writeClasses(folder: string, classes: number): Promise<void> {
  for (let label = 0; label < classes; label++) {
    const own = join(folder, `m.${String(label).padStart(5, "0")}`);
    mkdirSync(own, { recursive: true });
    const background = { r: label % 256, g: (label >> 4) % 256, b: (label >> 8) % 256 };
    const first = join(own, "00.png");
    await sharp({ create: { width: 8, height: 8, channels: 3, background } })
      .png()
      .toFile(first);
    for (let i = 1; i < PICTURES; i++)
      linkSync(first, join(own, `${String(i).padStart(2, "0")}.png`));
  }
}

/** Seconds until training begins, and until its first mini-batch is done. */
async function start(data: string, out: string, classes: number): Promise<[number, number]> {
  const config = resolveConfig(
    {
      ...{ dataset: "msceleb", data, classesPerTask: 100, tasks: classes / 100 },
      learner: { name: "itaml", memory: classes },
      ...{ split: { moreThan: 44, train: 30, test: 15 }, images: { size: 8 } },
      ...{ network: { name: "mlp", hidden: [32] }, optimizer: { name: "sgd" } },
      ...{ learningRate: 0.01, epochs: 1, batchSize: 64 },
    },
    "bench",
  );
  const started = performance.now();
  const seconds = () => (performance.now() - started) / 1000;
  let ready = 0;
  const stop = new AbortController();
  await startExperiment(out, config, {
    signal: stop.signal,
    onStart: () => {
      ready = seconds();
    },
    onProgress: () => stop.abort(),
  }).catch((error) => {
    if (!stop.signal.aborted) throw error;
  });
  return [ready, seconds()];
}

const folder = mkdtempSync(join(tmpdir(), "itaml-bench-"));
try {
  const rows: string[][] = [];
  for (const classes of [2500, 10_000]) {
    const data = join(folder, `data-${classes}`);
    await writeClasses(data, classes);
    const [ready, first] = await start(data, join(folder, `run-${classes}`), classes);
    const each = ((1e6 * first) / (classes * PICTURES)).toFixed(0);
    rows.push([classes.toLocaleString("en"), ready.toFixed(1), first.toFixed(1), each]);
  }
  console.log(`start of a run, ${PICTURES} pictures of 8 × 8 a class\n`);
  console.log(
    textTable([
      ["classes", "to training, s", "to the first mini-batch, s", "µs a picture"],
      ...rows,
    ]),
  );
} finally {
  rmSync(folder, { recursive: true, force: true });
}
