import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { loadParts } from "../src/experiment/plugins.js";
import { IncrementalClassifier } from "../src/library/incremental-classifier.js";
import { itaml, itamlHere } from "./support/command-line.js";
import { temporaryFolder } from "./support/folder.js";
import { writePlugin } from "./support/plugin.js";

const CONFIG = `
dataset: dots
classesPerTask: 2
tasks: 2
network: { name: tiny, units: 10 }
learner: mine
optimizer: plain
schedule: falling
learningRate: 0.01
epochs: 12
threads: 1
batchSize: 16
continuum: 5
`;

describe("parts from outside", () => {
  test("train by configuration and command line, are listed, and are found again", async () => {
    const folder = temporaryFolder();
    writePlugin(folder);
    writeFileSync(join(folder, "mine.yaml"), CONFIG);

    const train = ["train", "mine.yaml", "--out", "run", "--plugin", "plugin.js"];
    const trained = await itaml(folder, train);
    expect(trained).toMatchObject({ code: 0 });
    const results = JSON.parse(readFileSync(join(folder, "run/results.json"), "utf8"));
    expect(results).toMatchObject({ learner: "mine" });
    expect(results.tasks[1].continuum.classAccuracy).toBeGreaterThan(0.5);
    expect(readFileSync(join(folder, "run/config.yaml"), "utf8")).toContain("units: 10");

    const report = readFileSync(join(folder, "run/report.html"), "utf8");
    expect(report).toContain("<p>1 run: 3 kWh</p>");
    expect(report).toContain("Replay by squares on Dots");
    const checked = await itamlHere(folder, [
      "data",
      "check",
      "mine.yaml",
      "--plugin",
      "plugin.js",
    ]);
    expect(checked.stdout).toContain("dots: good (built in)");

    const evaluated = await itamlHere(folder, [
      "evaluate",
      "run",
      "--p",
      "1,5",
      "--plugin",
      "plugin.js",
    ]);
    expect(evaluated).toMatchObject({ code: 0 });
    // What is in a run names code, but doesn't run it. (This process trusts it by now.)
    const untrusted = await itaml(folder, ["evaluate", "run"]);
    expect(untrusted.stderr).toContain("If you trust it, add: --plugin");
    const listed = await itamlHere(folder, ["list", "loss", "--plugin", "plugin.js"]);
    expect(listed.stdout).toContain("mean squared error (Gauss 1809)");
    expect(listed.stdout).toContain("Times the loss. (default: 8)");

    const everything = await itamlHere(folder, ["list", "--plugin", "plugin.js"]);
    expect(everything.stdout).toMatch(/dataset.*dots +Dots \(made\).*section.*energy +Energy/s);

    const wrong = await itamlHere(folder, [...train, "--set", "network.unit=3"]);
    expect(wrong.stderr).toContain('unknown key "network.unit". Did you mean "units"?');
  });

  test("train in the library, and a saved classifier is loaded with them", async () => {
    const folder = temporaryFolder();
    const { networks, optimizers, losses, heads, methods } = await loadParts([writePlugin(folder)]);
    const own = <P extends { name: string }>(all: readonly P[], name: string) =>
      all.filter((part) => part.name === name);
    const parts = {
      ...{ networks: own(networks, "tiny"), optimizers: own(optimizers, "plain") },
      ...{ losses: own(losses, "squares"), heads: own(heads, "bare-rows") },
      methods: own(methods, "mine"),
    };
    const classifier = await IncrementalClassifier.create({
      ...{ inputShape: [2], inputType: "float32", parts, network: "tiny", learner: "mine" },
      ...{ memory: 8, threads: 1 },
      settings: { optimizer: "plain", learningRate: 0.1, epochs: 30, batchSize: 4 },
    });
    const images = Float32Array.of(1, 0, 1, 0.1, 0, 1, 0.1, 1);
    await classifier.learn({ images, labels: ["a", "a", "b", "b"] });
    await classifier.learn({ images: images.map((value) => -value), labels: ["c", "c", "d", "d"] });
    const found = await classifier.classifyEach(images);
    expect(found).toEqual(["a", "a", "b", "b"]);
    await classifier.save(join(folder, "saved"));
    const again = await IncrementalClassifier.load(join(folder, "saved"), { parts });
    expect(await again.classifyEach(images)).toEqual(found);
    const without = IncrementalClassifier.load(join(folder, "saved"));
    await expect(without).rejects.toThrow('found "tiny"');
    await Promise.all([classifier.release(), again.release()]);
  });

  test.each([
    ["export const networks = [{ name: 'a' }];", "networks.0.title"],
    ["export const hello = 1;", "the module brings nothing; expected exports of lists of parts"],
    ["not javascript", "the module can't be loaded"],
    [
      "export const heads = [{ name: 'logits', title: 'mine', create() {} }];",
      "there are two heads of one name",
    ],
  ])("a plugin that is %j is refused", async (text, message) => {
    const file = join(temporaryFolder(), "plugin.mjs");
    writeFileSync(file, text);
    await expect(loadParts([file])).rejects.toThrow(message);
  });
});
