import { expect, test } from "vitest";
import { addTask, emptyResults, type Results } from "../src/experiment/results.js";
import { accuracyChart, comparisonCurves, runCurves } from "../src/report/chart.js";
import { heatMap, lineChart, stackedBars } from "../src/report/plots.js";
import { seriesStyle } from "../src/report/series-style.js";
import { spread } from "../src/report/spread.js";
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

test("charts of a page", async () => {
  const [itaml, other] = [seriesStyle(0), seriesStyle(7)];
  const lines = lineChart({
    description: "Two curves",
    series: [
      {
        ...{ name: "a", style: itaml },
        points: [
          { x: 1, y: 60, low: 50, high: 70 },
          { x: 50, y: 95, low: 85, high: 105 },
        ],
      },
      { name: "b <&>", style: other, points: [{ x: 50, y: 94 }], thin: true },
    ],
    x: { label: "p", domain: [1, 50], ticks: [1, 10, 50], type: "log" },
    y: { label: "%", domain: [40, 100], ticks: [40, 100] },
    rules: [{ x: 13, label: "bound: 13" }],
    endLabels: (value) => value.toFixed(1),
  });
  await expect(lines).toMatchFileSnapshot("snapshots/lines.svg");
  const map = heatMap({
    ...{ description: "A matrix", xLabel: "task i", yLabel: "after task t" },
    rows: [[0.9], [0.2, 0.93]],
  });
  await expect(map).toMatchFileSnapshot("snapshots/heat-map.svg");
  const bars = stackedBars({
    ...{ description: "Seconds", xLabel: "task", highest: 4, colour: itaml.colour },
    bars: [
      [2, 0, 1],
      [1, 0.5, 0.25],
    ],
  });
  await expect(bars).toMatchFileSnapshot("snapshots/bars.svg");
});

test("labels keep their order and their distance", () => {
  const at = (values: number[]) =>
    spread(
      values.map((y) => ({ y })),
      { gap: 5 },
    ).map(({ y, at: place }) => [y, place]);
  expect(at([50, 98, 97])).toEqual([
    [98, 98],
    [97, 93],
    [50, 50],
  ]);
  expect(at([1, 2])).toEqual([
    [2, 5],
    [1, 0],
  ]);
});
