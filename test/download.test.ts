import { createHash } from "node:crypto";
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  writeFileSync,
} from "node:fs";
import { createServer } from "node:http";
import { type AddressInfo, connect } from "node:net";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { beforeEach, describe, expect, onTestFinished, test, vi } from "vitest";
import { DATASETS, isHere } from "../src/data/catalog.js";
import { fetchArchive } from "../src/files/archive.js";
import { download } from "../src/files/download.js";
import { temporaryFolder } from "./support/folder.js";
import { encodeTar } from "./support/tar.js";

const content = Buffer.from("the content of a file, ".repeat(500));
const packed = gzipSync(content);
const tar = encodeTar([{ path: "top/in/file", content }]);
const archive = gzipSync(tar);

const hashOf = (algorithm: string, bytes: Uint8Array) =>
  createHash(algorithm).update(bytes).digest("hex");

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
      if (request.url === "/moved.gz") {
        return response.writeHead(302, { location: "/good.gz" }).end();
      }
      // As servers do that take .gz for a way of sending, and those that pack what isn't packed.
      if (request.url === "/encoded.gz" || request.url === "/packed.bin") {
        const header = { "content-encoding": "gzip", "content-length": packed.length };
        return response.writeHead(200, header).end(packed);
      }
      if (request.url === "/slow.gz") {
        response.writeHead(200, { "content-length": packed.length });
        response.write(packed.subarray(0, 40));
        return setTimeout(() => response.end(packed.subarray(40)), 400);
      }
      if (request.url === "/cut.gz") {
        response.writeHead(200, { "content-length": packed.length });
        response.write(packed.subarray(0, 40));
        return setTimeout(() => response.destroy(), 50);
      }
      const body = request.url === "/made.tgz" ? archive : packed;
      const start = range ? Number(/bytes=(\d+)-/.exec(range)?.[1]) : 0;
      if (start >= body.length) return response.writeHead(416).end();
      response.writeHead(range ? 206 : 200, { "content-length": body.length - start });
      return response.end(body.subarray(start));
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
    bytes: packed.length,
    checksum: { algorithm: "sha256", hash: hashOf("sha256", content), of: "content" } as const,
  });

  const made = () => ({
    name: "made.tgz",
    urls: [`${base}/made.tgz`],
    bytes: archive.length,
    checksum: { algorithm: "md5", hash: hashOf("md5", archive), of: "file" } as const,
    archive: { strip: 1 },
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

  test("is checked by the MD5 of the file itself where that is known", async () => {
    const folder = temporaryFolder();
    expect(await download(made(), folder)).toBe(true);
    expect(await download(made(), folder)).toBe(false);
    // The same content, packed otherwise, is another file.
    writeFileSync(join(folder, "made.tgz"), gzipSync(tar, { level: 0 }));
    expect(await download(made(), folder)).toBe(true);
    expect(readFileSync(join(folder, "made.tgz")).equals(archive)).toBe(true);
    const wrong = { ...made(), checksum: { ...made().checksum, hash: "0" } };
    await expect(download(wrong, temporaryFolder())).rejects.toThrow(
      `wrong content (md5 ${hashOf("md5", archive)})`,
    );
  });

  test("follows redirections", async () => {
    expect(await download(file("/moved.gz"), temporaryFolder())).toBe(true);
    expect(requests.map(({ url }) => url)).toEqual(["/moved.gz", "/good.gz"]);
  });

  test.each([
    ["a packed file sent as the packing of another", "/encoded.gz", packed, "file"],
    ["the same, checked by its content", "/encoded.gz", content, "content"],
    ["a file packed on the way", "/packed.bin", content, "file"],
  ] as const)("with Content-Encoding: %s", async (_, path, hashed, of) => {
    const folder = temporaryFolder();
    const checksum = { algorithm: "md5", hash: hashOf("md5", hashed), of } as const;
    const wanted = { ...file(path), name: path.slice(1), bytes: content.length, checksum };
    expect(await download(wanted, folder)).toBe(true);
    const expected = path === "/packed.bin" ? content : packed;
    expect(readFileSync(join(folder, wanted.name)).equals(expected)).toBe(true);
    expect(readdirSync(folder)).toEqual([wanted.name]);
  });

  test("isn't needed where the right content has the name of a packed file", async () => {
    const folder = temporaryFolder();
    writeFileSync(join(folder, "file.gz"), content);
    expect(await download(file("/good.gz"), folder)).toBe(false);
    expect(requests).toEqual([]);
  });

  test("into one folder at once is one download", async () => {
    const folder = join(temporaryFolder(), "new");
    let waited = 0;
    const onWait = () => waited++;
    const twice = [1, 2, 3].map(() => download(file("/slow.gz"), folder, { onWait }));
    expect((await Promise.all(twice)).sort()).toEqual([false, false, true]);
    expect(requests).toHaveLength(1);
    expect(waited).toBeGreaterThan(0);
    expect(readdirSync(folder)).toEqual(["file.gz"]);
    const archives = join(folder, "archives");
    const isExtracted = () => existsSync(join(archives, "in/file"));
    const origins = await Promise.all([
      fetchArchive(made(), archives, { isExtracted }),
      fetchArchive(made(), archives, { isExtracted }),
    ]);
    expect(origins.sort()).toEqual(["downloaded", "extracted before"]);
    expect(readdirSync(archives)).toEqual(["in"]);
  });

  test("goes through the proxies of the environment", async () => {
    const asked: string[] = [];
    const proxy = createServer().on("connect", (request, client, head) => {
      asked.push(request.url as string);
      const { port } = new URL(base);
      const server = connect(Number(port), "127.0.0.1", () => {
        client.write("HTTP/1.1 200 OK\r\n\r\n");
        server.write(head);
        server.pipe(client).pipe(server);
      });
      for (const socket of [client, server]) socket.on("error", () => {});
    });
    await new Promise<void>((resolve) => proxy.listen(0, "127.0.0.1", resolve));
    onTestFinished(() => {
      proxy.close();
      vi.unstubAllEnvs();
    });
    const { host } = new URL(base);
    vi.stubEnv("NO_PROXY", "");
    vi.stubEnv("no_proxy", "");
    vi.stubEnv("http_proxy", `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`);
    expect(await download(file("/good.gz"), temporaryFolder())).toBe(true);
    expect(asked).toEqual([host]);
    vi.stubEnv("no_proxy", "127.0.0.1");
    expect(await download(file("/good.gz"), temporaryFolder())).toBe(true);
    expect(asked).toEqual([host]);
  });

  test("of an archive goes on where it stopped, is extracted and removed", async () => {
    const folder = join(temporaryFolder(), "new");
    mkdirSync(folder);
    writeFileSync(join(folder, "made.tgz.partial"), archive.subarray(0, 50));
    const progress: string[] = [];
    const origin = await fetchArchive(made(), folder, {
      isExtracted: () => false,
      onDownload: ({ received }) => progress.push(`downloaded ${received}`),
      onExtraction: ({ read }) => progress.push(`extracted ${read}`),
    });
    expect(origin).toBe("downloaded");
    expect(requests[0]?.range).toBe("bytes=50-");
    expect(progress).toContain(`downloaded ${archive.length}`);
    expect(progress.at(-1)).toBe(`extracted ${archive.length}`);
    expect(readdirSync(folder)).toEqual(["in"]);
    expect(readFileSync(join(folder, "in/file")).equals(content)).toBe(true);
  });

  test("of an archive that was put there by hand is its extraction", async () => {
    const folder = temporaryFolder();
    writeFileSync(join(folder, "made.tgz"), archive);
    const isExtracted = () => existsSync(join(folder, "in"));
    expect(await fetchArchive(made(), folder, { isExtracted })).toBe("archive there");
    expect(await fetchArchive(made(), folder, { isExtracted })).toBe("extracted before");
    expect(requests).toEqual([]);
    expect(readdirSync(folder)).toEqual(["in"]);
  });

  test("of an archive that can't be extracted leaves it where it is", async () => {
    const folder = temporaryFolder();
    writeFileSync(join(folder, "in"), "in the way");
    const isExtracted = () => false;
    await expect(fetchArchive(made(), folder, { isExtracted })).rejects.toMatchObject({
      code: "ARCHIVE_INVALID",
    });
    expect(readdirSync(folder).sort()).toEqual(["in", "made.tgz"]);
    expect(readFileSync(join(folder, "in"), "utf8")).toBe("in the way");
  });
});

describe("the catalogue", () => {
  test.each(DATASETS.map((entry) => [entry.name, entry] as const))("%s", (_, entry) => {
    for (const { name, urls, bytes, checksum } of entry.files) {
      expect(urls.length).toBeGreaterThan(0);
      for (const url of urls) expect(new URL(url).pathname.endsWith(`/${name}`)).toBe(true);
      expect(bytes).toBeGreaterThan(0);
      expect(checksum.hash).toMatch(
        checksum.algorithm === "md5" ? /^[0-9a-f]{32}$/ : /^[0-9a-f]{64}$/,
      );
    }
    // Built in, or downloaded, or obtained by hand.
    expect(entry.files.length > 0 && entry.obtain !== undefined).toBe(false);
    const folder = temporaryFolder();
    expect(isHere(entry, join(folder, "none"))).toBe(entry.contains.length === 0);
    for (const path of entry.contains) {
      mkdirSync(join(folder, path, ".."), { recursive: true });
      if (path !== ".") writeFileSync(join(folder, path), "");
    }
    expect(isHere(entry, folder)).toBe(true);
    if (entry.within === undefined) return;
    const outside = temporaryFolder();
    renameSync(folder, join(outside, entry.within));
    expect(isHere(entry, outside)).toBe(true);
  });

  test("finds MNIST's files unpacked too", () => {
    const mnist = DATASETS.find(({ name }) => name === "mnist") as (typeof DATASETS)[number];
    const folder = temporaryFolder();
    for (const path of mnist.contains) writeFileSync(join(folder, path.replace(".gz", "")), "");
    expect(isHere(mnist, folder)).toBe(true);
  });
});
