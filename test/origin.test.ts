import { expect, test } from "vitest";
import { resolveConfig } from "../src/experiment/config.js";
import { originOf, refuseOtherOrigin } from "../src/experiment/origin.js";

const settings = {
  ...{ dataset: "mnist", classesPerTask: 2, epochs: 1, batchSize: 8, learningRate: 0.1 },
  optimizer: { name: "sgd" },
};
const config = resolveConfig(settings, "test");

test("all that differs is said", () => {
  const state = originOf(config, "0.1.0", "abc");
  expect(() => refuseOtherOrigin(state, originOf(config, "0.1.0", "abc"), "file")).not.toThrow();
  const now = originOf({ ...config, learningRate: [0.1, 0.2], tasks: 3 }, "0.2.0", "abd");
  expect(() => refuseOtherOrigin(state, now, "run/origin.json")).toThrow(
    "ITAML_RUN_CHANGED: run/origin.json: the run was something else when this was written; " +
      'expected itaml "0.1.0", content of the data set "abc", learningRate 0.1, tasks none; ' +
      'found itaml "0.2.0", content of the data set "abd", learningRate [0.1,0.2], tasks 3.',
  );
});

test("other data are refused even by force", () => {
  const state = originOf(config, "0.1.0", "abc");
  const others = originOf({ ...config, epochs: 2 }, "0.2.0", "abc");
  expect(() => refuseOtherOrigin(state, others, "file", { force: true })).not.toThrow();
  const data = originOf({ ...config, epochs: 2 }, "0.2.0", "abd");
  expect(() => refuseOtherOrigin(state, data, "file", { force: true })).toThrow(
    'expected content of the data set "abc"; found content of the data set "abd".',
  );
});

test("paths may change, and the order of keys doesn't matter", () => {
  const moved = { ...config, data: "/elsewhere", classes: "/list.txt" };
  const reversed = Object.fromEntries(Object.entries(moved).reverse()) as typeof config;
  expect(JSON.stringify(originOf(reversed, "1", "a"))).toBe(
    JSON.stringify(originOf(config, "1", "a")),
  );
});
