import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { resolveConfig } from "../src/experiment/config.js";
import { parseConfigText } from "../src/experiment/config-text.js";
import { automaticKeys, countPictures, fitted } from "../src/experiment/fitted-settings.js";
import { builtInParts } from "../src/experiment/parts.js";
import { temporaryFolder } from "./support/folder.js";
import { writePictureFolder } from "./support/pictures.js";

const FOLDER = join(import.meta.dirname, "../configs/folder.yaml");
/** All that can be fitted. */
const settings = () => ({
  ...parseConfigText(readFileSync(FOLDER, "utf8"), FOLDER),
  batchSize: "auto",
  schedule: { name: "milestones", epochs: "auto", factor: 0.2 },
});

test.each([
  ["ten of each of two classes", { train: 20, tasks: 1, fewestTest: 4 }, [32, 36, 16, 30, 4]],
  ["thirty of each of four", { train: 98, tasks: 2, fewestTest: 9 }, [32, 36, 16, 20, 5]],
  ["500 of each of ten", { train: 5000, tasks: 5, fewestTest: 200 }, [64, 72, 64, 15, 5]],
])("settings fit %s", (_, counts, [size, resize, batchSize, epochs = 0, continuum]) => {
  const config = resolveConfig(fitted(settings(), counts), "test");
  const milestones = [Math.round(epochs / 2), Math.round((5 / 6) * epochs)];
  expect(config).toMatchObject({
    ...{ images: { size, resize }, batchSize, epochs, continuum },
    schedule: { epochs: milestones },
  });
});

test("what is given stays, and what depends on it follows", () => {
  const given = { ...settings(), images: { size: 48, resize: "auto" }, epochs: [10, 20] };
  expect(automaticKeys(given)).toEqual([
    "images.resize",
    "batchSize",
    "schedule.epochs",
    "continuum",
  ]);
  expect(fitted(given)).toMatchObject({
    ...{ images: { size: 48, resize: 54 }, epochs: [10, 20] },
    schedule: { epochs: [10, 17] },
  });
  expect(given.images.resize).toBe("auto");
});

test("pictures are counted by task", async () => {
  const data = temporaryFolder();
  await writePictureFolder(data, { train: 3, test: 2 });
  const config = resolveConfig(fitted({ ...settings(), data, classesPerTask: [1, 2] }), "test");
  expect(await countPictures(config, builtInParts)).toEqual({ train: 9, tasks: 2, fewestTest: 2 });
});

test("only those of picture files", async () => {
  const config = resolveConfig(fitted({ ...settings(), dataset: "mnist" }), "test");
  await expect(countPictures(config, builtInParts)).rejects.toThrow("numbers for mnist");
});
