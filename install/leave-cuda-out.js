// npm runs this before the install script of any package. That of onnxruntime-node fetches CUDA's libraries on Linux x64,
// hundreds of megabytes from another server, also for those who use the CPU, and where it can't, nothing is installed.
// It fetches none that are there: an empty file stands for each until CUDA is asked for (README.md, GPU).

import { closeSync, existsSync, openSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";

const require = createRequire(import.meta.url);
const runtime = dirname(require.resolve("onnxruntime-node/package.json"));
const { requirements, manifests } = require(join(runtime, "script/install-metadata.js"));
const platform = `${process.platform}/${process.arch}`;
const libraries = (requirements[platform] ?? []).flatMap((name) =>
  Object.keys(manifests[`${platform}:${name}`]).map((file) =>
    join(runtime, "bin/napi-v6", platform, file),
  ),
);
for (const library of libraries.filter((file) => !existsSync(file))) {
  closeSync(openSync(library, "a"));
}
