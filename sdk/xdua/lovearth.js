// Browser SDK of the XDUA gateway: sign-ups and one-time codes.
// SPDX-License-Identifier: MIT OR Apache-2.0
//
// A classic script that defines the global function `lovearth`. For `import` there is
// lovearth.module.js, for TypeScript lovearth.d.ts.
(() => {
  "use strict";

  /** Version of the gateway's interface that this file speaks. */
  const API_VERSION = "1.0.0";

  /** The gateway promises an answer within this time; the vendor's SDK waited as long. */
  const TIMEOUT_MS = 5_000;

  /** `error` of a reply that the SDK made itself. Failures that the gateway reports have 1. */
  const NO_REPLY = 2;

  const REASONS = {
    network_error: {
      zh: "无法连接服务器，请检查网络后重试",
      en: "The server cannot be reached. Please check your connection and try again.",
    },
    timeout: {
      zh: "服务器没有及时答复，请稍后重试",
      en: "The server did not answer in time. Please try again later.",
    },
    bad_reply: {
      zh: "服务器的答复无法识别，请稍后重试",
      en: "The server's answer makes no sense. Please try again later.",
    },
  };

  /** A reply in the gateway's own shape for a request that got none from the gateway. */
  function noReply(code, apid = "") {
    const language = navigator.language.startsWith("zh") ? "zh" : "en";
    return { apid, error: NO_REPLY, code, reason: REASONS[code][language], result: {}, debug: [] };
  }

  /** The gateway's reply, whatever the HTTP status: refusals carry the same JSON. */
  function readReply(text, apid) {
    try {
      const reply = JSON.parse(text);
      if (Number.isInteger(reply.error)) {
        return { apid, reason: "", result: {}, debug: [], ...reply };
      }
    } catch {
      // Something between here and the gateway answered with a page of its own.
    }
    return noReply("bad_reply", apid);
  }

  /** Fields as a query: objects as JSON text, fields without a value left out. */
  function toQuery(fields) {
    const query = new URLSearchParams();
    for (const [name, value] of Object.entries(fields)) {
      if (value !== undefined && value !== null) {
        query.set(name, typeof value === "object" ? JSON.stringify(value) : value);
      }
    }
    return query;
  }

  /** 32 hexadecimal digits. (`crypto.randomUUID` is missing on pages without HTTPS.) */
  function randomKey() {
    const bytes = crypto.getRandomValues(new Uint8Array(16));
    return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
  }

  /** The page's own choice, else what its script tag says, else where the page comes from. */
  function findEndpoint({ API_ENDPOINT, baseUrl }) {
    const tag = document.querySelector("script[data-api-endpoint]");
    const endpoint = API_ENDPOINT || baseUrl || tag?.dataset.apiEndpoint || location.origin;
    return new URL(endpoint, location.href).href.replace(/\/+$/, "");
  }

  class Dua {
    #endpoint;
    #appToken;
    #userToken;
    /** The newest sign-up that has no reply yet, with its idempotency key. */
    #unanswered;

    constructor(options) {
      this.#endpoint = findEndpoint(options);
      this.#appToken = options.APP_TOKEN;
      this.#userToken = options.USER_TOKEN;
    }

    /** Signs up a user (`api_action: "signup"`), or adds one in the name of another (`"adduser"`). */
    async addUser({ api_action: action, ...fields }) {
      const query = String(toQuery({ action, ...fields }));
      // It may have worked although the reply was lost: the same key brings that reply back.
      if (this.#unanswered?.query !== query) {
        this.#unanswered = { query, key: randomKey() };
      }
      const token = (action === "adduser" && this.#userToken) || this.#appToken;
      const headers = { authorization: token, "idempotency-key": this.#unanswered.key };
      const reply = await this.#post(`/user?${query}`, headers);
      if (reply.error !== NO_REPLY) {
        this.#unanswered = undefined;
      }
      return reply;
    }

    /** Sends a code to a phone number. */
    addVfcodeByTel(tel, tmpl = "SMS_25335288") {
      return this.#sendCode(tel, tmpl);
    }

    /** Sends a code to an e-mail address. */
    addVfcodeByMail(mail, tmpl = "DMS_VFC4USEREG") {
      return this.#sendCode(mail, tmpl);
    }

    #sendCode(vfaddr, tmpl) {
      return this.#post(`/vfc?${toQuery({ vfaddr, tmpl })}`, { authorization: this.#appToken });
    }

    // The fields travel in the query and the body stays empty, as the vendor's SDK did it.
    async #post(pathAndQuery, fields) {
      const headers = new Headers({ ...fields, apiv: API_VERSION });
      const signal = AbortSignal.timeout(TIMEOUT_MS);
      const request = { method: "POST", headers, signal, credentials: "omit" };
      try {
        const response = await fetch(this.#endpoint + pathAndQuery, request);
        const apid = response.headers.get("x-ca-request-id") ?? "";
        return readReply(await response.text(), apid);
      } catch (error) {
        return noReply(error.name === "TimeoutError" ? "timeout" : "network_error");
      }
    }
  }

  /** A client of one gateway. Rejects only what is a mistake in the page: no token, a bad address. */
  globalThis.lovearth = async function lovearth(options) {
    if (!options?.APP_TOKEN) {
      throw new TypeError("lovearth: APP_TOKEN is missing");
    }
    return new Dua(options);
  };
})();
