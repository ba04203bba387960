/** Text that is markup already. */
export class Markup {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

/** What can stand in markup: text is escaped, lists are joined, `undefined` and `false` leave nothing. */
export type Content = Markup | string | number | false | undefined | readonly Content[];

/** Markup with its values escaped, both between tags and in quoted attributes. */
export function html(parts: TemplateStringsArray, ...values: readonly Content[]): Markup {
  return new Markup(
    parts.reduce((text, part, i) => text + markupOf(values[i - 1] as Content) + part),
  );
}

function markupOf(content: Content): string {
  if (content instanceof Markup) return content.text;
  if (content === undefined || content === false) return "";
  if (typeof content === "object") return content.map(markupOf).join("");
  return escapeText(String(content));
}

function escapeText(text: string): string {
  const entities: Record<string, string> = {
    ...{ "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;" },
  };
  return text.replace(/[&<>"']/g, (character) => entities[character] as string);
}
