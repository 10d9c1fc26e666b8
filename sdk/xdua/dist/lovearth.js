/*! XDUA browser SDK 0.1.0 | MIT OR Apache-2.0 | made from src/, do not edit */
"use strict";
(() => {
  // src/reply.ts
  var NO_REPLY = 2;
  var REASONS = {
    network_error: {
      zh: "无法连接服务器，请检查网络后重试",
      en: "The server cannot be reached. Please check your connection and try again."
    },
    timeout: {
      zh: "服务器没有及时答复，请稍后重试",
      en: "The server did not answer in time. Please try again later."
    },
    bad_reply: {
      zh: "服务器的答复无法识别，请稍后重试",
      en: "The server's answer makes no sense. Please try again later."
    }
  };
  function noReply(code, language, apid = "") {
    const reason = REASONS[code][language.toLowerCase().startsWith("zh") ? "zh" : "en"];
    return { apid, error: NO_REPLY, code, reason, result: {}, debug: [] };
  }
  function isUnanswered(reply) {
    return reply.error === NO_REPLY;
  }
  function readReply(text, apid, language) {
    try {
      const reply = JSON.parse(text);
      if (isReply(reply)) {
        return Object.assign({ apid, reason: "", result: {}, debug: [] }, reply);
      }
    } catch {
    }
    return noReply("bad_reply", language, apid);
  }
  function isReply(value) {
    return typeof value === "object" && value !== null && "error" in value && Number.isInteger(value.error);
  }

  // src/client.ts
  var API_VERSION = "1.0.0";
  var TIMEOUT_MS = 5e3;
  var Dua = class {
    #endpoint;
    #appToken;
    #userToken;
    #language;
    /** The newest sign-up that has no reply yet, with its idempotency key. */
    #unanswered;
    constructor(options) {
      this.#endpoint = findEndpoint(options);
      this.#appToken = options.APP_TOKEN;
      this.#userToken = options.USER_TOKEN;
      this.#language = options.LANGUAGE;
    }
    /** Signs up a user (`api_action: "signup"`), or adds one in the name of another (`"adduser"`). */
    async addUser({ api_action: action, ...fields }) {
      const form = toForm({ action, ...fields });
      if (this.#unanswered?.form !== form) {
        this.#unanswered = { form, key: randomKey() };
      }
      const token = action === "adduser" && this.#userToken || this.#appToken;
      const reply = await this.#post("/user", form, token, { "idempotency-key": this.#unanswered.key });
      if (!isUnanswered(reply)) {
        this.#unanswered = void 0;
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
      return this.#post("/vfc", toForm({ vfaddr, tmpl }), this.#appToken);
    }
    // The vendor's SDK had the fields in the URL, where proxies log them. They are the body here, as the API describes it.
    async #post(path, form, token, more = {}) {
      const headers = new Headers({ authorization: token, apiv: API_VERSION, ...more });
      headers.set("content-type", "application/x-www-form-urlencoded");
      if (this.#language) {
        headers.set("accept-language", this.#language);
      }
      const signal = AbortSignal.timeout(TIMEOUT_MS);
      const language = this.#language ?? navigator.language;
      try {
        const request = { method: "POST", headers, body: form, signal, credentials: "omit" };
        const response = await fetch(this.#endpoint + path, request);
        const apid = response.headers.get("x-ca-request-id") ?? "";
        return readReply(await response.text(), apid, language);
      } catch {
        return noReply(signal.aborted ? "timeout" : "network_error", language);
      }
    }
  };
  async function lovearth(options) {
    if (!options?.APP_TOKEN) {
      throw new TypeError("lovearth: APP_TOKEN is missing");
    }
    return new Dua(options);
  }
  function findEndpoint({ API_ENDPOINT, baseUrl }) {
    const tag = document.querySelector("script[data-api-endpoint]");
    const endpoint = API_ENDPOINT || baseUrl || tag?.dataset["apiEndpoint"] || location.origin;
    return new URL(endpoint, location.href).href.replace(/\/+$/, "");
  }
  function toForm(fields) {
    const form = new URLSearchParams();
    for (const [name, value] of Object.entries(fields)) {
      if (value !== void 0 && value !== null) {
        form.set(name, typeof value === "object" ? JSON.stringify(value) : String(value));
      }
    }
    return form.toString();
  }
  function randomKey() {
    const bytes = crypto.getRandomValues(new Uint8Array(16));
    return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
  }

  // src/md5.ts
  var SHIFTS = [
    [7, 12, 17, 22],
    [5, 9, 14, 20],
    [4, 11, 16, 23],
    [6, 10, 15, 21]
  ];
  var ROUNDS = [
    [(b, c, d) => b & c | ~b & d, (i) => i],
    [(b, c, d) => b & d | c & ~d, (i) => 5 * i + 1],
    [(b, c, d) => b ^ c ^ d, (i) => 3 * i + 5],
    [(b, c, d) => c ^ (b | ~d), (i) => 7 * i]
  ];
  var SINES = Array.from({ length: 64 }, (_, i) => Math.floor(Math.abs(Math.sin(i + 1)) * 2 ** 32));
  function md5(text) {
    const padded = pad(text);
    let state = [1732584193, 4023233417, 2562383102, 271733878];
    for (let block = 0; block < padded.byteLength; block += 64) {
      state = addBlock(state, (word) => padded.getUint32(block + word % 16 * 4, true));
    }
    const digest = new DataView(new ArrayBuffer(16));
    state.forEach((word, i) => digest.setUint32(i * 4, word, true));
    return Array.from(new Uint8Array(digest.buffer), (byte) => byte.toString(16).padStart(2, "0")).join("");
  }
  function pad(text) {
    const bytes = new TextEncoder().encode(text);
    const padded = new DataView(new ArrayBuffer((bytes.length + 8 >> 6) * 64 + 64));
    new Uint8Array(padded.buffer).set(bytes);
    padded.setUint8(bytes.length, 128);
    padded.setBigUint64(padded.byteLength - 8, 8n * BigInt(bytes.length), true);
    return padded;
  }
  function addBlock(state, readWord) {
    let [a, b, c, d] = state;
    ROUNDS.forEach(([mix, wordOf], round) => {
      for (let i = round * 16; i < round * 16 + 16; i++) {
        const sum = a + mix(b, c, d) + SINES[i] + readWord(wordOf(i));
        const shift = SHIFTS[round][i % 4];
        const rotated = sum << shift | (sum | 0) >>> 32 - shift;
        [a, b, c, d] = [d, b + rotated | 0, b, c];
      }
    });
    return [state[0] + a | 0, state[1] + b | 0, state[2] + c | 0, state[3] + d | 0];
  }

  // src/lovearth.ts
  globalThis.lovearth = Object.assign(lovearth, { md5 });
})();
