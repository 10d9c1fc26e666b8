// Chromium, and what every page must be like.

import assert from "node:assert/strict";
import { AxeBuilder } from "@axe-core/playwright";
import { chromium } from "playwright-core";
import { PATIENCE } from "./stack.mjs";

/** No sandbox: containers and root cannot have one, and the pages are ours. The rest keeps the browser from calling home. */
const FLAGS = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-dev-shm-usage",
  "--disable-quic",
  "--no-first-run",
  "--no-proxy-server",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
  "--disable-breakpad",
];

/** A browser with a profile of its own. */
export async function startBrowser() {
  const executablePath = process.env.TEST_CHROMIUM;
  if (!executablePath) throw new Error("TEST_CHROMIUM names no browser. Run: make test-browser");
  return chromium.launch({ executablePath, args: FLAGS });
}

/**
 * Lets a visitor with an empty profile do something in a page. Fails as well when a script of the page throws, when the
 * page writes an error to its console, or when its content security policy stops something.
 */
export async function visit(browser, options, act) {
  const { allow = [], ...rest } = options;
  const context = await browser.newContext({ locale: "zh-CN", viewport: { width: 1200, height: 800 }, ...rest });
  context.setDefaultTimeout(PATIENCE);
  const page = await context.newPage();
  const problems = [];
  page.on("pageerror", (error) => problems.push(`thrown: ${error.stack}`));
  page.on("console", (message) => {
    if (message.type() === "error") problems.push(`${message.text()} (${message.location().url})`);
  });
  try {
    await act(page);
    const unexpected = problems.filter((problem) => !allow.some((pattern) => pattern.test(problem)));
    assert.deepEqual(unexpected, [], "the page is not without errors");
  } finally {
    await context.close();
  }
}

/** Fails when axe finds something serious or critical in the page as it is now. */
export async function isAccessible(page) {
  const { violations } = await new AxeBuilder({ page }).analyze();
  const found = violations
    .filter(({ impact }) => impact === "serious" || impact === "critical")
    .map(({ id, help, nodes }) => `${id}: ${help}: ${nodes.map(({ html }) => html).join(" ")}`);
  assert.deepEqual(found, [], `axe on ${page.url()}`);
}

/** Presses Tab until the element has the focus, as somebody without a mouse would. */
export async function tabTo(page, locator) {
  const isFocused = () => locator.evaluate((element) => element === document.activeElement);
  for (let presses = 0; !(await isFocused()); presses++) {
    assert.ok(presses < 200, `Tab does not reach ${locator}`);
    await page.keyboard.press("Tab");
  }
}
