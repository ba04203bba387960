import { html, type Markup } from "../html.js";
import { choicesAround, flatSettings } from "../run-summary.js";
import { section, table } from "./components.js";
import type { ReportGroup } from "./report-group.js";
import { distinct } from "./words.js";

/** The complete configuration of each group; what differs between them stands out. */
export function settingsSection(groups: readonly ReportGroup[]): Markup {
  const settings = groups.map(({ runs }) => runs.map(({ config }) => flatSettings(config)));
  const keys = distinct(settings.flat().flatMap((own) => [...own.keys()]));
  const rows = keys.map((key) => ({
    key,
    cells: settings.map((runs) => distinct(runs.map((own) => own.get(key) ?? "–")).join(", ")),
  }));
  const differing = new Set(
    rows.filter(({ cells }) => new Set(cells).size > 1).map(({ key }) => key),
  );
  // Of another choice it says enough that it is another.
  const isMarked = (key: string) =>
    differing.has(key) && !choicesAround(key).some((choice) => differing.has(choice));
  return section(
    "settings",
    "Settings",
    html`<p>The whole config.yaml${
      groups.length > 1 && "; what differs between the configurations is marked"
    }. docs/configuration.md says what each key means.</p>
${table({
  label: "Settings",
  words: true,
  head: ["key", ...groups.map(({ name }) => name)],
  rows: rows.map(({ key, cells }) => [
    html`<code>${key}</code>`,
    ...cells.map((cell) => html`<code>${cell}</code>`),
  ]),
  marked: (row) => isMarked(rows[row]?.key as string),
})}`,
  );
}
