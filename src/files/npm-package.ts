import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { ItamlError } from "../base/errors.js";

const run = promisify(execFile);

/**
 * Gets the tarball of an npm package through the npm client, so that the user's registry, proxy and mirror are used; none
 * of its scripts is run, and nothing is installed.
 *
 * @param spec NAME@VERSION
 * @param folder where the tarball is put
 * @returns its path
 * @throws {ItamlError} DOWNLOAD_FAILED
 */
export async function packNpmPackage(
  spec: string,
  folder: string,
  signal?: AbortSignal,
): Promise<string> {
  const fail = (found: string, remedy: string, cause?: unknown): never => {
    throw new ItamlError(
      "DOWNLOAD_FAILED",
      "npm didn't give the package",
      { where: spec, found, remedy },
      { cause },
    );
  };
  const windows = process.platform === "win32";
  let printed: string;
  try {
    const { stdout } = await run(
      windows ? "npm.cmd" : "npm",
      ["pack", spec, "--json", "--ignore-scripts"],
      // Of a workspace of the user's npm must know nothing; Windows starts .cmd files by a shell alone.
      { cwd: folder, shell: windows, ...(signal && { signal }) },
    );
    printed = stdout;
  } catch (error) {
    signal?.throwIfAborted();
    const { stderr = "", message } = error as Error & { stderr?: string };
    const found = stderr.split("\n").find((line) => /npm (error|ERR!) (?!code)/.test(line));
    const remedy = `Try what npm says to: npm pack ${spec}`;
    return fail((found ?? message.split("\n")[0] ?? "").trim(), remedy, error);
  }
  const [{ filename, integrity }] = JSON.parse(printed) as [
    { filename: string; integrity: string },
  ];
  const path = join(folder, filename);
  const hash = createHash("sha512")
    .update(await readFile(path))
    .digest("base64");
  if (integrity === `sha512-${hash}`) return path;
  return fail(`integrity sha512-${hash} in place of ${integrity}`, "Try again");
}
