import { existsSync } from "node:fs";
import { join } from "node:path";
import type { TestContext } from "vitest";
import { needs } from "./needs.js";

/** Real data, which others own and the repository doesn't hold. */
const SHARED = process.env.ITAML_SHARED ?? join(import.meta.dirname, "../../../shared");

/** The folder of some real data; where it is missing the test is skipped. */
export function sharedData(context: TestContext, name: string): string {
  const path = join(SHARED, "data", name);
  needs(context, "real data", existsSync(path), `${name} is not in ITAML_SHARED (${SHARED})`);
  return path;
}
