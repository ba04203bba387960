import { existsSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { parseHTML } from "linkedom";
import { beforeAll, describe, expect, test } from "vitest";
import { readConfig } from "../src/cli/commands/train.js";
import { builtInParts } from "../src/experiment/parts.js";
import { groupRuns } from "../src/report/groups.js";
import { html } from "../src/report/html.js";
import type { Report } from "../src/report/page/report.js";
import type { ReportedRun } from "../src/report/runs.js";
import { reportHtml, writeReport } from "../src/report/write-report.js";
import { BROWSER_LIMIT, ChromiumPage, chromiumPath } from "./support/chromium.js";
import { temporaryFolder } from "./support/folder.js";
import { needs } from "./support/needs.js";
import { CHECK_MATRIX, reportedRun } from "./support/reported-run.js";

const parse = (page: string) => parseHTML(page).document;
type Page = ReturnType<typeof parse>;

const pageOf = (runs: readonly ReportedRun[]) =>
  reportHtml(groupRuns(runs, builtInParts), "runs/report.html", builtInParts);

/** The cells of a table, row by row. */
function cells(document: Page, selector: string): string[][] {
  return [...document.querySelectorAll(`${selector} tr`)].map((row) =>
    [...row.querySelectorAll("th, td")].map((cell) => words(cell)),
  );
}

function words(element: { textContent: string | null } | null | undefined): string {
  return (element?.textContent ?? "").replace(/\s+/g, " ").trim();
}

/** Three seeds whose continuum accuracies after the last task are .77, .784 and .798. */
function threeSeeds() {
  return [-0.014, 0, 0.014].map((difference, i) =>
    reportedRun(
      { seed: i + 1 },
      {
        title: `seed${i + 1}`,
        matrix: CHECK_MATRIX.map((row) => row.map((accuracy) => accuracy + difference)),
      },
    ),
  );
}

describe("the page of one run", () => {
  let page: string;
  let document: Page;
  beforeAll(async () => {
    page = await pageOf([reportedRun()]);
    document = parse(page);
  });

  test("is a document with headings in order, and the same every time", async () => {
    expect(document.documentElement.getAttribute("lang")).toBe("en");
    expect(document.querySelector("title")?.textContent).toBe("iTAML on made");
    const levels = [...document.querySelectorAll("h1, h2, h3")].map(({ tagName }) => tagName);
    expect(levels.filter((level) => level === "H1")).toHaveLength(1);
    expect(levels[0]).toBe("H1");
    const ids = [...document.querySelectorAll("[id]")].map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
    for (const link of document.querySelectorAll("nav a")) {
      expect(ids).toContain(link.getAttribute("href")?.slice(1));
    }
    expect(await pageOf([reportedRun()])).toBe(page);
  });

  test("the four accuracies stand side by side, with what they are", () => {
    const [head, name, values] = cells(document, ".figures") as [string[], string[], string[]];
    expect(head.map((text) => text.split(" ")[0])).toEqual([
      ...["Continuum", "Task", "Single-sample", "Oracle"],
    ]);
    expect(name).toEqual(["iTAML 1 run"]);
    expect(values).toEqual(["78.40", "97.00", "58.40", "99.00"]);
  });

  test("metrics are those of the check matrix", () => {
    const figures = [...document.querySelectorAll("#metrics figure")];
    const of = (title: string) => {
      const own = figures.find((figure) => words(figure.querySelector("figcaption")) === title);
      return [...(own?.querySelectorAll("tbody td") ?? [])].map(words);
    };
    expect(of("average accuracy")).toEqual(["78.40", "58.40", "99.00"]);
    expect(of("average incremental accuracy")[0]).toBe("84.76");
    expect(of("forgetting")[0]).toBe("16.75");
    expect(of("backward transfer")[0]).toBe("−15.25");
    expect(figures.map((figure) => words(figure.querySelector("p"))).join()).toContain(
      "(Chaudhry 2018)",
    );
    // The accuracies themselves are at the head, and said to be what.
    expect(words(document.querySelector("#metrics dl"))).toContain(
      "of which the program isn't told the task",
    );
  });

  test("every chart is described, and has its numbers in a table", () => {
    const figures = [...document.querySelectorAll("figure:has(svg.plot)")];
    expect(figures.map((figure) => words(figure.querySelector("figcaption")))).toEqual([
      ...["continuum (p=20)", "task (p=20)", "single-sample", "oracle"],
      ...["continuum, by p", "task, by p", "continuum (p=20)", "single-sample", "oracle", "iTAML"],
      ...["loss", "learning rate", "resident memory in MB", "iTAML 67.50 seconds in all"],
      "continuum (p=20) accuracy over seconds",
    ]);
    for (const figure of figures) {
      const chart = figure.querySelector("svg.plot");
      expect(chart?.getAttribute("role")).toBe("img");
      expect(chart?.getAttribute("aria-label")).toMatch(/\w+.*\d/);
      expect(figure.querySelectorAll("details table tbody tr").length).toBeGreaterThan(1);
    }
    // Each task takes 10 + task seconds to train, and 1.5 to adapt and evaluate.
    expect(cells(document, "#time > div:last-of-type table").map(([seconds]) => seconds)).toEqual([
      ...["seconds", "11.50", "24.00", "37.50", "52.00", "67.50"],
    ]);
    expect(cells(document, "#matrix figure:nth-of-type(1) table").at(-1)).toEqual([
      ...["5", "70.00", "72.00", "96.00", "66.00", "88.00"],
    ]);
    expect(cells(document, "#confusion table").at(-1)).toEqual(["5", "1", "0", "0", "0", "9"]);
    // Ten continua of each task, not a hundred.
    expect(words(document.querySelector("#confusion p"))).toContain("each task (10 each)");
    const rates = cells(document, "#training figure:nth-of-type(2) table");
    expect(rates.slice(0, 5)).toEqual([
      ...[
        ["epoch", "iTAML"],
        ["1", "0.1"],
        ["2", "0.1"],
        ["3", "0.05"],
        ["4", "0.1"],
      ],
    ]);
    // p0 = .584 − .3 (1 − 1/e) = .394, p̂ = .394 + .606 / 9 = .4617.
    expect(words(document.querySelector("#continuum-size p"))).toContain(
      "votes for its own task with 46.17",
    );
  });

  test("settings are complete", () => {
    const rows = cells(document, "#settings table");
    expect(rows).toContainEqual(["optimizer.momentum", "0.9"]);
    expect(rows).toContainEqual(["learner.adaptation.learningRate", "0.0003"]);
    expect(document.querySelectorAll("#settings .marked")).toHaveLength(0);
  });

  test("classes have their names, their accuracy, and what they are taken for", () => {
    const rows = cells(document, "#classes .table:first-of-type table");
    expect(rows.slice(0, 3)).toEqual([
      ["class", "task", "single-sample", "most often taken for"],
      ["ant", "1", "96.00", "bee 4.00 %"],
      ["bee", "1", "76.00", "ant 20.00 %"],
    ]);
    expect(cells(document, "#classes details table").at(-1)?.slice(0, 6)).toEqual([
      ...["mean", "", "", "90.00", "78.00", "100.00"],
    ]);
  });

  test("when, on what and by what it was trained", () => {
    const facts = [...document.querySelectorAll(".facts div")].map(words);
    expect(facts).toContain("Trained2026-11-24");
    expect(facts).toContain("OnMade 9000, 2 cores, 8 GB, Linux 6.1.0 x64");
    expect(facts).toContain("Byitaml 0.2.0, Node 20.11.0, ONNX Runtime 1.30.0");
  });

  test("the frozen network whose features are learned is named", async () => {
    const onFeatures = async (network: "identity" | "mlp") => {
      const { config, ...run } = reportedRun({ network });
      const features = { name: "onnx", model: "/models/extractor.onnx", channels: "rgb" } as const;
      const own = parse(await pageOf([{ ...run, config: { ...config, features } }]));
      expect(words(own.querySelector(".lede"))).toMatch(
        /^A classifier learns 10 classes in 5 tasks/,
      );
      return [...own.querySelectorAll(".facts div")].map(words);
    };
    expect(await onFeatures("identity")).toContain("Networkextractor.onnx, frozen");
    expect(await onFeatures("mlp")).toContain("Networkextractor.onnx, frozen, and mlp on it");
  });

  test("links lead to documentation that there is, seen from the page", () => {
    const links = [...document.querySelectorAll("a")].map((link) => link.getAttribute("href"));
    const files = links.filter((href) => href && !/^(#|https:\/\/arxiv\.org\/abs\/)/.test(href));
    expect(files.length).toBeGreaterThan(2);
    for (const file of files)
      expect(existsSync(join("runs", file as string)), `${file}`).toBe(true);
  });

  test("nothing is loaded from anywhere", () => {
    const loaded = [...document.querySelectorAll("[src], link, image, use, iframe, object, embed")];
    expect(loaded.map((element) => element.getAttribute("href"))).toEqual(["data:,"]);
    expect(page).not.toMatch(/url\(|@import|srcset|fetch\(|XMLHttp|import\(/);
    const addresses = page.match(/(.{6})https?:\/\/[^"'\s<]+/g) ?? [];
    expect(addresses.filter((text) => !/^ ?href="https:\/\/arxiv|w3\.org/.test(text))).toEqual([]);
  });
});

describe("several runs", () => {
  test("seeds become a mean with its interval, configurations a comparison", async () => {
    const other = reportedRun({ learner: "finetuning", seed: 1 }, { title: "other" });
    const document = parse(await pageOf([...threeSeeds(), other]));
    expect(words(document.querySelector("h1"))).toBe("iTAML and fine-tuning on made");
    const figures = cells(document, ".figures");
    // Deviations ±1.4: s = 1.4, half-width 4.3027 × 1.4 / √3 = 3.478.
    expect(figures.slice(1, 3)).toEqual([
      ["iTAML n = 3"],
      ["78.40 ± 3.48", "97.00 ± 0.00", "58.40 ± 3.48", "99.00 ± 0.00"],
    ]);
    expect(figures[3]).toEqual(["fine-tuning 1 run"]);
    expect(cells(document, "#accuracy figure:nth-of-type(1) table")).toEqual([
      ["classes seen", "iTAML", "fine-tuning"],
      ["2", "90.00 ± 3.48", "90.00"],
      ["4", "86.50 ± 3.48", "86.50"],
      ["6", "85.67 ± 3.48", "85.67"],
      ["8", "83.25 ± 3.48", "83.25"],
      ["10", "78.40 ± 3.48", "78.40"],
    ]);
    const marked = [...document.querySelectorAll("#settings .marked th, #settings .marked td")].map(
      words,
    );
    expect(marked).toEqual(["learner.name", "itaml", "finetuning"]);
    expect(cells(document, "#runs table").map(([name]) => name)).toEqual([
      ...["run", "seed1", "seed2", "seed3", "other"],
    ]);
    expect(cells(document, "#confusion figure:nth-of-type(1) table").at(-1)).toEqual([
      ...["5", "3", "0", "0", "0", "27"],
    ]);
  });

  test("an unfinished run is said to be, and compared at the tasks that all have done", async () => {
    const [first, second] = threeSeeds();
    const short = reportedRun(
      { seed: 3 },
      { title: "short", finished: false, matrix: CHECK_MATRIX.slice(0, 2) },
    );
    const page = await pageOf([first, second, short].filter((run) => run !== undefined));
    const document = parse(page);
    expect(words(document.querySelector(".note"))).toContain("Unfinished: short.");
    expect(cells(document, ".figures")[1]).toEqual(["iTAML n = 3, after 2 tasks"]);
    expect(cells(document, "#accuracy figure:nth-of-type(1) table")).toHaveLength(3);
    expect(cells(document, "#runs table").at(-1)?.[3]).toBe("2, unfinished");
  });

  test("titles have the p and the k that all configurations have", async () => {
    const captions = async (...all: Parameters<typeof reportedRun>[0][]) => {
      const runs = all.map((changes, i) => reportedRun(changes, { title: `${i}` }));
      const figures = parse(await pageOf(runs)).querySelectorAll("#accuracy figcaption");
      return [...figures].map(words);
    };
    const top = { top: 2 };
    expect(await captions({}, { continuum: 5 })).toEqual([
      ...["continuum", "task", "single-sample", "oracle"],
    ]);
    expect(await captions({}, top)).toEqual([
      ...["continuum (p=20)", "task (p=20)", "single-sample", "oracle"],
    ]);
    expect(await captions(top, { ...top, continuum: 5 })).toEqual([
      ...["continuum (top-2)", "task", "single-sample (top-2)", "oracle (top-2)"],
    ]);
  });

  test("top-k accuracies are called so wherever they stand", async () => {
    const document = parse(
      await pageOf([1, 2].map((seed) => reportedRun({ seed, top: 2 }, { title: `${seed}` }))),
    );
    const titles = [...document.querySelectorAll("section th[scope=col], figcaption")].map(words);
    const accuracies = titles.filter((title) => /^(continuum|single|oracle)/.test(title));
    expect(accuracies.length).toBeGreaterThan(25);
    expect(accuracies.filter((title) => !title.includes("top-2"))).toEqual([]);
    expect(accuracies).toContain("continuum (top-2), by p");
    const said = "What a sample is taken for is the first guess.";
    expect(words(document.querySelector("#classes p"))).toContain(said);
    const first = parse(await pageOf([reportedRun()]));
    expect(words(first.querySelector("#classes p"))).not.toContain("first guess");
  });

  test("a quick run beside a slow one has all of its points and their digits", async () => {
    const timed = (train: number) => {
      const run = reportedRun({ epochs: train }, { title: `${train}` });
      const tasks = run.results.tasks.map((task) => ({
        ...{ ...task, seconds: { train, adapt: 0.5, evaluate: 1 } },
      }));
      return { ...run, results: { ...run.results, tasks } };
    };
    const document = parse(await pageOf([timed(1), timed(36_000)]));
    const rows = cells(document, "#time > div:last-of-type table");
    expect(rows).toHaveLength(1 + 2 * CHECK_MATRIX.length);
    expect(rows.slice(0, 3)).toEqual([
      ["hours", "continuum (p=20)", "after task", "configuration"],
      // 2.5 and 5 of 3600 seconds.
      ["0.000694", "90.00", "1", "epochs=1"],
      ["0.001389", "86.50", "2", "epochs=1"],
    ]);
    const quick = "#time .three figure:nth-of-type(1)";
    expect(words(document.querySelector(`${quick} small`))).toBe("0.003472 hours in all");
    expect(cells(document, `${quick} table`)[1]).toEqual([
      ...["1", "0.000278", "0.000139", "0.000278"],
    ]);
  });

  test("classes are those of all runs, each of the runs that learned it", async () => {
    const matrix = CHECK_MATRIX.slice(0, 2);
    // The second begins with two others, of which it knows less, and ends with the first two.
    const places = [4, 5, 0, 1];
    const [first, other] = [1, 2].map((seed) =>
      reportedRun({ seed, classOrder: "shuffled" }, { title: `seed${seed}`, matrix }),
    ) as [ReportedRun, ReportedRun];
    const classes = other.results.classes?.map((own, i) => ({
      ...{ ...own, class: places[i] as number, name: ["elk", "fox", "ant", "bee"][i] as string },
      single: i < 2 ? 0.5 : 0.66,
    }));
    const confusedClasses = [{ class: 0, predicted: 4, samples: 20 }];
    const shuffled = { ...other, results: { ...other.results, classes, confusedClasses } };
    const document = parse(await pageOf([first, shuffled as ReportedRun]));
    const rows = cells(document, "#classes details table");
    expect(rows.slice(1).map((row) => [row[0], row[1], row[4]])).toEqual([
      ["ant", "–", "81.00"],
      ["bee", "–", "71.00"],
      ["cat 1 of 2 runs", "–", "76.00"],
      ["dog 1 of 2 runs", "–", "76.00"],
      ["elk 1 of 2 runs", "–", "50.00"],
      ["fox 1 of 2 runs", "–", "50.00"],
      // .81 of the first run's classes, .58 of the second's.
      ["mean", "", "69.50"],
    ]);
    // Of a hundred ants in both runs.
    expect(rows[1]?.[6]).toBe("elk 20.00 %, bee 2.00 %");
    expect(words(document.querySelector("#classes summary"))).toContain("All 6");
    expect(words(document.querySelector("#classes p"))).toContain("The task is named where");
  });

  test("top-k accuracies don't say how many samples a continuum needs", async () => {
    const [first, second] = [reportedRun(), reportedRun({ top: 2 }, { title: "top" })];
    const text = async (...runs: ReportedRun[]) =>
      words(parse(await pageOf(runs)).querySelector("#continuum-size p"));
    expect(await text(second)).toContain("of the tasks: not known from top-2 accuracies.");
    expect(await text(first, second)).toMatch(
      /of the tasks: top=1: \d+; top=2: not known from top-2 accuracies\./,
    );
  });

  test("what a run lacks is left out, with a line", async () => {
    const run = reportedRun();
    const tasks = run.results.tasks.map(({ sizes: _, taskConfusion: __, ...task }) => task);
    const { classes: ___, confusedClasses: ____, ...results } = { ...run.results, tasks };
    const old = { ...run, title: "old", epochs: [], results };
    const lacking = ["continuum-size", "confusion", "classes", "training"];
    const alone = parse(await pageOf([old]));
    for (const id of lacking) expect(alone.querySelector(`#${id}, [href="#${id}"]`), id).toBe(null);
    const other = reportedRun({ learner: "finetuning" });
    const beside = parse(
      await pageOf([{ ...old, config: { ...run.config, batchSize: 3 } }, other]),
    );
    for (const id of lacking) {
      expect(words(beside.querySelector(`#${id} .note`)), id).toContain("Left out");
    }
  });
});

describe("the paper's numbers", () => {
  test("stand beside runs of its settings", async () => {
    const config = await readConfig("mnist", {});
    const document = parse(await pageOf([{ ...reportedRun(), config }]));
    expect(cells(document, ".figures").slice(-2)).toEqual([
      ["the paper iTAML, a single run, as published"],
      ["97.95", "–", "62.19", "–"],
    ]);
    expect(cells(document, "#accuracy figure:nth-of-type(1) table").map((row) => row[2])).toEqual([
      ...["the paper", "99.95", "99.62", "98.97", "99.33", "97.95"],
    ]);
    expect(words(document.querySelector("header"))).toContain(
      "iTAML: the settings of configs/mnist.yaml, the configuration for the paper’s numbers.",
    );
  });

  test("don't stand beside a run that ended after another number of tasks", async () => {
    const config = await readConfig("cifar100-10x10", {});
    const document = parse(await pageOf([{ ...reportedRun(), config }]));
    expect(cells(document, ".figures").flat().join()).not.toContain("the paper");
  });

  test("stand beside runs with other settings, which are named", async () => {
    const config = await readConfig("cifar100-10x10", {
      set: ["batchSize=64", "learner=finetuning"],
    });
    const underWay = { ...reportedRun(), config, finished: false };
    const document = parse(await pageOf([underWay]));
    expect(words(document.querySelector("header"))).toContain(
      "the paper’s numbers: learner, batchSize.",
    );
    expect(words(document.querySelector("#metrics"))).toContain("RPS-Net56.48");
    expect(cells(document, "#continuum-size figure:nth-of-type(2) table").at(-1)).toEqual([
      ...["50", "", "100.00"],
    ]);
  });

  test("don't stand beside runs of other data, be it under the same name", async () => {
    const config = await readConfig("mnist", {});
    const run = { ...reportedRun(), config };
    const other = { ...run, title: "other", origin: { data: "other", itaml: "0.2.0" } };
    const strokes = reportedRun({ dataset: "strokes" }, { title: "strokes" });
    for (const runs of [
      [run, other],
      [run, strokes],
    ]) {
      const document = parse(await pageOf(runs));
      expect(document.querySelector(".paper")).toBe(null);
      expect(cells(document, ".figures").flat().join()).not.toContain("the paper");
    }
  });

  test("don't stand beside other tasks", async () => {
    const config = await readConfig("mnist", { set: ["continuum=5"] });
    const document = parse(await pageOf([{ ...reportedRun(), config }]));
    expect(document.querySelector(".paper")).toBe(null);
  });
});

test("an application adds a section of its own", async () => {
  const section = {
    ...{ name: "energy", title: "Energy" },
    applies: ({ groups }: Report) => groups.length > 0,
    render: ({ groups }: Report) => html`<p>${groups[0]?.name}: 3 kWh</p>`,
  };
  const never = { ...section, name: "never", applies: () => false };
  const methods = builtInParts.methods.map((method) => ({ ...method, title: "my learner" }));
  const parts = { ...builtInParts, methods, sections: [section, never] };
  const runs = [reportedRun({}, { title: "a" })];
  const page = await reportHtml(groupRuns(runs, parts), "report.html", parts);
  const document = parse(page);
  expect(words(document.querySelector("#energy"))).toBe("Energy my learner: 3 kWh");
  expect(words(document.querySelector('nav a[href="#energy"]'))).toBe("Energy");
  expect(words(document.querySelector("h1"))).toBe("My learner on made");
  expect(document.querySelector("#never")).toBe(null);
});

test("names are text, whatever is in them", async () => {
  const hostile = `<script>alert("1")</script>'"&<img src=x onerror=alert(1)>`;
  const page = await pageOf([
    reportedRun({ dataset: hostile, seed: 1 }, { title: hostile }),
    reportedRun(
      { dataset: hostile, seed: 2, data: hostile },
      { title: `${hostile}2`, finished: false },
    ),
    reportedRun({ dataset: `</style>${hostile}`, seed: 2 }, { title: "<!--" }),
  ]);
  const document = parse(page);
  expect(document.querySelectorAll("script")).toHaveLength(1);
  expect(document.querySelectorAll("img, [onerror]")).toHaveLength(0);
  expect(document.querySelector("title")?.textContent).toContain(hostile);
  expect(words(document.querySelector("#runs tbody th"))).toBe(hostile);
  expect(cells(document, "#settings table")[1]?.[1]).toBe(hostile);
  const labels = [...document.querySelectorAll("svg.plot")].map((chart) =>
    chart.getAttribute("aria-label"),
  );
  expect(labels.some((label) => label?.includes(hostile))).toBe(true);
});

const chromium = chromiumPath();

test(
  "in a browser: whole, quiet, and as wide as its window",
  async (context) => {
    needs(context, "a browser", chromium);
    const file = join(temporaryFolder(), "report.html");
    const hostile = "<script>alert(1)</script>".repeat(4);
    const runs = [
      ...threeSeeds(),
      reportedRun({ learner: "finetuning" }, { title: hostile }),
      reportedRun({ dataset: hostile }, { title: "other" }),
    ];
    await writeReport(groupRuns(runs, builtInParts), file, builtInParts);
    await ChromiumPage.with(chromium as string, async (page) => {
      await page.resize(1280);
      await page.prefer("light");
      await page.open(pathToFileURL(file).href);
      const charts = `[...document.querySelectorAll("svg.plot")].map((chart) => {
      const { width, height } = chart.getBoundingClientRect();
      return width > 200 && height > 100;
    })`;
      const background = "getComputedStyle(document.body).backgroundColor";
      const overflow =
        "document.documentElement.scrollWidth - document.documentElement.clientWidth";
      for (const width of [1280, 400]) {
        await page.resize(width);
        const sizes = (await page.evaluate(charts)) as boolean[];
        expect(sizes).toEqual(Array(4 + 2 + 3 * 3 + 3 + 3 + 3 + 1).fill(true));
        expect(await page.evaluate(overflow), `at ${width} pixels`).toBe(0);
      }

      const light = await page.evaluate(background);
      await page.evaluate(`document.querySelector(".theme").click()`);
      const dark = await page.evaluate(background);
      expect(dark).not.toBe(light);
      await page.evaluate(`document.querySelector(".theme").click()`);
      expect(await page.evaluate(background)).toBe(light);
      await page.evaluate("delete document.documentElement.dataset.theme");
      await page.prefer("dark");
      expect(await page.evaluate(background)).toBe(dark);

      // What the page would put on the clipboard.
      const copied = await page.evaluate(`new Promise((resolve) => {
      navigator.clipboard.writeText = async (text) => resolve(text);
      document.querySelector("#runs .copy").click();
    })`);
      const [head, first] = String(copied).split("\n");
      expect(head?.split("\t").slice(0, 4)).toEqual(["run", "configuration", "seed", "tasks"]);
      expect(first?.split("\t").slice(2, 6)).toEqual(["1", "5", "77.00", "97.00"]);

      const said = page.events.filter(({ method }) =>
        ["Runtime.exceptionThrown", "Runtime.consoleAPICalled", "Log.entryAdded"].includes(method),
      );
      expect(said).toEqual([]);
      const requested = page.events
        .filter(({ method }) => method === "Network.requestWillBeSent")
        .map(({ params }) => (params.request as { url: string }).url);
      expect(requested.filter((url) => !url.startsWith("data:"))).toEqual([
        pathToFileURL(file).href,
      ]);
    });
  },
  BROWSER_LIMIT,
);
