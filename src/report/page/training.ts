import { html, type Markup } from "../html.js";
import { type Axis, lineChart, type Rule, type Series } from "../plots.js";
import type { ReportedRun } from "../run-summary.js";
import { COMMON_STYLE } from "../series-style.js";
import { axisOf, describe, percentAxis } from "./accuracy.js";
import { figure, legend, section, seriesTable } from "./components.js";
import type { ReportGroup } from "./report-group.js";

type Epoch = ReportedRun["epochs"][number];

/** A curve over the epochs of all tasks. */
interface EpochChart {
  readonly title: string;
  readonly unit: string;
  readonly of: (epoch: Epoch) => number | undefined;
  readonly axis: (values: readonly number[]) => Axis;
  readonly format: (value: number) => string;
  readonly steps?: boolean;
}

const CHARTS: readonly EpochChart[] = [
  {
    ...{ title: "loss", unit: "", axis: logAxis, format: (value) => value.toPrecision(3) },
    of: ({ loss }) => (loss > 0 ? loss : undefined),
  },
  {
    ...{ title: "learning rate", unit: "", axis: logAxis, format: String },
    of: ({ learningRate }) => (learningRate > 0 ? learningRate : undefined),
    steps: true,
  },
  {
    ...{ title: "validation accuracy in %", unit: " %", format: (value) => value.toFixed(2) },
    axis: (values) => percentAxis(values.map((y) => ({ x: 0, y }))),
    of: ({ validationAccuracy }) => validationAccuracy && 100 * validationAccuracy,
  },
  {
    ...{ title: "resident memory in MB", unit: " MB", axis: axisFromZero },
    format: (value) => value.toFixed(0),
    of: ({ residentBytes }) => residentBytes && residentBytes / 1e6,
  },
];

/** Training epoch by epoch, as events.jsonl has it. */
export function trainingSection(groups: readonly ReportGroup[]): Markup {
  const shown = groups.filter(({ runs }) => runs.some(({ epochs }) => epochs.length > 0));
  const lacking = groups.flatMap(({ runs }) => runs).filter(({ epochs }) => epochs.length === 0);
  const charts = CHARTS.flatMap((chart) => {
    const series = mergeEqual(shown.flatMap((group) => epochSeries(group, chart)));
    return series.length > 0 ? { ...chart, series } : [];
  });
  const learners = new Set(
    groups.flatMap(({ runs }) => runs.map(({ config }) => config.learner.name)),
  );
  const rules = taskStarts(shown);
  return section(
    "training",
    "Training",
    html`<p>Epoch by epoch, all tasks one after another; a line for each run.${
      rules.length > 0 && " An upright line stands where a task begins."
    }${learners.size > 1 && " The losses of different learners are different functions."}</p>
${
  lacking.length > 0 &&
  html`<p class="note">Left out, since their events.jsonl has no epochs: ${lacking.map(({ title }) => title).join(", ")}.</p>`
}
${shown.length > 0 && legend(shown)}
<div class="grid">${charts.map(({ title, unit, axis, format, steps, series }) => {
      const points = series.flatMap((own) => own.points);
      return figure(
        title,
        lineChart({
          description: describe(`${title} over epochs`, series, unit),
          ...{ series, rules, steps, y: axis(points.map(({ y }) => y)) },
          x: epochAxis(points.map((point) => point.x)),
        }),
        seriesTable(`${title}, data`, "epoch", series, format),
      );
    })}</div>
`,
  );
}

function epochSeries({ name, style, runs }: ReportGroup, { of }: EpochChart): Series[] {
  return runs.flatMap(({ title, epochs }) => {
    const points = epochs.flatMap((epoch, x) => {
      const y = of(epoch);
      return y === undefined ? [] : { x, y };
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
      epochs.flatMap(({ task }, i) => (i > 0 && epochs[i - 1]?.task !== task ? i - 0.5 : [])),
    );
  const [first = []] = starts;
  return starts.every((other) => other.join() === first.join())
    ? first.map((x) => ({ x, colour: "var(--rule)" }))
    : [];
}

function epochAxis(places: readonly number[]): Axis {
  const last = Math.max(...places);
  const step = [1, 2, 5, 10, 20, 50, 100, 200, 500].find((size) => last / size <= 8) ?? 1000;
  const ticks = Array.from({ length: Math.floor(last / step) + 1 }, (_, i) => i * step);
  return { ...axisOf("epoch", [0, last]), ticks };
}

/** 1, 2 and 5 of each decade, or its 1 alone where there are many. */
function logAxis(values: readonly number[]): Axis {
  const [low, high] = [Math.min(...values), Math.max(...values)];
  const decades = Math.log10(high / low);
  const steps = decades > 3 ? [1] : decades > 1.5 ? [1, 3] : [1, 2, 5];
  const from = Math.floor(Math.log10(low));
  const to = Math.ceil(Math.log10(high));
  const ticks = Array.from({ length: to - from + 1 }, (_, i) => from + i)
    .flatMap((exponent) => steps.map((step) => Number(`${step}e${exponent}`)))
    .filter((tick) => tick >= low * 0.999 && tick <= high * 1.001);
  const margin = Math.max(1.1, (high / low) ** 0.05);
  const domain = [low / margin, high * margin] as const;
  return { label: "", domain, ticks: ticks.length > 0 ? ticks : [low], type: "log" };
}

function axisFromZero(values: readonly number[]): Axis {
  const high = Math.max(...values);
  const magnitude = 10 ** Math.floor(Math.log10(high));
  const step = [0.2, 0.5, 1, 2].map((share) => share * magnitude).find((size) => high / size <= 6);
  const size = step ?? high;
  const ticks = Array.from({ length: Math.ceil(high / size) + 1 }, (_, i) => i * size);
  return { label: "", domain: [0, ticks.at(-1) ?? high], ticks };
}
