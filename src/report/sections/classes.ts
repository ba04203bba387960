import { mean } from "../../incremental/metrics.js";
import { percent } from "../format.js";
import {
  type ClassValues,
  groupClasses,
  groupsTitle,
  isTopK,
  MATRIX_NAMES,
} from "../group-values.js";
import { html, type Markup } from "../html.js";
import { afterLastTask, lackingNote, ofSeveral, swatch, table } from "../page/components.js";
import type { ReportGroup, ReportSection } from "../page/report.js";

/** Classes that are shown at once, and in the table that opens. */
const [SHOWN, SHOWN_AMONG_MANY, MOST] = [20, 10, 1000];

/** The accuracy of each class, and which others it is taken for. */
export const classesSection: ReportSection = {
  name: "classes",
  title: "Classes",
  applies: ({ groups }) => groups.some((group) => groupClasses(group).length > 0),
  render({ groups }) {
    const known = groups.map((group) => ({ ...group, classes: groupClasses(group) }));
    const shown = known.filter(({ classes }) => classes.length > 0);
    const most = shown.length > 3 ? SHOWN_AMONG_MANY : SHOWN;
    const several = Math.max(...shown.map(({ classes }) => classes.length)) > most;
    const differ = shown.some(({ classes }) => classes.some(({ task }) => task === undefined));
    return html`<p>Single-sample accuracy in % of each class ${afterLastTask(groups)}, and what its samples are most often taken
for.${several && ` The ${most} lowest.`}${ofSeveral(groups, " Means over the runs.")}${
      differ && " The task is named where it is the same in all runs."
    }${shown.some(isTopK) && " What a sample is taken for is the first guess."}</p>
${lackingNote(groups.filter((_, i) => known[i]?.classes.length === 0))}
<div class="grid">${shown.map((group) => ofGroup(group, most))}</div>
`;
  },
};

function ofGroup(group: ReportGroup & { classes: readonly ClassValues[] }, most: number): Markup {
  const { name, style, runs, classes } = group;
  const lowest = [...classes].sort((a, b) => a.single - b.single).slice(0, most);
  // Few are in the order of learning.
  const rows = classes.length <= most ? classes : lowest;
  const titleOf = (own: ClassValues) =>
    html`${own.name}${own.runs < runs.length && html` <small>${own.runs} of ${runs.length} runs</small>`}`;
  const taskOf = ({ task }: ClassValues) => (task === undefined ? "–" : task + 1);
  return html`<figure>
<figcaption>${swatch(style)} ${name}</figcaption>
${table({
  label: `${name}, classes`,
  head: ["class", "task", groupsTitle("single", [group]), "most often taken for"],
  words: [3],
  rows: rows.map((own) => [
    ...[titleOf(own), taskOf(own), percent(own.single)],
    own.takenFor.length > 0 &&
      html`${own.takenFor[0]?.name} <small>${percent(own.takenFor[0]?.share ?? 0)} %</small>`,
  ]),
})}
<details><summary>${classes.length > MOST ? `The first ${MOST} of ${classes.length}` : `All ${classes.length}`}, with continuum and oracle</summary>${table(
    {
      label: `${name}, all classes`,
      head: [
        ...["class", "task", "samples"],
        ...MATRIX_NAMES.map((key) => groupsTitle(key, [group])),
        "taken for",
      ],
      words: [6],
      rows: [
        ...classes.slice(0, MOST).map((own) => [
          ...[titleOf(own), taskOf(own), own.testSamples],
          ...MATRIX_NAMES.map((key) => percent(own[key])),
          own.takenFor
            .slice(0, 3)
            .map((other) => `${other.name} ${percent(other.share)} %`)
            .join(", "),
        ]),
        [
          "mean",
          "",
          "",
          ...MATRIX_NAMES.map((key) =>
            percent(mean(classes.flatMap((own) => Array<number>(own.runs).fill(own[key])))),
          ),
          "",
        ],
      ],
    },
  )}</details>
</figure>
`;
}
