// Pictures of the playground, as it was built last, at widths of a telephone, a laptop and a projector, light and dark:
// node --import tsx test/screenshots.ts FOLDER
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import sharp from "sharp";
import { servePlayground } from "../src/cli/commands/play.js";
import { ChromiumPage, chromiumPath } from "./support/chromium.js";
import { Visitor } from "./support/visitor.js";

const WIDTHS = [400, 1280, 1920];
const SCHEMES = ["light", "dark"] as const;

const [folder] = process.argv.slice(2);
const chromium = chromiumPath();
if (!folder || !chromium) throw new Error("needs a folder to write to, and a Chromium on the PATH");
mkdirSync(folder, { recursive: true });

const { address, close } = await servePlayground(
  join(import.meta.dirname, "../dist/playground"),
  0,
);
await ChromiumPage.with(chromium, async (page) => {
  const visitor = new Visitor(page);
  const take = async (name: string) => {
    for (const width of WIDTHS) {
      for (const scheme of SCHEMES) {
        await page.prefer(scheme);
        await page.resize(width, 1000);
        const picture = sharp(await page.screenshot()).png({ palette: true });
        await picture.toFile(join(folder, `${name}-${width}-${scheme}.png`));
      }
    }
    console.log(name);
  };
  await page.open(address);
  await visitor.until(".status", /^Ready$/);
  await take("empty");
  await visitor.click("header .main");
  await visitor.until(".status", /^10 classes in 5 tasks$/);
  await take("digits");
  await visitor.click("section:nth-child(3) .field button:last-of-type");
  await visitor.until("[aria-live] > p:last-of-type", /task 5/);
  await visitor.until(".status", /^10 classes in 5 tasks$/);
  await take("group");
  await visitor.click(".kinds label:nth-of-type(2) input");
  await visitor.until(".status", /^(Ready|The network for photographs is missing)$/);
  await take("photographs");
});
close();
