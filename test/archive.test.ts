import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { ItamlError } from "../src/base/errors.js";
import { seededRandom } from "../src/base/random.js";
import { extractArchive } from "../src/files/archive.js";
import { temporaryFolder } from "./support/folder.js";
import { encodeTar, paxRecord, signHeader, type TarEntry } from "./support/tar.js";

/** All files under a folder with their content. */
function filesUnder(folder: string): Record<string, string> {
  const paths = readdirSync(folder, { recursive: true, encoding: "utf8" });
  const files = paths.filter((path) => statSync(join(folder, path)).isFile());
  return Object.fromEntries(
    files.sort().map((path) => [path, readFileSync(join(folder, path), "latin1")]),
  );
}

function writeArchive(folder: string, bytes: Uint8Array, name = "made.tar"): string {
  const file = join(folder, name);
  writeFileSync(file, bytes);
  return file;
}

/** Bytes that don't compress. */
function noise(length: number, seed: number): Uint8Array {
  const random = seededRandom("noise", String(seed));
  return Uint8Array.from({ length }, () => random.integer(0, 255));
}

/** Extracts bytes to "target" in a folder of their own, of which nothing but the target may change. */
async function extractGuarded(bytes: Uint8Array, name: string): Promise<Record<string, string>> {
  const folder = mkdtempSync(join(temporaryFolder(), "guarded-"));
  const file = writeArchive(folder, bytes, name);
  const target = join(folder, "target");
  try {
    await extractArchive(file, target);
    return filesUnder(target);
  } catch (error) {
    expect(error).toBeInstanceOf(ItamlError);
    expect(error).toMatchObject({ code: "ARCHIVE_INVALID" });
    expect((error as Error).message).toContain(file);
    expect(existsSync(target)).toBe(false);
    throw error;
  } finally {
    expect(readdirSync(folder).filter((path) => path !== "target")).toEqual([name]);
    expect(readFileSync(file).equals(bytes)).toBe(true);
    if (existsSync(target)) expect(readdirSync(target)).not.toContain(".extraction.partial");
    rmSync(folder, { recursive: true });
  }
}

const part = fc.stringMatching(/^[a-z][a-z0-9 é_-]{0,8}$/);
const tree = fc.dictionary(
  fc.array(part, { minLength: 1, maxLength: 4 }).map((parts) => parts.join("/")),
  fc.uint8Array({ maxLength: 2000 }),
  { minKeys: 1, maxKeys: 8 },
);

describe("an archive", () => {
  test.each([
    ["made.tar", (bytes: Buffer) => bytes],
    ["made.tar.gz", gzipSync],
    ["made.tgz", gzipSync],
  ])("%s is extracted as it was made", async (name, pack) => {
    const content = noise(300_000, 1);
    const entries: TarEntry[] = [
      { path: "top/", type: "5" },
      { path: "top/empty", content: "" },
      { path: "./top/large", content },
      { path: "top/deep/er/small", content: "x".repeat(512) },
    ];
    expect(await extractGuarded(pack(encodeTar(entries)), name)).toEqual({
      "top/empty": "",
      "top/large": Buffer.from(content).toString("latin1"),
      "top/deep/er/small": "x".repeat(512),
    });
  });

  test("of any files is extracted as it was made", () =>
    fc.assert(
      fc.asyncProperty(tree, async (files) => {
        const entries = Object.entries(files).map(([path, content]) => ({ path, content }));
        const paths = Object.keys(files);
        // A path can't be a file and a folder.
        fc.pre(!paths.some((a) => paths.some((b) => b.startsWith(`${a}/`))));
        expect(await extractGuarded(gzipSync(encodeTar(entries)), "a.tgz")).toEqual(
          Object.fromEntries(
            Object.entries(files).map(([path, data]) => [
              path,
              Buffer.from(data).toString("latin1"),
            ]),
          ),
        );
      }),
      { numRuns: 50 },
    ));

  test("loses leading folders, with what is not in them", async () => {
    const folder = temporaryFolder();
    const entries = [
      { path: "top/", type: "5" },
      { path: "beside", content: "b" },
      { path: "./top/file", content: "f" },
      { path: "top/in/file", content: "g" },
    ];
    const file = writeArchive(folder, encodeTar(entries));
    await extractArchive(file, join(folder, "target"), { strip: 1 });
    expect(filesUnder(join(folder, "target"))).toEqual({ file: "f", "in/file": "g" });
  });

  test("has progress", async () => {
    const folder = temporaryFolder();
    const bytes = gzipSync(encodeTar([{ path: "a", content: noise(200_000, 2) }]));
    const file = writeArchive(folder, bytes, "made.tgz");
    const read: number[] = [];
    await extractArchive(file, join(folder, "target"), {
      onProgress: (progress) => {
        expect(progress).toMatchObject({ archive: file, total: bytes.length });
        read.push(progress.read);
      },
    });
    expect(read.at(-1)).toBe(bytes.length);
    expect(read).toEqual([...read].sort((a, b) => a - b));
  });

  test("joins what is in the folder, and replaces files of the same name", async () => {
    const folder = temporaryFolder();
    const target = join(folder, "target");
    mkdirSync(join(target, "in"), { recursive: true });
    for (const path of ["kept", "in/kept", "in/old"]) writeFileSync(join(target, path), "old");
    // What an extraction left that was killed.
    mkdirSync(join(target, ".extraction.partial/in"), { recursive: true });
    writeFileSync(join(target, ".extraction.partial/in/half"), "h");
    const entries = ["in/old", "in/new", "new/new"].map((path) => ({ path, content: "new" }));
    await extractArchive(writeArchive(folder, encodeTar(entries)), target);
    expect(filesUnder(target)).toEqual({
      kept: "old",
      "in/kept": "old",
      "in/old": "new",
      "in/new": "new",
      "new/new": "new",
    });
    expect(readdirSync(target).sort()).toEqual(["in", "kept", "new"]);
  });
});

describe("refused, with nothing written anywhere:", () => {
  const good = { path: "good/file", content: "g" };
  const outside = "out of the archive's folder";
  const noFile = (type: string) => `neither a file nor a folder, but ${type}`;

  test.each<[string, TarEntry[], string]>([
    ["a path above", [{ path: "../evil" }], outside],
    ["a path that climbs", [{ path: "a/b/../../../evil" }], outside],
    ["a path that climbs and returns", [{ path: "a/../b" }], outside],
    ["a path that ends above", [{ path: "a/.." }], outside],
    ["a folder above", [{ path: "../evil/", type: "5" }], outside],
    ["an absolute path", [{ path: "/tmp/evil" }], outside],
    ["a drive", [{ path: "C:/evil" }], outside],
    ["a drive's own folder", [{ path: "c:evil" }], outside],
    ["a path above as Windows writes it", [{ path: "a\\..\\..\\evil" }], outside],
    ["an absolute path as Windows writes it", [{ path: "\\evil" }], outside],
    ["a share", [{ path: "\\\\server\\share\\evil" }], outside],
    [
      "a path above in a pax record",
      [{ path: "pax", type: "x", content: paxRecord("path", "../evil") }, { path: "harmless" }],
      outside,
    ],
    [
      "a long path above",
      [{ path: "././@LongLink", type: "L", content: "../evil\0" }, { path: "harmless" }],
      outside,
    ],
    ["a symbolic link", [{ path: "a", type: "2", link: "b" }], noFile("SymbolicLink")],
    [
      "a file through a symbolic link",
      [
        { path: "a", type: "2", link: ".." },
        { path: "a/evil", content: "e" },
      ],
      noFile("SymbolicLink"),
    ],
    ["a hard link", [{ path: "a", type: "1", link: "good/file" }], noFile("Link")],
    ["a character device", [{ path: "a", type: "3" }], noFile("CharacterDevice")],
    ["a block device", [{ path: "a", type: "4" }], noFile("BlockDevice")],
    ["a pipe", [{ path: "a", type: "6" }], noFile("FIFO")],
    ["an unknown type", [{ path: "a", type: "Q" }], noFile("Unsupported")],
    ["a file that comes twice", [good], "EEXIST"],
    ["a file in a file", [{ path: "good/file/in" }], "E"],
    ["an entry without a path", [{ path: "" }], "path is required"],
  ])("%s", async (_, entries, message) => {
    const bytes = encodeTar([good, ...entries]);
    await expect(extractGuarded(bytes, "bad.tar")).rejects.toThrow(message);
    await expect(extractGuarded(gzipSync(bytes), "bad.tar.gz")).rejects.toThrow(message);
  });

  test("the entry is named", async () => {
    const bytes = encodeTar([good, { path: "a/link", type: "2", link: "b" }]);
    await expect(extractGuarded(bytes, "bad.tar")).rejects.toThrow(
      /^ITAML_ARCHIVE_INVALID: .*bad\.tar, in a\/link: the archive can't be extracted; found /,
    );
  });

  test("a link in the folder is not followed", async () => {
    const folder = temporaryFolder();
    mkdirSync(join(folder, "outside"));
    mkdirSync(join(folder, "target"));
    symlinkSync(join(folder, "outside"), join(folder, "target/a"));
    const entries = [{ path: "0", content: "first" }, { path: "a/evil" }];
    const file = writeArchive(folder, encodeTar(entries));
    await expect(extractArchive(file, join(folder, "target"))).rejects.toThrow(
      "target/a is in the way",
    );
    expect(readdirSync(join(folder, "outside"))).toEqual([]);
    expect(readdirSync(join(folder, "target"))).toEqual(["a"]);
  });

  test.each([
    ["nothing", Buffer.alloc(0)],
    ["an archive of nothing", encodeTar([])],
    ["a little", Buffer.from("abc")],
    ["no archive", Buffer.from("no archive ".repeat(100))],
  ])("%s", async (_, bytes) => {
    await expect(extractGuarded(bytes, "bad.tar")).rejects.toThrow("can't be extracted");
    await expect(extractGuarded(bytes, "bad.tgz")).rejects.toThrow("can't be extracted");
    await expect(extractGuarded(gzipSync(bytes), "bad.tgz")).rejects.toThrow("can't be extracted");
  });

  test("an archive that isn't there", async () => {
    const folder = temporaryFolder();
    const extraction = extractArchive(join(folder, "none.tar"), join(folder, "a/b"));
    await expect(extraction).rejects.toMatchObject({ code: "ARCHIVE_INVALID" });
    expect(readdirSync(folder)).toEqual([]);
  });
});

describe("a damaged archive", () => {
  const entries = [
    { path: "top/", type: "5" },
    { path: "top/a.bin", content: noise(1500, 3) },
    { path: "top/b.bin", content: noise(30_000, 4) },
    { path: "top/c.bin", content: noise(700, 5) },
  ];
  const whole = encodeTar(entries);
  const packed = gzipSync(whole);
  const content = Object.fromEntries(
    entries
      .slice(1)
      .map(({ path, content: data = "" }) => [path, Buffer.from(data).toString("latin1")]),
  );

  /** What is extracted, or nothing where it ends in the typed error. */
  const extractOrRefuse = (bytes: Uint8Array, name: string) =>
    extractGuarded(bytes, name).catch((error) => {
      if (error instanceof ItamlError) return undefined;
      throw error;
    });

  test("cut anywhere is refused, and the entry named", async () => {
    // The zeros at the end count: without them nothing says that it is whole.
    for (const length of [
      511,
      512,
      1000,
      1024,
      3000,
      25_000,
      whole.length - 1024,
      whole.length - 1,
    ]) {
      await expect(extractGuarded(whole.subarray(0, length), "cut.tar")).rejects.toThrow(
        "cut.tar, ",
      );
    }
    await expect(extractGuarded(whole.subarray(0, 25_000), "cut.tar")).rejects.toThrow(
      "in top/b.bin",
    );
    await expect(extractGuarded(packed.subarray(0, 25_000), "cut.tgz")).rejects.toThrow(
      "in top/b.bin",
    );
  });

  const cut = fc.double({ min: 0, max: 1, noNaN: true });
  const change = fc.record({ at: cut, byte: fc.integer({ min: 0, max: 255 }) });
  const mangle = (bytes: Uint8Array, changes: readonly { at: number; byte: number }[]) => {
    const mangled = Uint8Array.from(bytes);
    for (const { at, byte } of changes) mangled[Math.floor(at * (bytes.length - 1))] = byte;
    return mangled;
  };

  test("and packed is extracted right or refused", () =>
    fc.assert(
      fc.asyncProperty(fc.array(change, { maxLength: 4 }), cut, async (changes, share) => {
        const bytes = mangle(packed, changes);
        const extracted = await extractOrRefuse(bytes, "mangled.tgz");
        if (extracted) expect(extracted).toEqual(content);
        const length = Math.floor(share * (bytes.length - 1));
        expect(await extractOrRefuse(bytes.subarray(0, length), "cut.tgz")).toBeUndefined();
      }),
      { numRuns: 100 },
    ));

  // A plain one has checksums of its headers only, and these anyone can make.
  test("and plain stays in its folder", () => {
    const byte = fc.oneof(fc.constantFrom(...Buffer.from("/\\.:125x\0")), fc.nat(255));
    const header = fc.record({ at: fc.nat(511), byte });
    const headers = fc.tuple(fc.constantFrom(0, 512, 3 * 512), fc.array(header, { maxLength: 4 }));
    return fc.assert(
      fc.asyncProperty(
        fc.array(change, { maxLength: 2 }),
        headers,
        async (changes, [start, own]) => {
          const bytes = Buffer.from(mangle(whole, changes));
          for (const { at, byte } of own) bytes[start + at] = byte;
          signHeader(bytes.subarray(start));
          await extractOrRefuse(bytes, "mangled.tar");
        },
      ),
      { numRuns: 200 },
    );
  });
});

describe("an extraction that is stopped", () => {
  const bytes = gzipSync(
    encodeTar([1, 2, 3].map((seed) => ({ path: `${seed}.bin`, content: noise(100_000, seed) }))),
  );

  test.each([0, 1, 2, 7])("after %d chunks leaves nothing", async (chunks) => {
    const folder = temporaryFolder();
    const file = writeArchive(folder, bytes, "made.tgz");
    const controller = new AbortController();
    let left = chunks;
    if (left === 0) controller.abort();
    const extraction = extractArchive(file, join(folder, "new/target"), {
      onProgress: () => {
        if (--left === 0) controller.abort();
      },
      signal: controller.signal,
    });
    await expect(extraction).rejects.toMatchObject({ name: "AbortError" });
    expect(readdirSync(folder)).toEqual(["made.tgz"]);
    // Nothing is written later either.
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(readdirSync(folder)).toEqual(["made.tgz"]);
  });
});
