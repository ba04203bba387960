import { format } from "node:util";
import { vi } from "vitest";

/** What work of this process prints, in place of what it would do to the tests' own output. */
export async function printedBy<T>(
  work: () => Promise<T>,
): Promise<{ value: T; stdout: string; stderr: string }> {
  const said = { stdout: "", stderr: "" };
  // The console of a test is not that of a program: it doesn't write to the process's streams.
  const spies = [
    ...(["stdout", "stderr"] as const).map((name) =>
      vi.spyOn(process[name], "write").mockImplementation((text) => {
        said[name] += text;
        return true;
      }),
    ),
    ...(
      [
        ["log", "stdout"],
        ["error", "stderr"],
      ] as const
    ).map(([name, stream]) =>
      vi.spyOn(console, name).mockImplementation((...values) => {
        said[stream] += `${format(...values)}\n`;
      }),
    ),
  ];
  try {
    const value = await work();
    return { value, ...said };
  } finally {
    for (const spy of spies) spy.mockRestore();
  }
}
