import fc from "fast-check";
import { expect, test } from "vitest";
import { limiter } from "../src/base/limiter.js";

test("so many pieces of work run at a time, whether they fail or not, and all of them do", () =>
  fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 1, max: 5 }),
      fc.array(fc.record({ turns: fc.nat(4), fails: fc.boolean() }), { maxLength: 30 }),
      async (atOnce, pieces) => {
        const inTurn = limiter(atOnce);
        let [running, most] = [0, 0];
        const outcomes = await Promise.allSettled(
          pieces.map(({ turns, fails }) =>
            inTurn(async () => {
              most = Math.max(most, ++running);
              for (let turn = 0; turn < turns; turn++) await Promise.resolve();
              running--;
              if (fails) throw new Error("failed");
            }),
          ),
        );
        expect(most).toBeLessThanOrEqual(atOnce);
        expect(running).toBe(0);
        expect(outcomes.map(({ status }) => status)).toEqual(
          pieces.map(({ fails }) => (fails ? "rejected" : "fulfilled")),
        );
      },
    ),
  ));
