import type { TestCase, TestModule } from "vitest/node";
import { NEEDS } from "./needs.js";

/** Says how many tests were skipped for want of what; where CI is set a skip for another reason is a failure. */
export default class Skips {
  onTestRunEnd(modules: readonly TestModule[]): void {
    const counts = new Map<string, number>();
    const unexplained: string[] = [];
    for (const test of modules.flatMap(({ children }) => [...children.allTests("skipped")])) {
      const need = NEEDS.find((name) => noteOf(test).startsWith(`needs ${name}`));
      if (need) counts.set(need, (counts.get(need) ?? 0) + 1);
      else unexplained.push(`${test.module.relativeModuleId}: ${test.fullName}`);
    }
    const said = [...counts].map(([need, count]) => `${count} without ${need}`);
    if (said.length > 0) console.log(`Skipped: ${said.join(", ")}`);
    if (unexplained.length === 0 || !process.env.CI) return;
    console.error(["Skipped without a need of NEEDS:", ...unexplained].join("\n  "));
    process.exitCode = 1;
  }
}

function noteOf(test: TestCase): string {
  const result = test.result();
  return (result.state === "skipped" && result.note) || "";
}
