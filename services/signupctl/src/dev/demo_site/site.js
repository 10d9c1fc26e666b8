// The demo application's page: signs a user up with the SDK, and shows what the person's phone would.
import { lovearth, md5 } from "/lovearth.module.js";
import { WORDS, chooseLanguage } from "/words.js";

/** Milliseconds between two looks into the inbox. */
const EVERY = 1000;

const language = chooseLanguage();
const words = WORDS[language];
const { gateway, appToken, shop, table } = document.body.dataset;

const form = document.getElementById("sign-up");
const { ustr, vfcode, password, nickname } = form.elements;
const [send, outcome, inbox] = ["send", "outcome", "inbox"].map((id) => document.getElementById(id));

document.documentElement.lang = language;
document.title = words.title;
for (const element of document.querySelectorAll("[data-word]")) {
  element.textContent = words[element.dataset.word];
}
document.querySelector(`nav [lang="${language}"]`).setAttribute("aria-current", "true");

const dua = await lovearth({ APP_TOKEN: appToken, API_ENDPOINT: gateway, LANGUAGE: language });

/** `tel` or `mail` */
function by() {
  return form.elements.by.value;
}

/** Shows what became of a request; nothing is sent twice while it is under way. */
async function show(request, done) {
  const buttons = form.querySelectorAll("button");
  buttons.forEach((button) => button.setAttribute("aria-disabled", "true"));
  outcome.textContent = "";
  const reply = await request();
  buttons.forEach((button) => button.removeAttribute("aria-disabled"));
  outcome.className = reply.error === 0 ? "done" : "failed";
  outcome.textContent = reply.error === 0 ? done(reply.result) : reply.reason;
}

function isBusy() {
  return send.hasAttribute("aria-disabled");
}

form.addEventListener("change", ({ target }) => {
  if (target.name !== "by") return;
  document.querySelector("label[for=ustr]").textContent = words[by()];
  [ustr.type, ustr.autocomplete] = by() === "tel" ? ["tel", "tel"] : ["email", "email"];
  ustr.value = "";
});

send.addEventListener("click", () => {
  if (isBusy() || !ustr.reportValidity()) return;
  const request = () => (by() === "tel" ? dua.addVfcodeByTel(ustr.value) : dua.addVfcodeByMail(ustr.value));
  show(request, () => {
    vfcode.focus();
    return words.sent;
  });
});

form.addEventListener("submit", (event) => {
  event.preventDefault();
  if (isBusy()) return;
  const user = {
    api_action: "signup",
    by: by(),
    ustr: ustr.value,
    pwd: md5(password.value),
    vfcode: vfcode.value,
    shop,
    tabx: table,
    extra: nickname.value ? { nickname: nickname.value } : undefined,
  };
  show(() => dua.addUser(user), ({ id }) => {
    vfcode.value = password.value = "";
    return words.welcome(id);
  });
});

function entry({ address, text, code }) {
  const item = document.createElement("li");
  const [to, message] = [document.createElement("strong"), document.createElement("p")];
  to.textContent = address;
  message.textContent = text;
  item.append(to, message);
  if (code) {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = words.useCode(code);
    button.addEventListener("click", () => {
      vfcode.value = code;
      vfcode.focus();
    });
    item.append(button);
  }
  return item;
}

let newest;
async function readInbox() {
  const messages = await (await fetch("/messages.json", { cache: "no-store" })).json();
  if (messages[0]?.event === newest) return;
  newest = messages[0]?.event;
  document.getElementById("inbox-empty").hidden = messages.length > 0;
  inbox.replaceChildren(...messages.map(entry));
}

setInterval(() => {
  // While signupctl dev is being restarted there is nothing to show.
  if (!document.hidden) readInbox().catch(() => {});
}, EVERY);
readInbox().catch(() => {});
