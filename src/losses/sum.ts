import { type Chosen, choiceSchema, createChosen, type Part, part } from "../base/part.js";
import * as z from "../base/schema.js";
import { positive } from "../base/settings.js";
import { add, multiply } from "../graph/operators/index.js";
import type { MicroBatch } from "../model/micro-batch.js";
import type { Value } from "../runtime/runtime.js";
import type { Completion, Loss } from "./loss.js";

/** One of the losses of a sum, and what it is multiplied by. */
export interface Summand {
  readonly loss: Loss;
  readonly weight: number;
}

/** Σ weight · loss. Each loss has inputs of its own, whatever the names of the others'. */
export function sumOf(summands: readonly Summand[]): Loss {
  const remembering = summands.flatMap(({ loss: { remember } }) => remember ?? []);
  return {
    build(tensors) {
      const { graph } = tensors.logits;
      const values = summands.map(({ loss, weight }, i) => {
        const input: typeof tensors.input = (name, shape) =>
          tensors.input(prefixed(i, name), shape);
        return multiply(loss.build({ ...tensors, input }), graph.scalar(weight));
      });
      return values.reduce(add);
    },
    inputs(batch) {
      const all = summands.map(({ loss }, i) => {
        const lossInputs = { ...ownInputs(batch, i) };
        return Object.entries(loss.inputs({ ...batch, lossInputs })).map(
          ([name, value]): [string, Value] => [prefixed(i, name), value],
        );
      });
      return Object.fromEntries(all.flat());
    },
    async complete(session) {
      const each: (Completion | undefined)[] = [];
      for (const { loss } of summands) each.push(await loss.complete?.(session));
      return (batch) => {
        const lossInputs: Record<string, Value> = {};
        for (const [i, complete] of each.entries()) {
          const own = complete?.(batch);
          for (const [name, value] of Object.entries(own?.lossInputs ?? {})) {
            lossInputs[prefixed(i, name)] = value;
          }
        }
        return { ...batch, lossInputs };
      };
    },
    ...(remembering.length > 0 && {
      async remember(session) {
        const states = [];
        for (const remember of remembering) states.push(...(await remember(session)));
        return new Map(states);
      },
    }),
    copies: summands.reduce((total, { loss }) => total + (loss.copies ?? 0), 0),
  };
}

const prefixed = (i: number, name: string) => `loss${i}.${name}`;

/** What a summand's `complete` has told, under its own names. */
function ownInputs({ lossInputs = {} }: MicroBatch, i: number): Record<string, Value> {
  const prefix = prefixed(i, "");
  return Object.fromEntries(
    Object.entries(lossInputs)
      .filter(([name]) => name.startsWith(prefix))
      .map(([name, value]) => [name.slice(prefix.length), value]),
  );
}

/** `loss: { name: sum, of: […] }`, of these losses. */
export function sumPart(losses: readonly Part<Loss>[]): Part<Loss> {
  const weight = positive.default(1).describe("What it is multiplied by.");
  const weighted = losses.map((loss) => ({ ...loss, settings: { ...loss.settings, weight } }));
  return part({
    name: "sum",
    title: "a sum of losses",
    settings: {
      of: z
        .array(choiceSchema(weighted))
        .min(1)
        .describe("Losses, each with its settings and a `weight` (1 where none is given)."),
    },
    create: ({ of }) =>
      sumOf(
        of.map(({ weight, ...chosen }) => ({
          loss: createChosen(losses, chosen as Chosen),
          weight: weight as number,
        })),
      ),
  }) as Part<Loss>;
}
