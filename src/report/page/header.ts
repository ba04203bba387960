import { DATASETS } from "../../data/catalog.js";
import { builtInParts } from "../../experiment/parts.js";
import { commonTasks, groupCurve } from "../group-series.js";
import { type Content, html, type Markup } from "../html.js";
import type { Published } from "../published.js";
import type { ReportedRun } from "../run-summary.js";
import { ACCURACIES, type AccuracyName, classesSeen } from "../series.js";
import { PAPER_STYLE } from "../series-style.js";
import { percent } from "../table.js";
import { copyable, swatch } from "./components.js";
import { paperName, papersOf, type ReportGroup } from "./report-group.js";
import { distinct, listOf } from "./words.js";

/** What the page is about, and its key figures. */
export function header(groups: readonly ReportGroup[]): Markup {
  const runs = groups.flatMap((group) => group.runs);
  return html`<header>
<p class="kicker">Class-incremental learning</p>
<h1>${pageTitle(groups)}</h1>
<p class="lede">${lede(groups)}</p>
${facts(runs)}
${keyFigures(groups)}
${notes(groups).map((note) => html`<p class="note">${note}</p>\n`)}</header>
`;
}

/** The data sets and the learners. */
export function pageTitle(groups: readonly ReportGroup[]): string {
  const runs = groups.flatMap((group) => group.runs);
  const learners = distinct(runs.map(({ config }) => methodTitle(config.learner.name)));
  const datasets = distinct(runs.map(({ config }) => datasetTitle(config.dataset)));
  const who = learners.length > 3 ? `${learners.length} learners` : listOf(learners);
  const title = `${who} on ${listOf(datasets)}`;
  return /^i[A-Z]/.test(title) ? title : title.charAt(0).toUpperCase() + title.slice(1);
}

function methodTitle(name: string): string {
  return builtInParts.methods.find((method) => method.name === name)?.title ?? name;
}

function datasetTitle(name: string): string {
  const titles: Readonly<Record<string, string>> = {
    ...{ mnist: "MNIST", svhn: "SVHN", cifar10: "CIFAR-10", cifar100: "CIFAR-100" },
    ...{ imagenet: "ImageNet", msceleb: "MS-Celeb", cub200: "CUB-200" },
  };
  return titles[name] ?? name;
}

function lede(groups: readonly ReportGroup[]): string {
  const sizes = distinct(groups.map((group) => plannedTasks(group.runs)));
  const [only] = sizes;
  return sizes.length === 1
    ? `A network learns ${only}, one after another. After each it is asked about all classes that it has seen.`
    : "A network learns classes in tasks, one after another. After each it is asked about all classes that it has seen.";
}

/** `10 classes in 5 tasks`, as far as the runs have come. */
function plannedTasks(runs: readonly ReportedRun[]): string {
  const [longest] = [...runs].sort((a, b) => b.results.tasks.length - a.results.tasks.length);
  const { results } = longest as ReportedRun;
  const tasks = results.tasks.length;
  return `${classesSeen(results).at(-1)} classes in ${tasks === 1 ? "one task" : `${tasks} tasks`}`;
}

function facts(runs: readonly ReportedRun[]): Markup {
  const configs = runs.map(({ config }) => config);
  const entries: readonly (readonly [string, string])[] = [
    ["Data set", listOf(distinct(configs.map(({ dataset }) => describeDataset(dataset))))],
    ["Network", listOf(distinct(configs.map(({ network }) => network.name)))],
    ["Runs", String(runs.length)],
    ["Seeds", distinct(configs.map(({ seed }) => seed)).join(", ")],
  ];
  return html`<dl class="facts">${entries.map(
    ([name, value]) => html`<div><dt>${name}</dt><dd>${value}</dd></div>`,
  )}</dl>`;
}

function describeDataset(name: string): string {
  const known = DATASETS.find((entry) => entry.name === name);
  return known ? `${name}: ${known.description}` : name;
}

/** The four accuracies, which never stand alone. */
function keyFigures(groups: readonly ReportGroup[]): Markup {
  const papers = papersOf(groups);
  const explanations = {
    continuum: ["Continuum", "class right, in groups of samples of one unknown task"],
    task: ["Task", "task of such a group right"],
    single: ["Single-sample", "class right, each sample alone"],
    oracle: ["Oracle", "class right, the task is given"],
  } as const;
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
<thead><tr>${compact && html`<th scope="col">Configuration</th>`}${ACCURACIES.map((name) => {
      const [title, explanation] = explanations[name];
      return html`<th scope="col">${title} ${sizeOf(name, groups)}<small>${explanation}</small></th>`;
    })}</tr></thead>
${groups.map((group) =>
  row(
    html`${swatch(group.style)} ${group.name} <small>${ofRuns(group)}</small>`,
    ACCURACIES.map((name) => figureOf(group, name)),
    "group",
  ),
)}${papers.map((published) =>
  row(
    html`${swatch(PAPER_STYLE)} ${paperName(published, papers)} <small>iTAML, a single run, as published</small>`,
    ACCURACIES.map((name) => publishedFigure(published, name)),
    "paper",
  ),
)}</table>`,
  );
}

function sizeOf(name: AccuracyName, groups: readonly ReportGroup[]): Content {
  const configs = groups.flatMap(({ runs }) => runs.map(({ config }) => config));
  const p = distinct(configs.map(({ continuum }) => continuum));
  const top = distinct(configs.map((config) => config.top));
  const parts = [
    ...(name === "continuum" || name === "task" ? [`p = ${p.join(", ")}`] : []),
    ...(name !== "task" && top.some((k) => k > 1) ? [`top-${top.join(", ")}`] : []),
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
function notes(groups: readonly ReportGroup[]): string[] {
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
    ...paperNotes(groups),
  ];
}

/** How far the settings are those of the paper; configurations of which the same is to be said together. */
function paperNotes(groups: readonly ReportGroup[]): string[] {
  const names = new Map<string, string[]>();
  for (const { name, paper } of groups) {
    if (!paper) continue;
    const { published, differences } = paper;
    const file = `configs/${published.config}.yaml, the configuration for the paper’s numbers`;
    const note =
      differences.length > 0
        ? `settings other than in ${file}: ${differences.join(", ")}.`
        : `the settings of ${file}.`;
    names.set(note, [...(names.get(note) ?? []), name]);
  }
  return [...names].map(([note, own]) => `${listOf(own)}: ${note}`);
}
