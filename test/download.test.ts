import { createHash } from "node:crypto";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { beforeEach, describe, expect, onTestFinished, test } from "vitest";
import { download } from "../src/data/download.js";
import { temporaryFolder } from "./support/folder.js";

const content = Buffer.from("the content of a file, ".repeat(500));
const packed = gzipSync(content);
const sha256OfContent = createHash("sha256").update(content).digest("hex");

describe("a download", () => {
  let base: string;
  let requests: { url: string; range: string | undefined }[];

  beforeEach(async () => {
    requests = [];
    const server = createServer((request, response) => {
      const { range } = request.headers;
      requests.push({ url: request.url as string, range });
      if (request.url === "/none.gz") return response.writeHead(404).end();
      if (request.url === "/wrong.gz") return response.end(gzipSync("something else"));
      if (request.url === "/cut.gz") {
        response.writeHead(200, { "content-length": packed.length });
        response.write(packed.subarray(0, 40));
        return setTimeout(() => response.destroy(), 50);
      }
      const start = range ? Number(/bytes=(\d+)-/.exec(range)?.[1]) : 0;
      if (start >= packed.length) return response.writeHead(416).end();
      response.writeHead(range ? 206 : 200, { "content-length": packed.length - start });
      return response.end(packed.subarray(start));
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    onTestFinished(() => {
      server.close();
    });
  });

  const file = (...paths: string[]) => ({
    name: "file.gz",
    urls: paths.map((path) => base + path),
    sha256OfContent,
  });

  test("goes to its place, with progress, and is not repeated", async () => {
    const folder = join(temporaryFolder(), "new");
    const received: number[] = [];
    const onProgress = ({ received: bytes }: { received: number }) => received.push(bytes);
    expect(await download(file("/good.gz"), folder, { onProgress })).toBe(true);
    expect(readFileSync(join(folder, "file.gz"))).toEqual(packed);
    expect(received.at(-1)).toBe(packed.length);
    expect(await download(file("/good.gz"), folder)).toBe(false);
    expect(requests).toHaveLength(1);
  });

  test("goes on where it stopped, at the next mirror too", async () => {
    const folder = temporaryFolder();
    expect(await download(file("/cut.gz", "/good.gz"), folder)).toBe(true);
    expect(requests[1]?.range).toBe("bytes=40-");
    expect(readFileSync(join(folder, "file.gz"))).toEqual(packed);
  });

  test("that was complete but not yet named is checked and named", async () => {
    const folder = temporaryFolder();
    writeFileSync(join(folder, "file.gz.partial"), packed);
    expect(await download(file("/good.gz"), folder)).toBe(true);
    expect(existsSync(join(folder, "file.gz.partial"))).toBe(false);
  });

  test("with the wrong content is thrown away", async () => {
    const folder = temporaryFolder();
    expect(await download(file("/wrong.gz", "/good.gz"), folder)).toBe(true);
    await expect(download({ ...file("/wrong.gz"), name: "b.gz" }, folder)).rejects.toThrow(
      /wrong content.*Put b\.gz into .* by hand/,
    );
    expect(existsSync(join(folder, "b.gz"))).toBe(false);
    expect(existsSync(join(folder, "b.gz.partial"))).toBe(false);
  });

  test("that no mirror has says which, and what to do without a network", async () => {
    const dead = { ...file("/none.gz"), urls: [`${base}/none.gz`, "http://127.0.0.1:1/x.gz"] };
    const folder = join(temporaryFolder(), "new");
    await expect(download(dead, folder)).rejects.toThrow(
      /HTTP 404; http:\/\/127\.0\.0\.1:1\/x\.gz: .*Put file\.gz into/,
    );
    expect(existsSync(folder)).toBe(false);
  });
});
