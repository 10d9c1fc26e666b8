// Writes the pictures of the documentation: scripts/with-chromium scripts/test-browser --screenshots DIRECTORY

import { stat } from "node:fs/promises";
import { join } from "node:path";
import { startBrowser } from "./browser.mjs";
import { Console } from "./console.mjs";
import { signUp } from "./people.mjs";
import { Stack } from "./stack.mjs";

/** Bytes that a picture may have: they are in the repository for good. */
const MOST = 150 * 1024;

const [directory] = process.argv.slice(2);
const browser = await startBrowser();
const stack = await Stack.start();
try {
  await lookAround();
} finally {
  await browser.close();
  await stack.stop();
}

async function lookAround() {
  const context = await browser.newContext({ locale: "en-GB", viewport: { width: 1100, height: 720 } });
  const page = await context.newPage();

  const take = async (name, height = 720) => {
    const path = join(directory, `${name}.png`);
    await page.setViewportSize({ width: 1100, height });
    await page.mouse.move(0, 0);
    await page.screenshot({ path, animations: "disabled", caret: "hide" });
    const { size } = await stat(path);
    if (size > MOST) throw new Error(`${path} has ${size} bytes, more than ${MOST}`);
    console.log(`${path} ${Math.ceil(size / 1024)} KiB`);
  };

  const people = Array.from({ length: 24 }, (_, number) =>
    number % 3 ? `+86-158104190${number + 10}` : `person-${number}@example.com`,
  );
  for (const [number, address] of people.entries()) await signUp(stack, address, number % 4 !== 0);
  const ann = await signUp(stack, "ann@example.com");

  await page.goto(stack.urls.demo_site);
  await page.locator("#ustr").fill("+86-13800138000");
  await page.locator("#send").click();
  const code = await stack.codeSentTo("+8613800138000");
  await page.getByRole("button", { name: `Use code ${code}` }).click();
  await page.locator("#password").fill("correct horse");
  await page.getByRole("button", { name: "Sign up" }).click();
  await page.getByText(/^Welcome/).waitFor();
  await take("demo-site", 800);

  const desk = new Console(stack, page);
  await desk.signIn();
  for (const [name, path, height] of [
    ["console-funnel", "/funnel", 860],
    ["console-user", `/users/xdua/${ann}`],
    ["console-settings", "/applications/ciam/demo-phone/settings"],
    ["console-events", "/events"],
  ]) {
    await desk.open(path);
    await take(name, height);
  }
  await page.getByRole("button", { name: "中文" }).click();
  await desk.open("/webhooks");
  await desk.open("/new-webhook");
  await page.locator("#url").fill("http://127.0.0.1:9/hooks/sign-ups");
  await page.locator("form.stack button").click();
  await desk.open("/webhooks");
  await page.locator("tbody a").first().click();
  await take("console-webhook");
}
