import * as z from "./schema.js";

/** Settings by their keys, each a schema. An interface, so that declarations can name it. */
export interface SettingsShape {
  readonly [key: string]: z.core.$ZodType;
}

/**
 * One of several things of a kind — a network, an optimiser, a head, … — as a value: what it is called, where it comes
 * from, what it can be told and how it is made. Configuration, help and documentation are derived from it.
 */
export interface Part<
  Made = unknown,
  Name extends string = string,
  Shape extends SettingsShape = SettingsShape,
> {
  /** As a configuration calls it. */
  readonly name: Name;
  /** As a table or a report calls it, in the middle of a sentence. */
  readonly title: string;
  /** Paper, section or equation that it comes from. */
  readonly source?: string;
  /** What it can be told: each setting with a description, and with a default where it may be left out. */
  readonly settings: Shape;
  /** @param settings checked, and complete */
  create(settings: z.output<z.ZodObject<Shape>>): Made;
}

/** Infers the types of a part. */
export function part<Made, const Name extends string, Shape extends SettingsShape>(
  definition: Part<Made, Name, Shape>,
): Part<Made, Name, Shape> {
  return definition;
}

/** A part by its name and its settings: what a configuration may write for one of these parts. */
export type Choice<P> =
  P extends Part<unknown, infer Name, infer Shape>
    ? { readonly name: Name } & (keyof Shape extends never ? unknown : z.input<z.ZodObject<Shape>>)
    : never;

/** A part by its name with all of its settings, as it stands in a complete configuration. */
export type Chosen = { readonly name: string } & Readonly<Record<string, unknown>>;

type ChoiceSchema = z.ZodType<Chosen, Chosen | string>;

/**
 * The schema of a choice among parts: `{ name, …settings }`, or the name alone.
 *
 * @param otherwise the choice where none is made. Default: one has to be made
 */
export function choiceSchema(parts: readonly Pick<Part, "name" | "settings">[]): ChoiceSchema;
export function choiceSchema(
  parts: readonly Pick<Part, "name" | "settings">[],
  otherwise: string,
): z.ZodPrefault<ChoiceSchema>;
export function choiceSchema(
  parts: readonly Pick<Part, "name" | "settings">[],
  otherwise?: string,
) {
  const options = parts.map(({ name, settings }) =>
    z.strictObject({ name: z.literal(name), ...settings }),
  );
  const schema = z.preprocess(
    (value) => (typeof value === "string" ? { name: value } : value),
    z.discriminatedUnion("name", options as [(typeof options)[number], ...typeof options]),
  ) as unknown as ChoiceSchema;
  return otherwise === undefined ? schema : schema.prefault(otherwise);
}

/** Makes what was chosen; the choice was checked by {@link choiceSchema}. */
export function createChosen<Made>(parts: readonly Part<Made>[], chosen: Chosen): Made {
  const found = parts.find(({ name }) => name === chosen.name) as Part<Made>;
  return found.create(chosen as never);
}
