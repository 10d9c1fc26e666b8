// The browser SDK's built files on a web site of another origin, against the gateway of `signupctl dev`. More about what
// the SDK does is in services/xdua-gateway/tests/sdk.

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { after, before, test } from "node:test";
import { startBrowser, visit } from "./browser.mjs";
import { Stack, eventually } from "./stack.mjs";
import { WebSite } from "./web_site.mjs";

let stack, browser, site, token;

before(async () => {
  browser = await startBrowser();
  site = await WebSite.start();
  stack = await Stack.start();
  token = stack.variables.XDUA_APP_TOKEN;
});

after(async () => {
  await browser?.close();
  await site?.stop();
  await stack?.stop();
});

/** The tag of the SDK for the gateway. */
function scriptTag() {
  return `<script src="lovearth.js" data-api-endpoint="${stack.urls.apis.xdua}"></script>`;
}

/** Runs the seed's snippet in a page as it is written there, and returns what it logs. */
async function runSeed(page, code) {
  const snippet = (await readFile(new URL("seed_001.txt", import.meta.url), "utf8"))
    .replace("APP_TOKEN_VALUE", token)
    .replace("您的短信验证码", code);
  const logged = [];
  const log = (message) => logged.push(message.args()[0].jsonValue());
  page.on("console", log);
  // Its variables are declared nowhere, so it is no module.
  await page.goto(site.page(`${scriptTag()}<script>window.done = (async () => {\n${snippet}\n})()</script>`));
  await page.evaluate(() => window.done);
  await eventually(() => logged.length === 2);
  page.off("console", log);
  return Promise.all(logged);
}

test("the seed's snippet runs as it is written", async () => {
  await visit(browser, {}, async (page) => {
    const [failed, lineOfFailure] = await runSeed(page, "您的短信验证码");
    assert.equal(failed.error, 1);
    assert.equal(failed.code, "invalid_vfcode");
    assert.deepEqual(failed.result, {});
    assert.equal(lineOfFailure, `电话注册失败 ${failed.reason}`);
    assert.equal(failed.reason, "验证码错误或已失效");

    await page.evaluate(async (token) => (await lovearth({ APP_TOKEN: token })).addVfcodeByTel("+86-18017050142"), token);
    const [reply, line] = await runSeed(page, await stack.codeSentTo("+8618017050142"));
    assert.equal(line, "电话注册成功");
    assert.deepEqual(Object.keys(reply).sort(), ["apid", "debug", "error", "reason", "result"]);
    assert.equal(reply.error, 0);
    assert.equal(reply.reason, "success");
    assert.match(reply.result.id, /^[0-9A-Za-z]{8}$/);
    const users = await stack.operate("user", "show", "+8618017050142", "--json");
    assert.ok(users.includes(reply.result.id), users);
  });
});

test("the module needs no other file", async () => {
  await visit(browser, { locale: "en-GB" }, async (page) => {
    await page.goto(site.page(""));
    site.requests.length = 0;
    const replies = await page.evaluate(
      async ([token, gateway]) => {
        const { lovearth, md5 } = await import("/lovearth.module.js");
        const dua = await lovearth({ APP_TOKEN: token, baseUrl: `${gateway}/` });
        const sent = await dua.addVfcodeByMail("ann@example.com");
        const user = { api_action: "signup", by: "mail", ustr: "ann@example.com", shop: "A3bdXNT3", tabx: "DefaultX" };
        return [sent, await dua.addUser({ ...user, pwd: md5("correct horse") })];
      },
      [token, stack.urls.apis.xdua],
    );
    assert.equal(replies[0].error, 0, JSON.stringify(replies));
    assert.equal(replies[1].code, "vfcode_required");
    assert.deepEqual(site.requests.map(({ name }) => name), ["lovearth.module.js"]);
    assert.equal(await page.evaluate(() => typeof globalThis.lovearth), "undefined");
  });
});

test("no field of a person stands in a URL", async () => {
  await visit(browser, {}, async (page) => {
    const called = [];
    page.on("request", (request) => request.method() === "POST" && called.push(request.url()));
    await runSeed(page, "000000");
    assert.deepEqual(called, [`${stack.urls.apis.xdua}/user`]);
  });
});

test("without an address the page's own origin is called, and what is no reply of a gateway is told", async () => {
  await visit(browser, { locale: "en-GB", allow: [/404/] }, async (page) => {
    await page.goto(site.page('<script src="lovearth.js"></script>'));
    site.requests.length = 0;
    const reply = await page.evaluate(async () => (await lovearth({ APP_TOKEN: "any" })).addVfcodeByTel("+86-15810419011"));
    assert.deepEqual(site.requests, [{ method: "POST", url: "/vfc", name: "vfc" }]);
    assert.equal(reply.error, 2);
    assert.equal(reply.code, "bad_reply");
    assert.equal(reply.reason, "The server's answer makes no sense. Please try again later.");
  });
});

test("reasons come in the language that the page asks for", async () => {
  await visit(browser, { locale: "en-GB" }, async (page) => {
    await page.goto(site.page(scriptTag()));
    const ask = (language) =>
      page.evaluate(
        async ([APP_TOKEN, LANGUAGE]) => (await (await lovearth({ APP_TOKEN, LANGUAGE })).addVfcodeByTel("12")).reason,
        [token, language],
      );
    const [chinese, english, own] = [await ask("zh"), await ask("en"), await ask(undefined)];
    assert.match(chinese, /\p{Script=Han}/u);
    assert.doesNotMatch(english, /\p{Script=Han}/u);
    assert.equal(own, english);
  });
});

test("a refusal of the gateway itself keeps its reason", async () => {
  await visit(browser, { locale: "en-GB", allow: [/401/] }, async (page) => {
    await page.goto(site.page(scriptTag()));
    const reply = await page.evaluate(async () => (await lovearth({ APP_TOKEN: "no token" })).addVfcodeByTel("+86-15810419011"));
    assert.equal(reply.error, 1);
    assert.ok(reply.reason.length > 10, reply.reason);
    assert.match(reply.apid, /^[0-9A-F-]{36}$/);
  });
});
