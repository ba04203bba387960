import type { ChromiumPage } from "./chromium.js";

const CONTROLS = ["button", "checkbox", "image", "radio", "slider", "textbox"];

/** Roles of what can be operated or looked at, and has no name for those who hear the page. */
export async function unnamed(page: ChromiumPage): Promise<string[]> {
  const { nodes } = await page.send("Accessibility.getFullAXTree");
  return (nodes as { role?: { value: string }; name?: { value: string }; ignored: boolean }[])
    .filter(
      ({ ignored, role, name }) => !ignored && CONTROLS.includes(role?.value ?? "") && !name?.value,
    )
    .map(({ role }) => role?.value as string);
}

/** Texts that WCAG's level AA finds too faint: less than 4.5 to 1 on what is behind them. What is off may be. */
export async function faint(page: ChromiumPage): Promise<string[]> {
  return (await page.evaluate(`(() => {
    const channels = (colour) => colour.match(/[\\d.]+/g).map(Number);
    const light = (colour) => {
      const [r, g, b] = channels(colour).map((value) =>
        value <= 10 ? value / 255 / 12.92 : ((value / 255 + 0.055) / 1.055) ** 2.4);
      return 0.2126 * r + 0.7152 * g + 0.0722 * b;
    };
    const behind = (element) => {
      const colour = getComputedStyle(element).backgroundColor;
      return channels(colour)[3] === 0 ? behind(element.parentElement) : colour;
    };
    const found = [];
    const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    while (texts.nextNode()) {
      const { data, parentElement: element } = texts.currentNode;
      if (!data.trim() || element.closest(":disabled, [inert], script, style")) continue;
      const style = getComputedStyle(element);
      const lights = [element.namespaceURI.endsWith("svg") ? style.fill : style.color, behind(element)];
      const [darker, lighter] = lights.map(light).sort((a, b) => a - b);
      const contrast = (lighter + 0.05) / (darker + 0.05);
      if (contrast < 4.5) found.push(data + ": " + contrast.toFixed(2));
    }
    return found;
  })()`)) as string[];
}
