/** What the page does by itself: the theme's button, and tables to the clipboard. Without it everything can be read. */
export const SCRIPT = `
const root = document.documentElement;
const prefersDark = matchMedia("(prefers-color-scheme: dark)");
const theme = document.querySelector(".theme");
const isDark = () => (root.dataset.theme ?? (prefersDark.matches ? "dark" : "light")) === "dark";
const nameTheme = () => { theme.textContent = isDark() ? "Light" : "Dark"; };
theme.hidden = false;
theme.addEventListener("click", () => {
  root.dataset.theme = isDark() ? "light" : "dark";
  nameTheme();
});
prefersDark.addEventListener("change", nameTheme);
nameTheme();

const cellText = (cell) => cell.textContent.trim().replace(/\\s+/g, " ").replace(/\\u2212/g, "-");
const tableText = (table) =>
  [...table.rows].map((row) => [...row.cells].map(cellText).join("\\t")).join("\\n") + "\\n";

async function copy(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    const area = document.createElement("textarea");
    area.value = text;
    document.body.append(area);
    area.select();
    const copied = document.execCommand("copy");
    area.remove();
    return copied;
  }
}

for (const button of document.querySelectorAll(".copy")) {
  button.hidden = false;
  button.addEventListener("click", async () => {
    const copied = await copy(tableText(button.parentElement.querySelector("table")));
    button.textContent = copied ? "Copied" : "Not allowed";
    setTimeout(() => { button.textContent = "Copy"; }, 1500);
  });
}
`;
