import { ItamlError } from "../base/errors.js";
import type { Part } from "../base/part.js";
import { losses } from "../losses/index.js";
import { networks } from "../nn/index.js";
import type { Network } from "../nn/network.js";
import { optimizers } from "../optim/index.js";
import type { Optimizer } from "../optim/optimizer.js";
import type { Schedule } from "../optim/schedule.js";
import { schedules } from "../optim/schedules.js";
import { adaptations } from "../prediction/adaptations/index.js";
import { heads } from "../prediction/heads/index.js";
import { updates } from "../training/updates/index.js";
import type { MethodPart, MethodParts } from "./method.js";
import { methods } from "./methods/index.js";

/** All that a learner is made of, by the names that a configuration calls it. */
export interface LearnerParts extends MethodParts {
  readonly networks: readonly Part<Network>[];
  readonly optimizers: readonly Part<Optimizer>[];
  readonly schedules: readonly Part<Schedule>[];
  readonly methods: readonly MethodPart[];
}

/** What comes with the library. */
export const learnerParts: LearnerParts = {
  ...{ networks, optimizers, schedules, losses, updates, heads, adaptations, methods },
};

/**
 * Parts with further ones.
 *
 * @throws {ItamlError} INPUT_INVALID where two of a kind have one name
 */
export function withParts<Parts extends LearnerParts>(parts: Parts, more: Partial<Parts>): Parts {
  const kinds = Object.entries(more) as [keyof Parts & string, readonly { name: string }[]][];
  const joined = kinds.map(([kind, own]) => {
    const all = [...(parts[kind] as readonly { name: string }[]), ...own];
    const names = all.map(({ name }) => name);
    const twice = names.find((name, i) => names.indexOf(name) < i);
    if (twice !== undefined) {
      throw new ItamlError("INPUT_INVALID", `there are two ${kind} of one name`, {
        where: kind,
        found: `"${twice}"`,
        remedy: "Give one of them another name",
      });
    }
    return [kind, all];
  });
  return { ...parts, ...Object.fromEntries(joined) };
}
