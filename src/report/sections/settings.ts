import { differingSettings, flatSettings } from "../groups.js";
import { html } from "../html.js";
import { table } from "../page/components.js";
import type { ReportSection } from "../page/report.js";
import { counted, distinct } from "../page/words.js";

/** The complete configuration of each group; what differs between them is shown at once. */
export const settingsSection: ReportSection = {
  name: "settings",
  title: "Settings",
  render({ groups, docs }) {
    const settings = groups.map(({ runs }) => runs.map(({ config }) => flatSettings(config)));
    const keys = distinct(settings.flat().flatMap((own) => [...own.keys()]));
    const all = keys.map((key) => ({
      key,
      cells: settings.map((runs) => distinct(runs.map((own) => own.get(key) ?? "–")).join(", ")),
    }));
    const names = differingSettings(
      groups.map((_, i) => new Map(all.map(({ key, cells }) => [key, cells[i] as string]))),
    );
    const differing = all.filter(({ key }) => names.includes(key));
    const rowsOf = (rows: typeof all, label: string, marked: boolean) =>
      table({
        ...{ label, words: groups.map((_, i) => i + 1) },
        head: ["key", ...groups.map(({ name }) => name)],
        rows: rows.map(({ key, cells }) => [
          html`<code>${key}</code>`,
          ...cells.map((cell) => html`<code>${cell}</code>`),
        ]),
        marked: (row) => marked && differing.includes(rows[row] as (typeof all)[number]),
      });
    return html`<p>${differing.length > 0 && "What differs between the configurations. "}<a href="${docs}configuration.md">docs/configuration.md</a> says what each key means.</p>
${differing.length > 0 && rowsOf(differing, "Settings that differ", false)}
<details class="more"><summary>${counted(all.length, "setting")}: the whole config.yaml</summary>${rowsOf(all, "Settings", differing.length > 0)}</details>`;
  },
};
