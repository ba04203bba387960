import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { PassThrough } from "node:stream";
import { describe, expect, onTestFinished, test } from "vitest";
import { provideDataset, terminalQuestion } from "../src/cli/fetch-dataset.js";
import { DATASETS } from "../src/data/catalog.js";
import { mnist } from "../src/data/mnist.js";
import { itamlHere } from "./support/command-line.js";
import { temporaryFolder } from "./support/folder.js";

describe("a data set that isn't there", () => {
  /** MNIST as one made file of a server here. */
  async function served() {
    const content = Buffer.from("made");
    const server = createServer((_, response) => response.end(content));
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    onTestFinished(() => {
      server.close();
    });
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/made.bin`;
    const hash = createHash("md5").update(content).digest("hex");
    const checksum = { algorithm: "md5", hash, of: "file" } as const;
    const files = [{ name: "made.bin", urls: [url], bytes: 1_500_000, checksum }];
    return { ...mnist, files, contains: ["made.bin"] };
  }

  test("is downloaded with --fetch, or where somebody says yes, and then no more asked for", async () => {
    const entry = await served();
    const [asked, unasked] = [join(temporaryFolder(), "a"), join(temporaryFolder(), "b")];
    await provideDataset(entry, unasked, { fetch: true, ask: undefined });
    expect(existsSync(join(unasked, "made.bin"))).toBe(true);
    const questions: string[] = [];
    const answer = (yes: boolean) => async (question: string) => {
      questions.push(question);
      return yes;
    };
    await provideDataset(entry, asked, { fetch: false, ask: answer(false) });
    expect(existsSync(asked)).toBe(false);
    await provideDataset(entry, asked, { fetch: false, ask: answer(true) });
    expect(existsSync(join(asked, "made.bin"))).toBe(true);
    expect(questions).toHaveLength(2);
    expect(questions[0]).toBe(
      `MNIST is not in ${asked}. It has 1.5 MB; licence: CC BY-SA 3.0.\nDownload it there? [y/N] `,
    );
    await provideDataset(entry, asked, { fetch: true, ask: answer(false) });
    expect(questions).toHaveLength(2);
  });

  test("is left to be missed where nobody can answer", async () => {
    const folder = join(temporaryFolder(), "none");
    await provideDataset(mnist, folder, { fetch: false, ask: undefined });
    expect(existsSync(folder)).toBe(false);
  });

  test.each(
    DATASETS.filter(({ obtain }) => obtain !== undefined).map(
      (entry) => [entry.name, entry] as const,
    ),
  )("is never offered where it is not to be downloaded: %s", async (_, entry) => {
    const folder = join(temporaryFolder(), "none");
    const ask = async () => Promise.reject(new Error("asked"));
    await provideDataset(entry, folder, { fetch: false, ask });
    await expect(provideDataset(entry, folder, { fetch: true, ask })).rejects.toMatchObject({
      ...{ code: "USAGE", problem: { remedy: entry.obtain } },
    });
  });

  test("is an error of the command line at once", async () => {
    const folder = temporaryFolder();
    const withdrawn = await itamlHere(folder, ["train", "msceleb", "--fetch"]);
    expect(withdrawn.code).toBe(2);
    expect(withdrawn.stderr).toContain("withdrew it in 2019 and itaml never downloads it");
    const missing = await itamlHere(folder, ["train", "cifar100-10x10"]);
    expect(missing.code).toBe(1);
    expect(missing.stderr).toContain("ITAML_DATASET_MISSING");
  });
});

describe("a question on the terminal", () => {
  const terminal = (isTTY: boolean) => Object.assign(new PassThrough(), { isTTY }) as never;

  test.each([
    ["y\n", true],
    [" YES \n", true],
    ["n\n", false],
    ["\n", false],
    ["yesterday\n", false],
  ])("%j", async (answer, yes) => {
    const input = terminal(true) as PassThrough;
    const asked = terminalQuestion(input as never, terminal(true))?.("Well? ");
    input.write(answer);
    expect(await asked).toBe(yes);
  });

  test("is no where the input ends, and isn't asked where there is no terminal", async () => {
    const input = terminal(true) as PassThrough;
    const asked = terminalQuestion(input as never, terminal(true))?.("Well? ");
    input.end();
    expect(await asked).toBe(false);
    expect(terminalQuestion(terminal(false), terminal(true))).toBeUndefined();
    expect(terminalQuestion(terminal(true), terminal(false))).toBeUndefined();
  });
});
