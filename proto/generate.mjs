// Writes the encoders that are committed: static code, since a strict content-security policy forbids the library's own
// code generation. Run by `npm run generate`.
import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";

const TARGETS = { onnx: "src/onnx/onnx-proto.js", tensorboard: "src/formats/tensorboard-proto.js" };
const ENCODERS_ONLY = "create decode verify convert delimited typeurl comments".split(" ");

for (const [name, target] of Object.entries(TARGETS)) {
  const code = execFileSync(
    "npx",
    [
      ...["--yes", "--package", "protobufjs-cli@2.7.1", "pbjs", "--keep-case", "--root", name],
      ...["--target", "static-module", "--wrap", "esm"],
      ...ENCODERS_ONLY.map((part) => `--no-${part}`),
      `proto/${name}.proto`,
    ],
    { encoding: "utf8" },
  );
  writeFileSync(target, `// @ts-nocheck\n// Generated from proto/${name}.proto: npm run generate.\n${code}`);
}
