import { didYouMean, ItamlError, nearestName } from "../../base/errors.js";
import {
  type DescribedPart,
  type DescribedSetting,
  describeConfig,
  describeParts,
} from "../../experiment/describe.js";
import { loadParts } from "../../experiment/plugins.js";
import { sectionsOf } from "../../report/sections/index.js";

/** Prints what a configuration can choose among, and with `--markdown` docs/configuration.md's tables. */
export async function list(
  kind: string | undefined,
  options: { plugin?: string[]; json?: boolean; markdown?: boolean },
): Promise<void> {
  const parts = await loadParts(options.plugin);
  const kinds = describeParts(parts);
  if (options.markdown) {
    console.log(configurationMarkdown(describeConfig(parts), kinds));
    return;
  }
  kinds.set(
    "section",
    sectionsOf(parts).map(({ name, title }) => ({ name, title, settings: [] })),
  );
  const wanted = kind === undefined ? [...kinds.keys()] : [kind];
  for (const name of wanted) if (!kinds.has(name)) throw unknownKind(name, [...kinds.keys()]);
  const chosen = wanted.map((name) => [name, kinds.get(name) as DescribedPart[]] as const);
  if (options.json) {
    console.log(JSON.stringify(Object.fromEntries(chosen), undefined, 2));
    return;
  }
  console.log(chosen.map(([name, all]) => overview(name, all, kind !== undefined)).join("\n\n"));
}

function unknownKind(name: string, known: readonly string[]): ItamlError {
  const nearest = nearestName(name, known);
  return new ItamlError("USAGE", `there is no kind of part "${name}"`, {
    where: "itaml list",
    expected: `one of ${known.join(", ")}`,
    ...didYouMean(nearest),
  });
}

/** A line for each part; where one kind alone is asked for, with its settings. */
function overview(kind: string, all: readonly DescribedPart[], whole: boolean): string {
  const rows = all.flatMap(({ name, title, source, settings }) => [
    [name, source === undefined ? title : `${title} (${source})`],
    ...(whole ? settings.map((setting) => [`  ${setting.key}`, explained(setting)]) : []),
  ]) as [string, string][];
  const width = Math.max(...rows.map(([left]) => left.length));
  const lines = rows.map(([left, right]) => `  ${left.padEnd(width)}  ${right}`);
  return [kind, ...lines].join("\n");
}

function explained({ meaning, default: value }: DescribedSetting): string {
  const shown = value === "" ? "" : value === "required" ? " (required)" : ` (default: ${value})`;
  return `${meaning.replaceAll("`", "")}${shown}`;
}

/** The tables of docs/configuration.md. */
export function configurationMarkdown(
  keys: readonly DescribedSetting[],
  kinds: ReadonlyMap<string, readonly DescribedPart[]>,
): string {
  const sections = [...kinds].map(([kind, all]) =>
    [`## ${kind}`, ...all.map(partMarkdown)].join("\n\n"),
  );
  return [`## Keys\n\n${settingsMarkdown(keys, kinds)}`, ...sections].join("\n\n");
}

function partMarkdown({ name, title, source, settings }: DescribedPart): string {
  const head = `**\`${name}\`**: ${title}${source === undefined ? "" : ` (${source})`}.`;
  return settings.length === 0 ? head : `${head}\n\n${settingsMarkdown(settings, new Map())}`;
}

function settingsMarkdown(
  settings: readonly DescribedSetting[],
  kinds: ReadonlyMap<string, unknown>,
): string {
  const rows = settings.map(({ key, default: value, meaning }) => {
    const choice = kinds.has(key) ? ` One of [these](#${key}).` : "";
    const shown = value === "" || value === "required" ? value : `\`${value}\``;
    return `| \`${key}\` | ${shown} | ${meaning}${choice} |`;
  });
  return ["| key | default | meaning |", "|---|---|---|", ...rows].join("\n");
}
