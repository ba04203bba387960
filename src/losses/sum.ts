import { type Chosen, choiceSchema, createChosen, type Part, part } from "../base/part.js";
import * as z from "../base/schema.js";
import { positive } from "../base/settings.js";
import { add, multiply } from "../graph/operators/index.js";
import type { Completion, Loss, LossInputs } from "./loss.js";

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
    inputs: (batch) => together(summands.map(({ loss }) => loss.inputs?.(batch))),
    async complete(session) {
      const each: (Completion | undefined)[] = [];
      for (const { loss } of summands) each.push(await loss.complete?.(session));
      return (batch) => together(each.map((complete) => complete?.(batch)));
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

/** The inputs of all losses of a sum, each under a name of its own. */
function together(each: readonly (LossInputs | undefined)[]): LossInputs {
  const all = each.flatMap((own = {}, i) =>
    Object.entries(own).map(([name, value]) => [prefixed(i, name), value] as const),
  );
  return Object.fromEntries(all);
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
