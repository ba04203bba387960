import { expect, test } from "vitest";
import { addTask, emptyResults, type Results } from "../src/experiment/results.js";
import { accuracyChart, comparisonCurves, runCurves } from "../src/report/chart.js";
import { accuracyTable, comparisonTable, summaryTable } from "../src/report/table.js";

function made(learner: string, slope: number): Results {
  let results = emptyResults({ dataset: "made", seed: 1, learner, top: 1 });
  for (let task = 0; task < 3; task++) {
    const accuracy = 1 - slope * task;
    const of = (value: number) => ({
      classAccuracy: value,
      taskAccuracy: value,
      perTask: Array(task + 1).fill(value) as number[],
    });
    results = addTask(
      results,
      [2 * task, 2 * task + 1],
      {
        top: 1,
        testSamples: 100 * (task + 1),
        continuum: { p: 20, ...of(accuracy), taskConfusion: [] },
        single: of(accuracy - 0.2),
        oracle: of(0.99),
      },
      [{ p: 1, classAccuracy: accuracy, taskAccuracy: accuracy }],
      { train: 1, adapt: 0.25, evaluate: 0.25 },
    );
  }
  return results;
}

test("tables", () => {
  const results = made("itaml", 0.05);
  expect(`${accuracyTable(results)}\n\n${summaryTable(results)}`).toMatchSnapshot();
  const runs = [
    { title: "a", results },
    { title: "another", results: made("finetuning", 0.3) },
  ];
  expect(comparisonTable(runs)).toMatchSnapshot();
});

test("top-5 accuracies are called so", () => {
  const [header] = accuracyTable({ ...made("itaml", 0.05), top: 5 }).split("\n");
  expect(header).toMatch(
    /continuum \(p=20, top-5\) +task \(p=20\) +single-sample \(top-5\) +oracle \(top-5\)/,
  );
});

test("charts", async () => {
  const results = made("itaml", 0.05);
  await expect(accuracyChart(runCurves(results), "One run")).toMatchFileSnapshot(
    "snapshots/run.svg",
  );
  expect(accuracyChart(runCurves(results), "One run")).toBe(
    accuracyChart(runCurves(results), "One run"),
  );
  const runs = [
    { title: "iTAML", results },
    { title: "fine-tuning", results: made("finetuning", 0.3) },
  ];
  await expect(accuracyChart(comparisonCurves(runs), "Two runs")).toMatchFileSnapshot(
    "snapshots/comparison.svg",
  );
});
