import { readFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { build } from "esbuild";

const ROOT = join(import.meta.dirname, "../..");

/** A module with all that it imports as one file, as for a page. What a browser doesn't have fails, Node's modules too. */
export async function bundle(file: string, format: "esm" | "iife" = "esm"): Promise<string> {
  const { outputFiles, metafile, warnings } = await build({
    ...{ entryPoints: [join(ROOT, file)], bundle: true, platform: "browser", write: false },
    ...{ minify: true, format, globalName: "page", target: "es2022", logLevel: "silent" },
    metafile: true,
  });
  const left = Object.values(metafile.outputs).flatMap(({ imports }) => imports);
  if (warnings.length + left.length > 0) throw new Error(JSON.stringify([warnings, left]));
  return outputFiles[0]?.text as string;
}

/** A policy under which nothing is loaded from elsewhere, and no code is made of text but WebAssembly. */
export const STRICT_POLICY =
  "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; connect-src 'self'; worker-src 'self' blob:";

/** Headers with which a page's WebAssembly may have threads. */
export const ISOLATED = {
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-embedder-policy": "require-corp",
};

/**
 * Serves a page with this program, other scripts, and ONNX Runtime's WebAssembly.
 *
 * @param headers of every answer, beside the strict policy
 * @returns its address, with a slash at its end
 */
export async function serve(
  program: string,
  {
    scripts = {},
    headers = {},
  }: { scripts?: Record<string, string>; headers?: Record<string, string> } = {},
): Promise<{ address: string; close: () => void }> {
  const folder = join(ROOT, "node_modules/onnxruntime-web/dist");
  const all: Record<string, string> = { "/page.js": program, ...scripts };
  const server: Server = createServer((request, response) => {
    const { pathname } = new URL(request.url as string, "http://page");
    const type = /js$/.test(pathname) ? "text/javascript" : "application/wasm";
    response.setHeader("content-type", pathname === "/" ? "text/html" : type);
    response.setHeader("content-security-policy", STRICT_POLICY);
    for (const [name, value] of Object.entries(headers)) response.setHeader(name, value);
    const script = all[pathname];
    if (pathname === "/") response.end('<script type="module" src="page.js"></script>');
    else if (script !== undefined) response.end(script);
    else if (/^\/ort-[\w-.]+\.\w+$/.test(pathname)) response.end(readFileSync(folder + pathname));
    else response.writeHead(404).end();
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    address: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    close() {
      server.closeAllConnections();
      server.close();
    },
  };
}
