import { execFileSync } from "node:child_process";
import { cpSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, test } from "vitest";
import { temporaryFolder } from "./support/folder.js";
import { needs } from "./support/needs.js";

const ROOT = join(import.meta.dirname, "..");
const RUNTIME = join(ROOT, "node_modules/onnxruntime-node");
const { files } = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8"));

describe("installing as a dependency", () => {
  const LIBRARIES = ["cuda", "shared", "tensorrt"].map(
    (name) => `libonnxruntime_providers_${name}.so`,
  );

  test("leaves CUDA's libraries out, so that onnxruntime-node fetches nothing", (context) => {
    needs(context, "Linux", `${process.platform}/${process.arch}` === "linux/x64");
    const modules = join(temporaryFolder(), "node_modules");
    cpSync(join(ROOT, "install"), join(modules, "itaml/install"), { recursive: true });
    cpSync(join(ROOT, "package.json"), join(modules, "itaml/package.json"));
    const runtime = join(modules, "onnxruntime-node");
    cpSync(join(RUNTIME, "script"), join(runtime, "script"), { recursive: true });
    cpSync(join(RUNTIME, "package.json"), join(runtime, "package.json"));
    // What its install script asks for first.
    for (const name of ["adm-zip", "global-agent"]) {
      writeFiles(join(modules, name, "index.js"), "exports.bootstrap = () => {};");
    }
    const bin = join(runtime, "bin/napi-v6/linux/x64");
    writeFiles(join(bin, LIBRARIES[0] as string), "asked for before");
    const environment = { PATH: process.env.PATH };
    const options = { env: environment, stdio: "pipe", encoding: "utf8" } as const;

    const script = join(modules, "itaml/install/leave-cuda-out.js");
    execFileSync(process.execPath, [script], options);
    expect(readdirSync(bin).sort()).toEqual(LIBRARIES);
    expect(readFileSync(join(bin, LIBRARIES[0] as string), "utf8")).toBe("asked for before");
    // It would fail here on the way to a server, or on adm-zip.
    expect(execFileSync(process.execPath, [join(runtime, "script/install")], options)).toBe("");
  });

  test("is what npm runs before the scripts of other packages", () => {
    const { scripts } = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8"));
    expect(scripts.preinstall).toBe("node install/leave-cuda-out.js");
    expect(files).toContain("install");
  });
});

test("what is installed writes nothing into the home folder, and tells its runtime's maker nothing", () => {
  const home = temporaryFolder();
  const { ORT_DISABLE_TELEMETRY: _, ...inherited } = process.env;
  const teach = `
    const { IncrementalClassifier } = await import(${JSON.stringify(join(ROOT, "dist/index.js"))});
    const options = { inputShape: [2], inputType: "float32", threads: 2, settings: { epochs: 1 } };
    const classifier = await IncrementalClassifier.create(options);
    await classifier.learn({ images: Float32Array.of(1, 0, 0, 1), labels: ["a", "b"] });
    await classifier.release();
    console.log(process.env.ORT_DISABLE_TELEMETRY);`;
  const said = execFileSync(process.execPath, ["--input-type=module", "--eval", teach], {
    env: { ...inherited, HOME: home },
    encoding: "utf8",
  });
  expect(said).toBe("1\n");
  expect(readdirSync(home)).toEqual([]);
});

function writeFiles(path: string, content: string): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, content);
}
