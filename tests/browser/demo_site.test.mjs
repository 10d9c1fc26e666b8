// The demo site of `signupctl dev`: people sign up with the SDK.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { isAccessible, startBrowser, tabTo, visit } from "./browser.mjs";
import { Stack } from "./stack.mjs";

let stack, browser, site;

before(async () => {
  browser = await startBrowser();
  stack = await Stack.start();
  site = stack.urls.demo_site;
});

after(async () => {
  await browser?.close();
  await stack?.stop();
});

/** What `#outcome` says, as soon as it says something. */
async function outcome(page) {
  await page.waitForFunction(() => document.getElementById("outcome").textContent !== "");
  return page.locator("#outcome").textContent();
}

test("somebody signs up by phone without a mouse", async () => {
  await visit(browser, { locale: "en-GB" }, async (page) => {
    await page.goto(site);
    assert.equal(await page.title(), "Sign up");
    await tabTo(page, page.getByLabel("Phone").last());
    await page.keyboard.type("+86-15810419011");
    await tabTo(page, page.getByRole("button", { name: "Send a code" }));
    await page.keyboard.press("Enter");
    assert.match(await outcome(page), /^The code is on its way/);

    const code = await stack.codeSentTo("+8615810419011");
    const use = page.getByRole("button", { name: `Use code ${code}` });
    await use.waitFor();
    await isAccessible(page);
    await tabTo(page, use);
    await page.keyboard.press("Enter");
    assert.equal(await page.getByLabel("Code", { exact: true }).inputValue(), code);

    await tabTo(page, page.getByLabel("Password"));
    await page.keyboard.type("correct horse");
    await page.keyboard.press("Enter");
    await page.waitForFunction(() => document.getElementById("outcome").className === "done");
    await page.waitForFunction(() => document.getElementById("outcome").textContent.startsWith("Welcome"));
    assert.match(await outcome(page), /^Welcome! Your new id is [0-9A-Za-z]{8}$/);
    await isAccessible(page);
  });
});

test("somebody signs up by mail in Chinese and is found by the new id", async () => {
  await visit(browser, {}, async (page) => {
    await page.goto(site);
    assert.equal(await page.locator("html").getAttribute("lang"), "zh-CN");
    await page.getByRole("radio", { name: "邮箱" }).check();
    await page.getByLabel("邮箱").last().fill("an@example.com");
    await page.getByRole("button", { name: "获取验证码" }).click();
    await page.getByLabel("验证码", { exact: true }).fill(await stack.codeSentTo("an@example.com"));
    await page.getByLabel("密码").fill("correct horse");
    await page.getByLabel("昵称（可不填）").fill("小安");
    await page.getByRole("button", { name: "注册", exact: true }).click();
    const welcome = page.getByText(/^注册成功，您的新 ID：/);
    await welcome.waitFor();
    const id = (await welcome.textContent()).split("：")[1];

    const users = JSON.parse(await stack.operate("user", "show", "an@example.com", "--json"));
    assert.equal(users.length, 1);
    assert.ok(JSON.stringify(users).includes(id), `${id} is not in ${JSON.stringify(users)}`);
  });
});

test("a refusal says why in the language of the page", async () => {
  await visit(browser, { locale: "en-GB" }, async (page) => {
    await page.goto(site);
    for (const [language, wrongCode, notPhone] of [
      ["中文", "验证码错误或已失效", /ustr|vfaddr|手机/],
      ["English", "the verification code is wrong or no longer valid", /phone|vfaddr/],
    ]) {
      await page.getByRole("link", { name: language }).click();
      await page.locator("#ustr").fill("12");
      await page.locator("#send").click();
      assert.match(await outcome(page), notPhone);
      await isAccessible(page);

      await page.locator("#ustr").fill("+86-13800138000");
      await page.locator("#vfcode").fill("000000");
      await page.locator("#password").fill("correct horse");
      await page.locator("#password").press("Enter");
      await page.getByText(wrongCode).waitFor();
    }
  });
});

test("a form that is not filled in is not sent", async () => {
  await visit(browser, {}, async (page) => {
    const sent = [];
    page.on("request", (request) => request.method() === "POST" && sent.push(request.url()));
    await page.goto(site);
    await page.locator("#send").click();
    assert.ok(await page.locator("#ustr").evaluate((input) => input === document.activeElement));
    await page.getByRole("button", { name: "注册", exact: true }).click();
    assert.deepEqual(sent, []);
  });
});

test("the gateway is another origin, and the page may call nothing else", async () => {
  assert.notEqual(new URL(site).origin, new URL(stack.urls.apis.xdua).origin);
  const policy = (await fetch(site)).headers.get("content-security-policy");
  assert.match(policy, new RegExp(`connect-src 'self' ${stack.urls.apis.xdua};`));
  assert.doesNotMatch(policy, /unsafe/);
});
