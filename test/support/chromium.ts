import { spawn } from "node:child_process";
import { accessSync, constants, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import type { Readable, Writable } from "node:stream";

/** Milliseconds for a test with a browser, which a busy machine starts slowly. */
export const BROWSER_LIMIT = 10 * 60_000;

/** The path of a Chromium, or undefined where there is none. */
export function chromiumPath(): string | undefined {
  const folders = (process.env.PATH ?? "").split(delimiter);
  const names = ["chromium", "chromium-browser", "google-chrome"];
  return [
    process.env.ITAML_CHROMIUM,
    ...folders.flatMap((folder) => names.map((name) => join(folder, name))),
  ].find((path) => path !== undefined && isExecutable(path));
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** An event of the page, in the words of the Chrome DevTools Protocol. */
export interface PageEvent {
  readonly method: string;
  readonly params: Record<string, unknown>;
}

/** A page of a headless Chromium, spoken to by the Chrome DevTools Protocol over a pipe. */
export class ChromiumPage {
  readonly events: PageEvent[] = [];
  readonly #input: Writable;
  readonly #answers = new Map<number, (answer: Answer) => void>();
  readonly #waiting: { method: string; resolve: () => void }[] = [];
  #session: string | undefined;
  #count = 0;

  private constructor(input: Writable, output: Readable) {
    this.#input = input;
    let text = "";
    output.setEncoding("utf8").on("data", (chunk: string) => {
      const messages = (text + chunk).split("\0");
      text = messages.pop() as string;
      for (const message of messages) this.#receive(JSON.parse(message));
    });
  }

  /**
   * Starts a browser for as long as the work takes.
   *
   * @param options of the command line: how it has a GPU. Default: none
   */
  static async with<T>(
    path: string,
    work: (page: ChromiumPage) => Promise<T>,
    options: readonly string[] = ["--disable-gpu"],
  ): Promise<T> {
    const profile = mkdtempSync(join(tmpdir(), "itaml-chromium-"));
    const browser = spawn(
      path,
      [
        ...["--headless=new", "--no-sandbox", "--disable-dev-shm-usage", ...options],
        ...["--no-first-run", "--disable-background-networking", "--hide-scrollbars"],
        ...["--remote-debugging-pipe", `--user-data-dir=${profile}`],
      ],
      { stdio: ["ignore", "ignore", "ignore", "pipe", "pipe"], detached: true },
    );
    const ended = new Promise((resolve) => browser.once("close", resolve));
    try {
      const page = new ChromiumPage(browser.stdio[3] as Writable, browser.stdio[4] as Readable);
      const failed = ended.then(() => Promise.reject(new Error("Chromium ended")));
      return await Promise.race([page.#attach().then(() => work(page)), failed]);
    } finally {
      // The whole group: its other processes would go on writing to the profile.
      process.kill(-(browser.pid as number), "SIGKILL");
      await ended;
      rmSync(profile, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 });
    }
  }

  async #attach(): Promise<void> {
    const { targetId } = await this.send("Target.createTarget", { url: "about:blank" });
    const attached = await this.send("Target.attachToTarget", { targetId, flatten: true });
    this.#session = attached.sessionId as string;
    for (const domain of ["Page", "Runtime", "Log", "Network"]) await this.send(`${domain}.enable`);
  }

  send(method: string, params: object = {}): Promise<Record<string, unknown>> {
    const id = ++this.#count;
    const sessionId = this.#session;
    this.#input.write(`${JSON.stringify({ id, method, params, sessionId })}\0`);
    return new Promise((resolve, reject) => {
      this.#answers.set(id, ({ result, error }) => {
        if (error) reject(new Error(`${method}: ${error.message}`));
        else resolve(result ?? {});
      });
    });
  }

  async open(url: string): Promise<void> {
    const loaded = this.#next("Page.loadEventFired");
    await this.send("Page.navigate", { url });
    await loaded;
  }

  /** The value of an expression, or of its promise. */
  async evaluate(expression: string): Promise<unknown> {
    const options = { expression, returnByValue: true, awaitPromise: true, userGesture: true };
    const { result, exceptionDetails } = await this.send("Runtime.evaluate", options);
    if (exceptionDetails) throw new Error(JSON.stringify(exceptionDetails));
    return (result as { value: unknown }).value;
  }

  async resize(width: number, height = 800): Promise<void> {
    await this.send("Emulation.setDeviceMetricsOverride", {
      ...{ width, height, deviceScaleFactor: 1, mobile: false },
    });
  }

  async prefer(scheme: "light" | "dark", media = "screen"): Promise<void> {
    const features = [{ name: "prefers-color-scheme", value: scheme }];
    await this.send("Emulation.setEmulatedMedia", { media, features });
  }

  /** A PNG of the whole page, below the window's edge, too. */
  async screenshot(): Promise<Buffer> {
    const { data } = await this.send("Page.captureScreenshot", { captureBeyondViewport: true });
    return Buffer.from(data as string, "base64");
  }

  /**
   * Does work, and says how long each piece of it took the page's own thread: milliseconds of the processor, which a busy
   * machine hardly changes, and by the clock.
   */
  async mainThread(work: () => Promise<void>): Promise<{ processor: number; clock: number }[]> {
    const ended = this.#next("Tracing.tracingComplete");
    const traceConfig = { includedCategories: ["toplevel"] };
    await this.send("Tracing.start", { transferMode: "ReportEvents", traceConfig });
    await work();
    await this.send("Tracing.end");
    await ended;
    const all = this.events
      .filter(({ method }) => method === "Tracing.dataCollected")
      .flatMap(({ params }) => params.value as TraceEvent[]);
    const threadOf = ({ pid, tid }: TraceEvent) => `${pid} ${tid}`;
    const main = all.filter(({ args }) => args.name === "CrRendererMain").map(threadOf);
    return all
      .filter((event) => event.name.endsWith("::RunTask") && main.includes(threadOf(event)))
      .map(({ tdur = 0, dur = 0 }) => ({ processor: tdur / 1000, clock: dur / 1000 }));
  }

  /** Until the next event of this name. */
  #next(method: string): Promise<void> {
    return new Promise((resolve) => this.#waiting.push({ method, resolve }));
  }

  #receive({ id, method, params, ...answer }: Answer & Partial<PageEvent> & { id?: number }): void {
    if (id !== undefined) {
      this.#answers.get(id)?.(answer);
      this.#answers.delete(id);
    } else if (method !== undefined) {
      this.events.push({ method, params: params ?? {} });
      const index = this.#waiting.findIndex((other) => other.method === method);
      if (index >= 0) this.#waiting.splice(index, 1)[0]?.resolve();
    }
  }
}

/** Of the format of traces; microseconds. */
interface TraceEvent {
  readonly name: string;
  readonly pid: number;
  readonly tid: number;
  readonly dur?: number;
  readonly tdur?: number;
  readonly args: { readonly name?: string };
}

interface Answer {
  result?: Record<string, unknown>;
  error?: { message: string };
}
