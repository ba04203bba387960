import { existsSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { parseResults } from "../src/experiment/results.js";
import { extractArchive } from "../src/files/archive.js";
import { download } from "../src/files/download.js";
import { IncrementalClassifier } from "../src/library/incremental-classifier.js";
import { itaml, readEvents } from "./support/command-line.js";
import { temporaryFolder } from "./support/folder.js";
import { needs } from "./support/needs.js";
import { smallDisk } from "./support/small-disk.js";
import { encodeTar } from "./support/tar.js";

const RUN = [
  ...["train", "strokes", "--set", "network.hidden=[48]", "--set", "epochs=2"],
  ...["--set", "schedule=constant", "--set", "tasks=4"],
];

/** Files under a folder, with their sizes. */
function sizesUnder(folder: string): Record<string, number> {
  const paths = readdirSync(folder, { recursive: true, encoding: "utf8" }).sort();
  return Object.fromEntries(
    paths
      .map((path): [string, number] => [path, statSync(join(folder, path)).size])
      .filter(([path]) => statSync(join(folder, path)).isFile()),
  );
}

/** The results but for their times, and every file of the last state. */
function outcomeOf(run: string): unknown {
  const results = readFileSync(join(run, "results.json"), "utf8");
  const files = ["model.safetensors", "memory.json"].map((name) =>
    readFileSync(join(run, "tasks/03", name)).toString("base64"),
  );
  return [results.replace(/"(train|adapt|evaluate)": [\d.e-]+/g, ""), ...files];
}

test("a run on a disk that is full says so, leaves nothing half-written, and goes on when there is room", async (context) => {
  const disk = smallDisk(2 ** 24);
  needs(context, "a small disk", disk);
  const straight = join(temporaryFolder(), "straight");
  expect(await itaml(".", [...RUN, "--out", straight])).toMatchObject({ code: 0 });
  const expected = outcomeOf(straight);
  const needed = Object.values(sizesUnder(straight)).reduce((sum, size) => sum + size, 0);

  for (const [i, share] of [0, 0.01, 0.1, 0.3, 0.6, 0.95].entries()) {
    const run = join(disk.path, `run${i}`);
    disk.leave(share * needed);
    const full = await itaml(".", [...RUN, "--out", run]);
    expect(full.stderr).toMatch(
      /ITAML_DISK_FULL: .*run\d.*: the disk is full; found ENOSPC\. Make/,
    );
    expect(full.stderr).not.toContain("    at ");
    expect(full.code).toBe(1);

    // What is there is whole.
    const files = existsSync(run) ? sizesUnder(run) : {};
    expect(Object.keys(files).filter((name) => /partial|replaced/.test(name))).toEqual([]);
    if (files["events.jsonl"]) expect(readEvents(run).length).toBeGreaterThan(0);
    const results = join(run, "results.json");
    const finished = files["results.json"]
      ? parseResults(readFileSync(results, "utf8"), results).tasks.length
      : 0;
    console.log(`${share} of the room: ${finished} tasks finished`);
    for (let task = 0; task < finished; task++) {
      expect(files[`tasks/0${task}/model.safetensors`]).toBe(
        statSync(join(straight, `tasks/0${task}/model.safetensors`)).size,
      );
    }

    disk.makeRoom();
    const again = existsSync(join(run, "config.yaml")) ? ["train", "--resume"] : RUN;
    const { code, stderr } = await itaml(".", [...again, "--out", run]);
    expect(code, stderr).toBe(0);
    expect(outcomeOf(run)).toEqual(expected);
    rmSync(run, { recursive: true });
  }
});

test("nothing else is half-written on a full disk or a read-only one", async (context) => {
  const disk = smallDisk(2 ** 22);
  needs(context, "a small disk", disk);
  const folder = temporaryFolder();
  const content = new Uint8Array(300_000).fill(7);
  const archive = join(folder, "made.tar");
  writeFileSync(archive, encodeTar([{ path: "a/file", content }]));
  const server = createServer((_, response) => response.end(content));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    server.close();
  });
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/file.bin`;
  const checksum = { algorithm: "sha256", hash: "0", of: "file" } as const;
  const remote = { name: "file.bin", urls: [url, url], bytes: content.length, checksum };

  const classifier = await IncrementalClassifier.create({
    ...{ inputShape: [784], inputType: "float32", network: { name: "mlp", hidden: [40] } },
    settings: { epochs: 1 },
  });
  const images = Float32Array.from({ length: 4 * 784 }, (_, i) => i % 5);
  await classifier.learn({ images, labels: ["a", "a", "b", "b"] });
  const saved = join(disk.path, "saved");
  await classifier.save(saved);
  const before = sizesUnder(disk.path);

  const attempts: [string, () => Promise<unknown>][] = [
    ["save", () => classifier.save(saved)],
    ["export", () => classifier.exportOnnx(join(disk.path, "model.onnx"))],
    ["archive", () => extractArchive(archive, join(disk.path, "data"))],
    ["download", () => download(remote, join(disk.path, "data"))],
  ];
  for (const code of ["DISK_FULL", "NOT_WRITABLE"]) {
    if (code === "DISK_FULL") disk.leave(50_000);
    else disk.makeReadOnly();
    for (const [name, attempt] of attempts) {
      await expect(attempt(), name).rejects.toMatchObject({ code });
      const { filler: _, "data/file.bin.partial": partial, ...files } = sizesUnder(disk.path);
      expect(files, name).toEqual(before);
      // The same download goes on from here.
      if (partial !== undefined) expect(partial).toBeLessThan(content.length);
    }
    if (code === "DISK_FULL") disk.makeRoom();
  }
  const training = await itaml(".", [...RUN, "--out", join(disk.path, "new/run")]);
  expect(training.stderr).toMatch(/ITAML_NOT_WRITABLE: .*new\/run: the disk is read-only/);
  expect(readdirSync(disk.path)).not.toContain("new");
  const loaded = await IncrementalClassifier.load(saved);
  expect(await loaded.classify(images)).toEqual(await classifier.classify(images));
  await Promise.all([classifier.release(), loaded.release()]);
});
