// The console in a browser: every page in both languages, and each form's happy way and its refusal.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { isAccessible, startBrowser, tabTo, visit } from "./browser.mjs";
import { Console, PAGES } from "./console.mjs";
import { Stack } from "./stack.mjs";

/** What Chromium says about a form that was refused: it is the answer's status, not a fault of the page. */
const REFUSED = [/status of 4(01|09|22)/];

/** A receiver of webhooks that is allowed beside `signupctl dev` and never called. */
const RECEIVER = "http://127.0.0.1:9/hooks";

let stack, browser;

before(async () => {
  browser = await startBrowser();
  stack = await Stack.start();
});

after(async () => {
  await browser?.close();
  await stack?.stop();
});

/** Visits the console as its operator, signed in. */
async function operate(options, act) {
  await visit(browser, { locale: "en-GB", allow: REFUSED, ...options }, async (page) => {
    const desk = new Console(stack, page);
    await desk.signIn();
    await act(page, desk);
  });
}

for (const locale of ["en-GB", "zh-CN"]) {
  test(`every page loads and is accessible in ${locale}`, async () => {
    await operate({ locale }, async (page, desk) => {
      for (const path of Object.values(PAGES)) {
        const response = await desk.open(path);
        assert.equal(response.status(), 200, path);
        if (path !== PAGES.inbox) {
          assert.equal(await page.locator("html").getAttribute("lang"), locale === "zh-CN" ? "zh-CN" : "en", path);
          assert.equal(await page.locator("h1").count(), 1, path);
        }
        await isAccessible(page);
      }
    });
  });
}

test("every item of the menu leads to a page that names it", async () => {
  await operate({}, async (page) => {
    const items = page.locator("nav.menu a");
    const names = await items.allTextContents();
    assert.ok(names.length >= 6, names.join());
    for (const name of names) {
      const [response] = await Promise.all([page.waitForResponse((r) => r.request().isNavigationRequest()), page.getByRole("navigation").getByRole("link", { name, exact: true }).click()]);
      assert.equal(response.status(), 200, name);
      await page.goBack();
    }
  });
});

test("an operator signs in and out without a mouse", async () => {
  await visit(browser, { locale: "en-GB", allow: REFUSED }, async (page) => {
    const desk = new Console(stack, page);
    await desk.open("/audit");
    await isAccessible(page);
    await tabTo(page, page.getByLabel("Name"));
    await page.keyboard.type("demo");
    await tabTo(page, page.getByLabel("Password"));
    await page.keyboard.type("wrong horse battery");
    await page.keyboard.press("Enter");
    await page.getByRole("alert").waitFor();
    await isAccessible(page);

    await tabTo(page, page.getByLabel("Password"));
    await page.keyboard.type(stack.variables.CONSOLE_PASSWORD);
    await page.keyboard.press("Enter");
    await page.waitForURL(desk.url("/audit"));
    await page.getByText("sign_in_refused").first().waitFor();

    await tabTo(page, page.getByRole("button", { name: "Sign out" }));
    await page.keyboard.press("Enter");
    await page.waitForURL(/sign-in/);
    await desk.open("/audit");
    assert.match(page.url(), /sign-in/);
  });
});

test("the language is changed by a button and stays", async () => {
  await operate({}, async (page, desk) => {
    await page.getByRole("button", { name: "中文" }).click();
    await page.getByRole("heading", { level: 1, name: "概览" }).waitFor();
    await desk.open("/limits");
    await page.getByRole("heading", { level: 1, name: "限制" }).waitFor();
  });
});

test("a webhook is made without a mouse, paused, called again, gets a new secret and goes", async () => {
  await operate({}, async (page, desk) => {
    await desk.open("/new-webhook");
    await tabTo(page, page.getByLabel("URL"));
    await page.keyboard.type("ftp://example.com");
    await page.keyboard.press("Enter");
    await page.getByRole("alert").waitFor();
    await isAccessible(page);

    await page.getByLabel("URL").fill(RECEIVER);
    await tabTo(page, page.getByRole("button", { name: "Create" }));
    await page.keyboard.press("Enter");
    await page.getByText(/^whsec_/).waitFor();
    await isAccessible(page);
    await page.getByRole("link", { name: "To the webhook" }).click();
    await page.getByText("There are no deliveries.").waitFor();
    await isAccessible(page);

    await page.getByRole("button", { name: "Pause" }).click();
    await page.getByText(/^paused, since/).waitFor();
    await page.getByRole("button", { name: "Call it again" }).click();
    await page.getByText(/^active, since/).waitFor();
    await page.getByRole("button", { name: "Deliver again" }).click();
    await page.getByText("events are due now").waitFor();

    await page.getByRole("button", { name: "New secret" }).click();
    await page.getByText(/^whsec_/).waitFor();
    await page.getByRole("link", { name: "To the webhook" }).click();
    await page.getByText("Old secret signs until").waitFor();

    await page.getByText("Delete", { exact: true }).first().click();
    await page.getByLabel("I am sure").check();
    await page.getByRole("button", { name: "Delete" }).click();
    await page.waitForURL(desk.url("/webhooks"));
    await page.getByText("There are no webhooks yet.").waitFor();
  });
});

test("settings of an application are changed, and a wrong one is refused at its field", async () => {
  await operate({}, async (page, desk) => {
    const shortest = page.getByLabel("Shortest password (characters)");
    const longest = page.getByLabel("Longest password (characters)");
    const preview = page.getByRole("button", { name: "Show what changes" });
    await desk.open(PAGES.settings);
    await shortest.fill("70");
    await longest.fill("60");
    await preview.click();
    await page.getByRole("alert").first().waitFor();
    assert.equal(await shortest.inputValue(), "70");
    assert.equal(await shortest.getAttribute("aria-invalid"), "true");
    const described = (await shortest.getAttribute("aria-describedby")).split(" ");
    const fault = page.locator(`[id="${described[0]}"]`);
    assert.match(await fault.textContent(), /it must not be greater than `max_length`/);
    await isAccessible(page);

    await shortest.fill("12");
    await longest.fill("72");
    await preview.click();
    await isAccessible(page);
    await page.locator("button[value=save]").click();
    await page.waitForURL(desk.url(PAGES.application));
    await isAccessible(page);
    await desk.open(PAGES.settings);
    assert.equal(await shortest.inputValue(), "12");
  });
});

test("what was not set is set, chosen and taken back without a file", async () => {
  await operate({}, async (page, desk) => {
    const path = "/applications/ciam/demo-email/settings";
    const save = async () => {
      await page.getByRole("button", { name: "Show what changes" }).click();
      await page.locator("button[value=save]").click();
      await page.waitForURL(desk.url("/applications/ciam/demo-email"));
      await desk.open(path);
    };
    const cost = page.getByLabel("Cost of hashing (bcrypt)");
    const language = page.getByRole("combobox", { name: "Language", exact: true });
    const digit = page.getByRole("group", { name: "A password must contain" }).getByLabel("a digit");
    await desk.open(path);
    assert.equal(await cost.inputValue(), "");
    assert.equal(await language.inputValue(), "");
    await cost.fill("11");
    await language.selectOption({ label: "optional" });
    await digit.check();
    await page.getByLabel("What identifies a user").getByLabel("phone number").check();
    await page.getByLabel("Codes by SMS", { exact: true }).check();
    await save();
    assert.equal(await cost.inputValue(), "11");
    assert.equal(await language.inputValue(), "optional");
    assert.ok(await digit.isChecked());
    assert.equal(await page.getByLabel("Length of a code by SMS (digits)").inputValue(), "6");

    await cost.fill("");
    await language.selectOption("");
    await digit.uncheck();
    await page.getByLabel("What identifies a user").getByLabel("phone number").uncheck();
    await page.getByLabel("Codes by SMS", { exact: true }).uncheck();
    await save();
    assert.equal(await cost.inputValue(), "");
    assert.equal(await language.inputValue(), "");
    assert.equal(await page.getByLabel("Length of a code by SMS (digits)").inputValue(), "");
  });
});

test("a form that nobody touched changes nothing", async () => {
  await operate({}, async (page, desk) => {
    await desk.open("/applications");
    const links = page.locator("tbody th a");
    const applications = await links.evaluateAll((all) => all.map((link) => link.getAttribute("href")));
    assert.ok(applications.length >= 6, applications.join());
    for (const application of applications) {
      await desk.open(`${application}/settings`);
      await page.getByRole("button", { name: "Show what changes" }).click();
      await page.getByText("Nothing would change.").waitFor();
      assert.equal(await page.locator("button[value=save]").count(), 0, application);
    }
  });
});

for (const locale of ["en-GB", "zh-CN"]) {
  test(`every form of settings is accessible in ${locale}`, async () => {
    await operate({ locale }, async (page, desk) => {
      for (const application of ["bytepower/demo-verified", "xdua/A3bdXNT3", "ciam/demo-email"]) {
        await desk.open(`/applications/${application}/settings`);
        await page.getByLabel(locale === "zh-CN" ? "密码最短长度（字符）" : "Shortest password (characters)").waitFor();
        await isAccessible(page);
      }
    });
  });
}

test("an application is declared as a file, and a faulty file is refused", async () => {
  await operate({}, async (page, desk) => {
    await desk.open(PAGES["new-application"]);
    const file = page.getByLabel("Declaration");
    await page.getByRole("button", { name: "Show what changes" }).click();
    await page.getByRole("alert").first().waitFor();
    await isAccessible(page);

    await file.fill('provider = "ciam"\n\n[[application]]\nid = "from-the-browser"\nname = "New"\n');
    await page.getByRole("button", { name: "Show what changes" }).click();
    await page.locator("button[value=save]").waitFor();
    await isAccessible(page);
    await page.locator("button[value=save]").click();
    await desk.open("/applications/ciam/from-the-browser");
    await page.getByRole("heading", { level: 1 }).waitFor();
    assert.match(await page.title(), /from-the-browser/);
  });
});

test("a credential is made and its secret shown once", async () => {
  await operate({}, async (page, desk) => {
    await desk.open("/applications/ciam/demo-email");
    await page.locator("#kind").selectOption("client-secret");
    await page.locator("#id").fill("a b");
    await page.locator("form.filter button").last().click();
    await page.getByRole("alert").waitFor();
    await isAccessible(page);

    await page.locator("#kind").selectOption("client-secret");
    await page.locator("#id").fill("from-the-browser");
    await page.locator("form.filter button").last().click();
    const secret = await page.locator("dd.secret").textContent();
    assert.ok(secret.length > 30);
    await isAccessible(page);
    await desk.open("/applications/ciam/demo-email");
    assert.ok(!(await page.content()).includes(secret));
  });
});

test("a password is changed only with the present one", async () => {
  await operate({}, async (page, desk) => {
    await desk.open("/account");
    for (const field of ["present", "new", "again"]) await page.locator(`#${field}`).fill("not the present one");
    await page.locator("form.stack button").click();
    await page.getByRole("alert").waitFor();
    await isAccessible(page);
  });
});

test("a page that is not there says so", async () => {
  await operate({ allow: [/404/] }, async (page, desk) => {
    const response = await desk.open("/nonsense");
    assert.equal(response.status(), 404);
    await isAccessible(page);
  });
});

test("the audit log can be filtered", async () => {
  await operate({}, async (page, desk) => {
    await desk.open("/audit");
    await page.getByRole("textbox", { name: "Operator" }).fill("nobody");
    await page.getByRole("button", { name: "Show" }).click();
    await page.getByText("Nothing fits.").waitFor();
  });
});
