import { mkdirSync, readdirSync, readFileSync, renameSync } from "node:fs";
import { join } from "node:path";
import { InferenceSession, Tensor as Value } from "onnxruntime-node";
import sharp from "sharp";
import { expect, test, vi } from "vitest";
import { itaml, itamlHere } from "./support/command-line.js";
import { temporaryFolder } from "./support/folder.js";
import { writeImageNetwork } from "./support/image-network.js";
import { writePictureFolder } from "./support/pictures.js";

const SIDE = 8;

test("the whole way of a newcomer: 3 × 30 pictures, a fourth class, more of the first, one forgotten, one file", async () => {
  vi.stubEnv("ITAML_CACHE", temporaryFolder());
  const folder = temporaryFolder();
  const at = (...path: string[]) => join(folder, ...path);
  await writePictureFolder(folder, { mine: 30, more: 10, unknown: 3 });
  mkdirSync(at("fourth"));
  renameSync(at("mine/class3"), at("fourth/class3"));
  mkdirSync(at("again"));
  renameSync(at("more/class0"), at("again/class0"));
  writeImageNetwork(at("network.onnx"), { size: SIDE });
  const by =
    (command: typeof itamlHere) =>
    async (...args: string[]) => {
      const { code, stdout, stderr } = await command(folder, args);
      expect(code, stderr).toBe(0);
      return stdout;
    };
  const run = by(itaml);
  const runHere = by(itamlHere);
  const classes = readdirSync(at("unknown"));
  const unknown = classes.flatMap((name) =>
    readdirSync(at("unknown", name)).map((file) => join("unknown", name, file)),
  );
  /** What is said of the pictures of these classes. */
  const labels = async (...names: string[]) => {
    const answer = JSON.parse(await runHere("classify", "run", ...unknown, "--each", "--json"));
    return answer.images
      .filter(({ image }: { image: string }) => names.some((name) => image.includes(name)))
      .map(({ label }: { label: string }) => label);
  };
  const thrice = (...names: string[]) => names.flatMap((name) => Array(3).fill(name));

  await run("train", "folder", "--data", "mine", "--features", "network.onnx", "--out", "run");
  expect(await labels("class0", "class1", "class2")).toEqual(thrice("class0", "class1", "class2"));
  await run("learn", "run", "--data", "fourth");
  expect(await labels(...classes)).toEqual(thrice(...classes));
  await runHere("learn", "run", "--data", "again");
  expect(await labels("class0", "class3")).toEqual(thrice("class0", "class3"));
  await run("forget", "run", "class1");
  const known = classes.filter((name) => name !== "class1");
  expect(await labels(...known)).toEqual(thrice(...known));

  // The exported file says the same of a picture, scaled to its size.
  await runHere("export", "run", "model.onnx");
  const session = await InferenceSession.create(readFileSync(at("model.onnx")));
  const means = [0.485, 0.456, 0.406];
  const stds = [0.229, 0.224, 0.225];
  for (const [index, name] of known.entries()) {
    const file = unknown.find((other) => other.includes(name)) as string;
    const picture = await sharp(at(file)).resize(SIDE, SIDE).raw().toBuffer();
    const x = Float32Array.from({ length: picture.length }, (_, i) => {
      const [channel, place] = [Math.floor(i / SIDE ** 2), i % SIDE ** 2];
      const value = (picture[3 * place + channel] as number) / 255;
      return (value - (means[channel] as number)) / (stds[channel] as number);
    });
    const { logits } = await session.run({ x: new Value("float32", x, [1, 3, SIDE, SIDE]) });
    const values = [...((logits as Value).data as Float32Array)];
    expect(values).toHaveLength(known.length);
    expect(values.indexOf(Math.max(...values))).toBe(index);
  }
  await session.release();
});
