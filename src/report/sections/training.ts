import { EPOCH_METRICS, type EpochMetricName, type Metric } from "../../incremental/metrics.js";
import { axisFromZero, countAxis, logAxis, percentAxis } from "../charts/axes.js";
import { type Axis, lineChart, type Rule, type Series } from "../charts/line-chart.js";
import { COMMON_STYLE } from "../charts/style.js";
import { displayed, formatDisplayed, unitOf } from "../format.js";
import { html } from "../html.js";
import { describe, figure, legend, seriesTable } from "../page/components.js";
import type { ReportGroup, ReportSection } from "../page/report.js";

/** The metrics that are drawn over the epochs, and how. */
const CHARTS: readonly {
  readonly name: EpochMetricName;
  readonly axis: (values: readonly number[]) => Axis;
  /** On an axis without 0. */
  readonly log?: boolean;
  readonly steps?: boolean;
}[] = [
  { name: "loss", axis: logAxis, log: true },
  { name: "learningRate", axis: logAxis, log: true, steps: true },
  { name: "validationAccuracy", axis: (values) => percentAxis(values.map((y) => ({ y }))) },
  { name: "residentBytes", axis: axisFromZero },
];

/** Training epoch by epoch, as events.jsonl has it. */
export const trainingSection: ReportSection = {
  name: "training",
  title: "Training",
  applies: ({ groups }) => groups.some(({ runs }) => runs.some(({ epochs }) => epochs.length > 0)),
  render({ groups }) {
    const shown = groups.filter(({ runs }) => runs.some(({ epochs }) => epochs.length > 0));
    const lacking = groups.flatMap(({ runs }) => runs).filter(({ epochs }) => epochs.length === 0);
    const charts = CHARTS.flatMap((chart) => {
      const series = mergeEqual(shown.flatMap((group) => epochSeries(group, chart)));
      return series.length > 0 ? { ...chart, series } : [];
    });
    const learners = new Set(
      groups.flatMap(({ runs }) => runs.map((run) => run.config.learner.name)),
    );
    const rules = taskStarts(shown);
    return html`<p>Epoch by epoch, all tasks one after another; a line for each run.${
      rules.length > 0 && " An upright line stands where a task begins."
    }${learners.size > 1 && " The losses of different learners are different functions."}</p>
${
  lacking.length > 0 &&
  html`<p class="note">Left out, since their events.jsonl has no epochs: ${lacking.map(({ title }) => title).join(", ")}.</p>`
}
${shown.length > 1 && legend(shown)}
<div class="grid three">${charts.map(({ name, axis, steps, series }) => {
      const metric: Metric = EPOCH_METRICS[name];
      const points = series.flatMap((own) => own.points);
      return figure(
        html`${metric.title} <small>${unitOf(metric) && `in${unitOf(metric)}`}</small>`,
        lineChart({
          description: describe(`${metric.title} over epochs`, series, unitOf(metric)),
          ...{ series, rules, steps, y: axis(points.map(({ y }) => y)), width: 330, height: 220 },
          x: countAxis("epoch", Math.max(...points.map(({ x }) => x))),
        }),
        seriesTable(`${metric.title}, data`, "epoch", series, (value) =>
          formatDisplayed(metric, value),
        ),
      );
    })}</div>
`;
  },
};

function epochSeries({ name, style, runs }: ReportGroup, chart: (typeof CHARTS)[number]): Series[] {
  return runs.flatMap(({ title, epochs }) => {
    const points = epochs.flatMap((epoch, i) => {
      const value = epoch[chart.name];
      if (value === undefined || (chart.log && value <= 0)) return [];
      return { x: i + 1, y: displayed(EPOCH_METRICS[chart.name], value) };
    });
    if (points.length === 0) return [];
    return { name: runs.length > 1 ? title : name, style, points, thin: true };
  });
}

/** Curves that hide one another become one, in the colour of none if they are of several configurations. */
function mergeEqual(series: readonly Series[]): Series[] {
  const merged = new Map<string, Series>();
  for (const own of series) {
    const key = JSON.stringify(own.points);
    const same = merged.get(key);
    const name = same ? `${same.name}, ${own.name}` : own.name;
    const style = !same || same.style === own.style ? own.style : COMMON_STYLE;
    merged.set(key, { ...own, name, style });
  }
  return [...merged.values()];
}

/** Where tasks begin, if at the same epochs for all. */
function taskStarts(groups: readonly ReportGroup[]): Rule[] {
  const starts = groups
    .flatMap(({ runs }) => runs)
    .map(({ epochs }) =>
      epochs.flatMap(({ task }, i) => (i > 0 && epochs[i - 1]?.task !== task ? i + 0.5 : [])),
    );
  const [first = []] = starts;
  return starts.every((other) => other.join() === first.join())
    ? first.map((x) => ({ x, colour: "var(--rule)" }))
    : [];
}
