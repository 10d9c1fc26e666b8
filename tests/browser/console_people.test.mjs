// The console's pages about people: search, their time line, export and erasure; the funnel and the newest events.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { isAccessible, startBrowser, tabTo, visit } from "./browser.mjs";
import { Console } from "./console.mjs";
import { signUp } from "./people.mjs";
import { Stack } from "./stack.mjs";

let stack, browser, ann;

before(async () => {
  browser = await startBrowser();
  stack = await Stack.start();
  ann = await signUp(stack, "ann@example.com");
  await signUp(stack, "+86-15810419011", false);
});

after(async () => {
  await browser?.close();
  await stack?.stop();
});

/** Visits the console as its operator, signed in. Forms that were refused have a status that Chromium writes to its console. */
async function operate(options, act) {
  await visit(browser, { locale: "en-GB", allow: [/status of 422/], ...options }, async (page) => {
    const desk = new Console(stack, page);
    await desk.signIn();
    await act(page, desk);
  });
}

test("a user is found by a masked address without a mouse, and shown in full only on demand", async () => {
  await operate({}, async (page, desk) => {
    await desk.open("/users");
    await tabTo(page, page.getByLabel("Id, address or name"));
    await page.keyboard.type("nobody@example.com");
    await page.keyboard.press("Enter");
    await page.getByText("Nothing is known under this.").waitFor();

    await page.getByLabel("Id, address or name").fill("a***@example.com");
    await page.keyboard.press("Enter");
    const found = page.getByRole("link", { name: ann }).first();
    await found.waitFor();
    await isAccessible(page);
    await found.click();
    await page.getByText("Personal data is masked.").waitFor();
    assert.ok(!(await page.content()).includes("ann@example.com"));
    await isAccessible(page);

    await page.getByRole("button", { name: "Show in full" }).click();
    await page.getByText("ann@example.com").first().waitFor();
    await isAccessible(page);
    await desk.open("/audit?action=user_revealed");
    await page.getByText(ann).first().waitFor();
  });
});

test("a user is handed out as one file", async () => {
  await operate({}, async (page, desk) => {
    await desk.open(`/users/xdua/${ann}`);
    const [download] = await Promise.all([
      page.waitForEvent("download"),
      page.getByRole("button", { name: "Export" }).click(),
    ]);
    assert.match(download.suggestedFilename(), /\.json$/);
  });
});

for (const locale of ["en-GB", "zh-CN"]) {
  test(`the funnel and the newest events are accessible in ${locale}`, async () => {
    await operate({ locale }, async (page, desk) => {
      await desk.open("/funnel");
      await page.locator("svg").first().waitFor();
      await isAccessible(page);
      await desk.open("/events");
      await page.locator("tbody").getByText("signup.user.created.v1").first().waitFor();
      await isAccessible(page);
      await desk.open(`/users/xdua/${ann}`);
      await isAccessible(page);
      await desk.open(`/users/xdua/${ann}/erase`);
      await isAccessible(page);
    });
  });
}

test("what happens while the newest events are shown appears by itself", async () => {
  await operate({}, async (page, desk) => {
    await desk.open("/events");
    const ben = await signUp(stack, "ben@example.com");
    await page.getByText(ben).waitFor();
  });
});

test("a page that loads itself again leads to sign-in when the session is over", async () => {
  await operate({}, async (page, desk) => {
    await desk.open("/events");
    await page.context().clearCookies();
    await page.waitForURL(desk.url("/sign-in?next=%2Fevents"));
    await isAccessible(page);
  });
});

test("a calling code that is none is refused", async () => {
  await operate({}, async (page, desk) => {
    await desk.open("/funnel?country=abc");
    await page.getByText("A calling code has one to three digits").waitFor();
    await isAccessible(page);
  });
});

test("a user is erased when the id is typed, and not otherwise", async () => {
  const eve = await signUp(stack, "eve@example.com");
  await operate({}, async (page, desk) => {
    await desk.open(`/users/xdua/${eve}/erase`);
    await page.getByLabel("Type the user's id").fill("someone");
    await page.getByRole("button", { name: "Erase" }).click();
    await page.getByText("Nothing was erased.").waitFor();
    await isAccessible(page);

    await page.getByLabel("Type the user's id").fill(eve);
    await page.getByRole("button", { name: "Erase" }).click();
    await page.getByText("The user was erased.").waitFor();
    await isAccessible(page);
  });
});
