import { z } from "zod";
import type { SettingsShape } from "../base/part.js";
import { withSum } from "../losses/index.js";
import { configSchema } from "./config.js";
import type { Parts } from "./parts.js";

/** A setting, for people. */
export interface DescribedSetting {
  /** `images.size`, for one inside another. */
  readonly key: string;
  /** As YAML; `required` where there is none, empty where it may be left out. */
  readonly default: string;
  readonly meaning: string;
}

/** A part, for people. */
export interface DescribedPart {
  readonly name: string;
  readonly title: string;
  readonly source?: string | undefined;
  readonly settings: readonly DescribedSetting[];
}

/** Parts that a configuration chooses among, by the key that chooses. */
export function describeParts(parts: Parts): Map<string, DescribedPart[]> {
  const {
    networks,
    extractors,
    methods,
    updates,
    losses,
    heads,
    adaptations,
    optimizers,
    schedules,
    datasets,
  } = parts;
  const learners = methods.map(({ settings, ...method }) => ({
    ...method,
    settings: settings(parts),
  }));
  const kinds = {
    ...{
      network: networks,
      learner: learners,
      update: updates,
      loss: withSum(losses),
      head: heads,
    },
    ...{ adaptation: adaptations, optimizer: optimizers, schedule: schedules },
    features: extractors,
    dataset: datasets.map((dataset) => ({ ...dataset, settings: {} })),
  };
  return new Map(
    Object.entries(kinds).map(([key, list]) => [
      key,
      list.map(({ name, title, source, settings }) => ({
        ...{ name, title, source, settings: describeSettings(settings) },
      })),
    ]),
  );
}

/** Every key of a configuration. */
export function describeConfig(parts: Parts): DescribedSetting[] {
  return describeSettings(configSchema(parts).shape);
}

function describeSettings(shape: SettingsShape, within = ""): DescribedSetting[] {
  return Object.entries(shape).flatMap(([name, schema]) => {
    const key = `${within}${name}`;
    const own = {
      key,
      default: defaultOf(schema as z.ZodType),
      meaning: z.globalRegistry.get(schema as z.ZodType)?.description ?? "",
    };
    const inner = objectOf(schema as z.ZodType);
    return inner ? [own, ...describeSettings(inner.shape, `${key}.`)] : [own];
  });
}

function defaultOf(schema: z.ZodType): string {
  const nothing = schema.safeParse(undefined);
  if (!nothing.success) return "required";
  const { data } = nothing;
  if (data === undefined) return "";
  return typeof data === "object" && data !== null && "name" in data
    ? String(data.name)
    : JSON.stringify(data).replaceAll('"', "").replaceAll(",", ", ");
}

/** The section that a key holds, where it holds one. */
function objectOf(schema: z.ZodType): z.ZodObject | undefined {
  const { innerType } = (schema as unknown as { def: { innerType?: z.ZodType } }).def;
  if (innerType) return objectOf(innerType);
  return schema instanceof z.ZodObject ? schema : undefined;
}
