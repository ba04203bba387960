import { execFile } from "node:child_process";
import { cpSync, mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import packageJson from "../package.json" with { type: "json" };
import { temporaryFolder } from "./support/folder.js";

const ROOT = join(import.meta.dirname, "..");
const run = promisify(execFile);

/** A folder of an application, where the built package is installed. */
function application(): string {
  const folder = temporaryFolder();
  const installed = join(folder, "node_modules/itaml");
  mkdirSync(installed, { recursive: true });
  cpSync(join(ROOT, "package.json"), join(installed, "package.json"));
  cpSync(join(ROOT, "dist"), join(installed, "dist"), { recursive: true });
  symlinkSync(join(ROOT, "node_modules"), join(installed, "node_modules"));
  return folder;
}

test.each(["itaml", "itaml/core"])(
  "an application can name every type of %s in its own declarations",
  async (entry) => {
    const folder = application();
    const names = Object.keys(
      entry === "itaml" ? await import("../src/index.js") : await import("../src/core.js"),
    );
    // What a function takes and gives, and what a class gives, becomes part of the application's declarations.
    writeFileSync(
      join(folder, "application.ts"),
      [
        `import * as itaml from "${entry}";`,
        "type Static<T> = T extends { prototype: infer Own } ? Own : unknown;",
        "const taken = <T>(value: T) => ({",
        "  value,",
        "  args: undefined as T extends (...args: infer Args) => unknown ? Args : unknown,",
        "  result: undefined as T extends (...args: never) => infer Result ? Result : unknown,",
        "  own: undefined as Static<T>[keyof Static<T>],",
        "});",
        ...names.map((name) => `export const of_${name} = taken(itaml.${name});`),
      ].join("\n"),
    );
    const compilerOptions = {
      ...{ module: "nodenext", target: "es2022", strict: true, skipLibCheck: true, types: [] },
      ...{ declaration: true, emitDeclarationOnly: true, outDir: "declarations" },
    };
    writeFileSync(join(folder, "package.json"), '{ "type": "module" }');
    writeFileSync(
      join(folder, "tsconfig.json"),
      JSON.stringify({ compilerOptions, files: ["application.ts"] }),
    );
    const compiler = join(ROOT, "node_modules/typescript/bin/tsc");
    const { stdout } = await run(process.execPath, [compiler, "-p", folder]).catch(
      (error: { stdout: string }) => error,
    );
    expect(stdout).toBe("");
  },
);

test("require takes it, in every version of Node that engines allows", async () => {
  const folder = application();
  const names = ["itaml", "itaml/core"].map(
    (entry) => `typeof require("${entry}").IncrementalClassifier`,
  );
  const program = `console.log(${names.join(", ")})`;
  const { stdout } = await run(process.execPath, ["-e", program], { cwd: folder });
  expect(stdout.trim()).toBe("function function");
  // Since these versions Node takes ES modules by require.
  expect(packageJson.engines.node).toBe("^20.19.0 || >=22.12.0");
});
