/** The page of the example in a real browser, which is cut off again and again. */
import { execFileSync } from "node:child_process";
import { type Browser, chromium } from "playwright-core";
import { startExample } from "./example-server";

const PAGES = 40;
const FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"];

test("G7: a browser that is cut off comes back, and shows each chunk once and in order", async () => {
  const server = await startExample("streaming");
  const browser = await openBrowser();
  try {
    const page = await browser.newPage();
    await page.goto(`${server.url}/?pages=${PAGES}`);
    await page.getByRole("button").click();
    await page.getByText("done").waitFor({ timeout: 60_000 });
    const shown = await page.locator("li").allTextContents();
    expect(shown).toEqual(expectedLines());
    expect(Number(await page.locator("#cuts").textContent())).toBeGreaterThanOrEqual(2);
  } finally {
    await browser.close();
    await server.stop();
  }
}, 120_000);

/** The second half is begun twice: two pages of its first attempt stay. */
function expectedLines(): string[] {
  const half = PAGES / 2;
  const pages = (from: number, to: number, attempt: number) =>
    Array.from({ length: to - from + 1 }, (_, index) => `page ${from + index}, attempt ${attempt}`);
  const first = [...pages(1, half, 1), ...pages(half + 1, half + 2, 1)];
  const chunks = [...first, ...pages(half + 1, PAGES, 2)];
  const lines = chunks.map((text, index) => `chunk ${index}: ${text}`);
  return [...lines.slice(0, first.length), "from here attempt 2", ...lines.slice(first.length)];
}

/** Throws one line that says what to install, where it cannot do so itself. */
async function openBrowser(): Promise<Browser> {
  const executablePath = findChromium() ?? (installChromium(), findChromium());
  if (!executablePath) throw new Error("This test needs Chromium: install the package chromium.");
  return chromium.launch({ executablePath, headless: true, args: FLAGS });
}

function findChromium(): string | undefined {
  for (const name of ["chromium", "chromium-browser", "google-chrome"]) {
    try {
      return execFileSync("which", [name], { encoding: "utf8", stdio: "pipe" }).trim();
    } catch {
      // Another name may be there.
    }
  }
}

function installChromium(): void {
  try {
    execFileSync("apt-get", ["update"], { stdio: "pipe" });
    execFileSync("apt-get", ["install", "-y", "chromium"], { stdio: "pipe" });
  } catch {
    // Not root, or not Debian.
  }
}
