import { existsSync } from "node:fs";
import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { fileURLToPath } from "node:url";
import sirv from "sirv";
import { ItamlError } from "../../base/errors.js";
import { MOBILENET_V3_SMALL, readWeightsFile } from "../../features/pretrained.js";

/** Made by `npm run build:playground`; in the package. */
const PLAYGROUND = fileURLToPath(new URL("../../playground/", import.meta.url));

/** Lets the page's WebAssembly have threads. */
const ISOLATED = {
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-embedder-policy": "require-corp",
};
/** Of the network for photographs, where the user has fetched them. */
const WEIGHTS = "/weights/mobilenet-v3-small.gguf";
/** Of the page nothing is loaded from elsewhere, and no code is made of text. */
const POLICY =
  "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self' 'unsafe-inline'; " +
  "img-src 'self' data: blob:; media-src 'self' blob:";

/** Serves the playground to browsers of this machine, until the process ends. */
export async function play({ port }: { port: number }): Promise<void> {
  if (!existsSync(PLAYGROUND)) {
    throw new ItamlError("FILE_INVALID", "the playground was not built", {
      where: PLAYGROUND,
      remedy: "In a clone, build it first: npm run build:playground",
    });
  }
  const { address } = await servePlayground(PLAYGROUND, port);
  console.log(`${address}  (Ctrl-C ends it)`);
}

/**
 * Serves a folder with the headers that the playground wants.
 *
 * @param port 0: any that is free
 * @throws {ItamlError} NOT_WRITABLE where the port is taken or not allowed
 */
export async function servePlayground(
  folder: string,
  port: number,
): Promise<{ address: string; close(): void }> {
  const setHeaders = (response: ServerResponse) => {
    for (const [name, value] of Object.entries(ISOLATED)) response.setHeader(name, value);
    response.setHeader("content-security-policy", POLICY);
  };
  const files = sirv(folder, { setHeaders });
  const server = createServer((request, response) => {
    const notFound = () => void response.writeHead(404).end();
    if (request.url !== WEIGHTS) return files(request, response, notFound);
    setHeaders(response);
    // Elsewhere they may stand beside the page.
    const beside = () => files(request, response, notFound);
    readWeightsFile(MOBILENET_V3_SMALL).then((bytes) => response.end(bytes), beside);
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", (cause: NodeJS.ErrnoException) => {
      const found = cause.code === "EADDRINUSE" ? "another program there" : (cause.code ?? "");
      const problem = { where: `port ${port}`, found, remedy: "Choose another one with --port" };
      reject(new ItamlError("NOT_WRITABLE", "the port can't be used", problem, { cause }));
    });
    server.listen(port, "127.0.0.1", resolve);
  });
  return {
    address: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    close() {
      server.closeAllConnections();
      server.close();
    },
  };
}
