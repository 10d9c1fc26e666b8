// A web site of another origin than the gateway's, with the SDK's files on it.

import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import { extname } from "node:path";

const SDK = new URL("../../sdk/xdua/dist/", import.meta.url);

const MEDIA_TYPES = { ".html": "text/html", ".js": "text/javascript", ".json": "application/json" };

export class WebSite {
  #server;

  /** The files beside the SDK's, by name. */
  files = new Map();

  /** Every request that was made, in order. */
  requests = [];

  static async start() {
    const site = new WebSite();
    site.#server = createServer((request, response) => site.#answer(request, response)).listen(0, "127.0.0.1");
    await once(site.#server, "listening");
    return site;
  }

  async stop() {
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, "close");
  }

  url(file = "") {
    return `http://127.0.0.1:${this.#server.address().port}/${file}`;
  }

  /** Puts a page on the site that loads the SDK by these tags, and returns its address. */
  page(tags) {
    this.files.set("page.html", `<!doctype html><meta charset="utf-8"><link rel="icon" href="data:,">\n${tags}`);
    return this.url("page.html");
  }

  async #answer(request, response) {
    const name = new URL(request.url, "http://any").pathname.slice(1);
    this.requests.push({ method: request.method, url: request.url, name });
    const own = this.files.get(name);
    const text = own ?? (await readFile(new URL(name || "none", SDK)).catch(() => undefined));
    response.statusCode = text === undefined ? 404 : 200;
    response.setHeader("content-type", `${MEDIA_TYPES[extname(name)] ?? "text/plain"}; charset=utf-8`);
    response.end(text);
  }
}
