// The console of `signupctl dev` as its operator meets it.

export class Console {
  #stack;
  #page;

  constructor(stack, page) {
    this.#stack = stack;
    this.#page = page;
  }

  url(path) {
    return this.#stack.urls.console + path;
  }

  open(path) {
    return this.#page.goto(this.url(path));
  }

  /** Signs the operator of the demo in, without leaving the first page. */
  async signIn() {
    await this.open("/sign-in");
    await this.#page.locator("#name").fill("demo");
    await this.#page.locator("#password").fill(this.#stack.variables.CONSOLE_PASSWORD);
    await this.#page.locator("main form button").click();
    await this.#page.waitForURL(this.url("/"));
  }
}

/** Every page of the menu's own and those behind them that can be opened without having made anything. */
export const PAGES = {
  overview: "/",
  applications: "/applications",
  application: "/applications/ciam/demo-phone",
  settings: "/applications/ciam/demo-phone/settings",
  declaration: "/applications/ciam/demo-phone/declaration",
  "new-application": "/new-application",
  funnel: "/funnel",
  users: "/users",
  events: "/events",
  webhooks: "/webhooks",
  "new-webhook": "/new-webhook",
  "dead-letters": "/dead-letters",
  limits: "/limits",
  audit: "/audit",
  account: "/account",
  inbox: "/inbox",
};
