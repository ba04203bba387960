import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, statfsSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";

/** A disk of its own, in memory, that lives as long as the test. */
export interface SmallDisk {
  readonly path: string;
  /** Leaves so many bytes free, rounded up to pages. */
  leave(bytes: number): void;
  makeRoom(): void;
  /** Forbids writing, for everyone. */
  makeReadOnly(): void;
}

/** Mounts one, or says once on the console why it can't: only root may, on Linux. */
export function smallDisk(bytes: number): SmallDisk | undefined {
  const path = mkdtempSync(join(tmpdir(), "itaml-disk-"));
  const mount = (options: string) =>
    execFileSync("mount", ["-t", "tmpfs", "-o", options, "tmpfs", path], { stdio: "pipe" });
  try {
    mount(`size=${bytes}`);
  } catch (error) {
    rmSync(path, { recursive: true });
    console.log(`skipped: no small disk can be mounted here (${(error as Error).message.trim()})`);
    return undefined;
  }
  onTestFinished(() => {
    execFileSync("umount", [path]);
    rmSync(path, { recursive: true });
  });
  const filler = join(path, "filler");
  return {
    path,
    leave: (free) => {
      const { bavail, bsize } = statfsSync(path);
      writeFileSync(filler, new Uint8Array((bavail - Math.ceil(free / bsize)) * bsize));
    },
    makeRoom: () => rmSync(filler),
    makeReadOnly: () => mount(`remount,ro,size=${bytes}`),
  };
}
