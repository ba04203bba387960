import { basename } from "node:path";
import type { Config } from "../../experiment/config.js";
import type { Machine } from "../../experiment/events.js";
import type { Parts } from "../../experiment/parts.js";
import {
  ACCURACIES,
  ACCURACY_NAMES,
  type AccuracyMetric,
  type AccuracyName,
} from "../../incremental/metrics.js";
import { classesSeen } from "../accuracies.js";
import { PAPER_STYLE } from "../charts/style.js";
import { percent } from "../format.js";
import { commonTasks, groupCurve } from "../group-values.js";
import { differingSettings, flatSettings } from "../groups.js";
import { type Content, html, type Markup } from "../html.js";
import { PAPER, type Published } from "../published.js";
import type { ReportedRun } from "../runs.js";
import { datasetTitle, learnerTitle } from "../titles.js";
import { copyable, day, swatch } from "./components.js";
import type { Paper, Report, ReportGroup } from "./report.js";
import { capitalized, counted, distinct, listOf } from "./words.js";

/** What the page is about, and its key figures. */
export function header(report: Report): Markup {
  const runs = report.groups.flatMap((group) => group.runs);
  return html`<header>
<p class="kicker">Class-incremental learning</p>
<h1>${pageTitle(report)}</h1>
<p class="lede">${lede(report.groups)}</p>
${keyFigures(report)}
${notes(report).map((note) => html`<p class="note">${note}</p>\n`)}
${facts(runs, report.parts)}
</header>
`;
}

/** The data sets and the learners. */
export function pageTitle({ groups, parts }: Report): string {
  const configs = groups.flatMap(({ runs }) => runs.map(({ config }) => config));
  const learners = distinct(configs.map(({ learner }) => learnerTitle(parts, learner.name)));
  const datasets = distinct(configs.map(({ dataset }) => datasetTitle(parts, dataset)));
  const who = learners.length > 3 ? `${learners.length} learners` : listOf(learners);
  return capitalized(`${who} on ${listOf(datasets)}`);
}

function lede(groups: readonly ReportGroup[]): string {
  const sizes = distinct(groups.map((group) => plannedTasks(group.runs)));
  const [what] = sizes.length === 1 ? sizes : ["classes in tasks"];
  const runs = groups.flatMap((group) => group.runs);
  const who = runs.every(({ config }) => config.features) ? "classifier" : "network";
  return `A ${who} learns ${what}, one after another. After each it is asked about all classes that it has seen.`;
}

/** `10 classes in 5 tasks`, as far as the runs have come. */
function plannedTasks(runs: readonly ReportedRun[]): string {
  const [longest] = [...runs].sort((a, b) => b.results.tasks.length - a.results.tasks.length);
  const { results } = longest as ReportedRun;
  const tasks = results.tasks.length;
  return `${classesSeen(results).at(-1)} classes in ${tasks === 1 ? "one task" : `${tasks} tasks`}`;
}

/** What was trained, on what, when and by which programs; nothing of what isn't known. */
function facts(runs: readonly ReportedRun[], parts: Parts): Markup {
  const configs = runs.map(({ config }) => config);
  const sittings = runs.flatMap((run) => run.sittings);
  const days = distinct(
    sittings.flatMap(({ started, ended }) => [started, ended].flatMap((time) => time ?? [])),
  )
    .map(day)
    .sort();
  const machines = sittings.flatMap(({ machine }) => machine ?? []);
  const versions = distinct([
    ...machines.map(({ itaml }) => itaml),
    ...runs.flatMap(({ origin }) => origin?.itaml ?? []),
  ]);
  const named = (name: string, of: (machine: Machine) => string) => {
    const values = distinct(machines.map(of));
    return values.length > 0 ? [`${name} ${values.join(", ")}`] : [];
  };
  const devices = distinct(configs.map(({ device }) => device));
  const entries: readonly (readonly [string, string])[] = [
    ["Data set", listOf(distinct(configs.map(({ dataset }) => describeDataset(parts, dataset))))],
    ["Network", listOf(distinct(configs.map(describeNetwork)))],
    ["Runs", `${runs.length}, seed ${distinct(configs.map(({ seed }) => seed)).join(", ")}`],
    ["Trained", distinct([days[0], days.at(-1)].flatMap((own) => own ?? [])).join(" to ")],
    ["On", [...machineNames(machines), ...devices.filter((own) => own !== "cpu")].join("; ")],
    [
      "By",
      [
        ...(versions.length > 0 ? [`itaml ${versions.join(", ")}`] : []),
        ...named("Node", ({ node }) => node),
        ...named("ONNX Runtime", ({ onnxruntime }) => onnxruntime),
      ].join(", "),
    ],
  ];
  return html`<dl class="facts">${entries
    .filter(([, value]) => value !== "")
    .map(([name, value]) => html`<div><dt>${name}</dt><dd>${value}</dd></div>`)}</dl>`;
}

function describeNetwork({ features, network }: Config): string {
  if (!features) return network.name;
  const frozen = features.name === "onnx" ? basename(String(features.model)) : features.name;
  const trained = network.name === "identity" ? "" : `, and ${network.name} on it`;
  return `${frozen}, frozen${trained}`;
}

function machineNames(machines: readonly Machine[]): string[] {
  return distinct(
    machines.map(({ processor, cores, memoryBytes, system }) => {
      const memory = `${(memoryBytes / 1e9).toFixed(0)} GB`;
      return `${processor}, ${counted(cores, "core")}, ${memory}, ${system}`;
    }),
  );
}

function describeDataset({ datasets }: Parts, name: string): string {
  const known = datasets.find((entry) => entry.name === name);
  return known ? `${name}: ${known.description}` : name;
}

/** The four accuracies, which never stand alone. */
function keyFigures({ groups, paper }: Report): Markup {
  // A few have a line of their own above large figures.
  const compact = groups.length > 3;
  const row = (name: Content, values: readonly Content[], kind: string) => {
    const cells = values.map((value) => html`<td>${value}</td>`);
    return compact
      ? html`<tbody class="${kind}"><tr><th scope="row">${name}</th>${cells}</tr></tbody>
`
      : html`<tbody class="${kind}"><tr><th scope="rowgroup" colspan="4">${name}</th></tr>
<tr>${cells}</tr></tbody>
`;
  };
  return copyable(
    "Accuracies after the last task",
    html`<table class="${compact ? "figures compact" : "figures"}">
<caption><div>Accuracy in % after the last task, over the test samples of all classes${
      groups.some(({ runs }) => runs.length > 1) && "; mean and 95 % interval over seeds"
    }</div></caption>
<thead><tr>${compact && html`<th scope="col">Configuration</th>`}${ACCURACY_NAMES.map((name) => {
      const { title, brief } = ACCURACIES[name];
      return html`<th scope="col">${capitalized(title)} ${sizeOf(name, groups)}<small>${brief}</small></th>`;
    })}</tr></thead>
${groups.map((group) =>
  row(
    html`${swatch(group.style)} ${group.name} <small>${ofRuns(group)}</small>`,
    ACCURACY_NAMES.map((name) => figureOf(group, name)),
    "group",
  ),
)}${
  paper &&
  row(
    html`${swatch(PAPER_STYLE)} ${PAPER} <small>iTAML, a single run, as published</small>`,
    ACCURACY_NAMES.map((name) => publishedFigure(paper.published, name)),
    "paper",
  )
}</table>`,
  );
}

function sizeOf(name: AccuracyName, groups: readonly ReportGroup[]): Content {
  const { byContinuum, byTop }: AccuracyMetric = ACCURACIES[name];
  const configs = groups.flatMap(({ runs }) => runs.map(({ config }) => config));
  const p = distinct(configs.map(({ continuum }) => continuum));
  const top = distinct(configs.map((config) => config.top));
  const parts = [
    ...(byContinuum ? [`p = ${p.join(", ")}`] : []),
    ...(byTop && top.some((k) => k > 1) ? [`top-${top.join(", ")}`] : []),
  ];
  return parts.length > 0 && html`<span class="size">${parts.join(", ")}</span>`;
}

function ofRuns(group: ReportGroup): string {
  const { runs } = group;
  const unfinished = runs.some(({ finished }) => !finished);
  const count = runs.length === 1 ? "1 run" : `n = ${runs.length}`;
  return unfinished ? `${count}, after ${commonTasks(group)} tasks` : count;
}

function figureOf(group: ReportGroup, name: AccuracyName): Markup {
  const last = groupCurve(group, name).at(-1);
  if (!last) return html`–`;
  return html`<span class="figure">${percent(last.mean)}</span>${
    last.halfWidth !== undefined &&
    html` <span class="interval">± ${percent(last.halfWidth)}</span>`
  }`;
}

function publishedFigure(published: Published, name: AccuracyName): Markup {
  const value = { ...published, continuum: published.curve.at(-1) }[name];
  return html`<span class="figure">${value === undefined ? "–" : value.toFixed(2)}</span>`;
}

/** What has to be known to read the figures right. */
function notes({ groups, paper }: Report): string[] {
  const runs = groups.flatMap((group) => group.runs);
  const unfinished = runs.filter(({ finished }) => !finished).map(({ title }) => title);
  const several = groups.filter((group) => group.runs.length > 1);
  return [
    ...(unfinished.length > 0
      ? [
          `Unfinished: ${listOf(unfinished)}. What is said of a configuration is said of the tasks that all of its runs have done.`,
        ]
      : []),
    ...(several.length > 0
      ? [
          `n runs over seeds: mean ± half-width of the 95 % confidence interval of the mean (Student’s t with n − 1 degrees of freedom).`,
        ]
      : []),
    ...differenceNotes(groups),
    ...(paper ? paperNotes(groups, paper) : []),
  ];
}

/** Settings in which configurations differ though their names don't say so. */
function differenceNotes(groups: readonly ReportGroup[]): string[] {
  const settings = groups.map(({ runs }) => flatSettings((runs[0] as ReportedRun).config));
  const keys = differingSettings(settings).filter(
    (key) =>
      !["dataset", "learner.name"].includes(key) &&
      !groups.some(({ name }) => name.includes(`${key}=`)),
  );
  return keys.length > 0 ? [`The configurations also differ in ${listOf(keys)}.`] : [];
}

/** How far the settings are those of the paper; configurations of which the same is to be said together. */
function paperNotes(groups: readonly ReportGroup[], { published, differences }: Paper): string[] {
  const file = `configs/${published.config}.yaml, the configuration for the paper’s numbers`;
  const names = new Map<string, string[]>();
  groups.forEach(({ name }, i) => {
    const keys = differences[i] ?? [];
    const note =
      keys.length > 0
        ? `settings other than in ${file}: ${keys.join(", ")}.`
        : `the settings of ${file}.`;
    names.set(note, [...(names.get(note) ?? []), name]);
  });
  return [...names].map(([note, own]) => `${listOf(own)}: ${note}`);
}
