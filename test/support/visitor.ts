import type { ChromiumPage } from "./chromium.js";

/** The page, as a visitor sees it. */
export class Visitor {
  readonly #page: ChromiumPage;

  constructor(page: ChromiumPage) {
    this.#page = page;
  }

  text(selector: string): Promise<string> {
    const element = `document.querySelector(${JSON.stringify(selector)})`;
    return this.#page.evaluate(`${element}?.innerText ?? ""`) as Promise<string>;
  }

  /** Waits until an element's text matches; the page looks every tenth of a second. */
  async until(selector: string, pattern: RegExp): Promise<void> {
    const element = `document.querySelector(${JSON.stringify(selector)})`;
    await this.#page.evaluate(`new Promise((resolve) => {
      const look = () => ${pattern}.test(${element}?.innerText ?? "") ? resolve() : setTimeout(look, 100);
      look();
    })`);
  }

  async click(selector: string): Promise<void> {
    await this.#page.evaluate(`document.querySelector(${JSON.stringify(selector)}).click()`);
  }

  async type(selector: string, text: string): Promise<void> {
    await this.#page.evaluate(`(() => {
      const field = document.querySelector(${JSON.stringify(selector)});
      field.value = ${JSON.stringify(text)};
      field.dispatchEvent(new Event("input", { bubbles: true }));
    })()`);
  }

  /** Chooses files in a field for them. */
  async choose(selector: string, files: readonly string[]): Promise<void> {
    const expression = `document.querySelector(${JSON.stringify(selector)})`;
    const { result } = await this.#page.send("Runtime.evaluate", { expression });
    const { objectId } = result as { objectId: string };
    await this.#page.send("DOM.setFileInputFiles", { objectId, files });
  }

  /** Draws a line through points of 0..1 on a pad, with the mouse, and waits until it was taken. */
  async draw(pad: string, points: readonly (readonly [number, number])[]): Promise<void> {
    const query = `document.querySelector(${JSON.stringify(pad)})`;
    await this.#page.evaluate(`${query}.scrollIntoView({ block: "center" })`);
    const box = (await this.#page.evaluate(
      `(({ x, y, width }) => ({ x, y, width }))(${query}.getBoundingClientRect())`,
    )) as { x: number; y: number; width: number };
    const mouse = (type: string, [x, y]: readonly [number, number]) =>
      this.#page.send("Input.dispatchMouseEvent", {
        ...{ type, button: "left", buttons: 1, clickCount: 1 },
        ...{ x: box.x + x * box.width, y: box.y + y * box.width },
      });
    const [first, ...rest] = points as [readonly [number, number]];
    await mouse("mousePressed", first);
    for (const point of rest) await mouse("mouseMoved", point);
    await mouse("mouseReleased", points.at(-1) as readonly [number, number]);
    await this.#page.evaluate(`new Promise((resolve) => {
      const empty = () => {
        const { data } = ${query}.getContext("2d").getImageData(0, 0, 280, 280);
        return data.every((value) => value === 0) ? resolve() : setTimeout(empty, 50);
      };
      empty();
    })`);
  }
}
