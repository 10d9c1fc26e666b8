import { isUnanswered, noReply, readReply, type Reply } from "./reply.js";

/** Version of the gateway's interface that this SDK speaks. */
const API_VERSION = "1.0.0";

/** The gateway promises an answer within this time; the vendor's SDK waited as long. */
const TIMEOUT_MS = 5_000;

/** What {@link lovearth} needs to know. */
export interface Options {
  /** The app's own token, a bare JWT. It is public: every visitor of the page can read it. */
  APP_TOKEN: string;
  /** The token of a signed-in user, for `addUser` with `"adduser"`. */
  USER_TOKEN?: string | undefined;
  /**
   * The gateway's base URL, for example `https://api.example.com`. Default: `data-api-endpoint` of a script tag, else the
   * page's own origin.
   */
  API_ENDPOINT?: string | undefined;
  /** Another name for `API_ENDPOINT`. */
  baseUrl?: string | undefined;
  /** The language of reasons, `zh` or `en`, for a page that knows it. Default: the browser's. */
  LANGUAGE?: string | undefined;
}

/** A user to be. Fields that are left out, or empty, count as not given. */
export interface NewUser {
  /** `signup` is the user's own act, `adduser` that of the user whose token is `USER_TOKEN`. */
  api_action: "signup" | "adduser";
  /** What `ustr` is. */
  by: "tel" | "mail";
  /** Phone number, `+86-15810419011`, or e-mail address. */
  ustr: string;
  /** MD5 of the password, 32 hexadecimal digits: see `md5`. */
  pwd: string;
  /** The code that `addVfcodeByTel` or `addVfcodeByMail` had sent. */
  vfcode?: string | undefined;
  /** 8 letters or digits. */
  shop: string;
  /** Default: `"none"`. */
  role?: string | undefined;
  /** The user table that takes `extra`: one of the shop's, or `"DefaultX"`. */
  tabx: string;
  /** At most 64 characters without white space. */
  name?: string | undefined;
  /** Unknown, female or male. */
  sex?: "U" | "F" | "M" | "" | undefined;
  /** `YYYYMMDD` */
  bday?: string | undefined;
  tel?: string | undefined;
  mail?: string | undefined;
  avatar?: string | undefined;
  /** Further fields, as the table declares them. */
  extra?: Record<string, unknown> | undefined;
}

/** The new user's id, 8 letters or digits. */
export interface UserId {
  id: string;
}

/** The sending's id, 8 characters. Sign-up does not need it. */
export interface CodeId {
  id: string;
}

/** A client of one gateway. No method rejects because of what the network or the gateway does: look at `error`. */
export class Dua {
  readonly #endpoint: string;
  readonly #appToken: string;
  readonly #userToken: string | undefined;
  readonly #language: string | undefined;
  /** The newest sign-up that has no reply yet, with its idempotency key. */
  #unanswered: { form: string; key: string } | undefined;

  constructor(options: Options) {
    this.#endpoint = findEndpoint(options);
    this.#appToken = options.APP_TOKEN;
    this.#userToken = options.USER_TOKEN;
    this.#language = options.LANGUAGE;
  }

  /** Signs up a user (`api_action: "signup"`), or adds one in the name of another (`"adduser"`). */
  async addUser({ api_action: action, ...fields }: NewUser): Promise<Reply<UserId>> {
    const form = toForm({ action, ...fields });
    // It may have worked although the reply was lost: the same key brings that reply back.
    if (this.#unanswered?.form !== form) {
      this.#unanswered = { form, key: randomKey() };
    }
    const token = (action === "adduser" && this.#userToken) || this.#appToken;
    const reply = await this.#post<UserId>("/user", form, token, { "idempotency-key": this.#unanswered.key });
    if (!isUnanswered(reply)) {
      this.#unanswered = undefined;
    }
    return reply;
  }

  /** Sends a code to a phone number. */
  addVfcodeByTel(tel: string, tmpl = "SMS_25335288"): Promise<Reply<CodeId>> {
    return this.#sendCode(tel, tmpl);
  }

  /** Sends a code to an e-mail address. */
  addVfcodeByMail(mail: string, tmpl = "DMS_VFC4USEREG"): Promise<Reply<CodeId>> {
    return this.#sendCode(mail, tmpl);
  }

  #sendCode(vfaddr: string, tmpl: string): Promise<Reply<CodeId>> {
    return this.#post("/vfc", toForm({ vfaddr, tmpl }), this.#appToken);
  }

  // The vendor's SDK had the fields in the URL, where proxies log them. They are the body here, as the API describes it.
  async #post<Result>(path: string, form: string, token: string, more = {}): Promise<Reply<Result>> {
    const headers = new Headers({ authorization: token, apiv: API_VERSION, ...more });
    headers.set("content-type", "application/x-www-form-urlencoded");
    if (this.#language) {
      headers.set("accept-language", this.#language);
    }
    const signal = AbortSignal.timeout(TIMEOUT_MS);
    const language = this.#language ?? navigator.language;
    try {
      const request: RequestInit = { method: "POST", headers, body: form, signal, credentials: "omit" };
      const response = await fetch(this.#endpoint + path, request);
      const apid = response.headers.get("x-ca-request-id") ?? "";
      return readReply(await response.text(), apid, language);
    } catch {
      return noReply(signal.aborted ? "timeout" : "network_error", language);
    }
  }
}

/**
 * Makes a client of one gateway.
 *
 * Rejects only what is a mistake in the page: no token (`TypeError`), or an address that is none.
 */
export async function lovearth(options: Options): Promise<Dua> {
  if (!options?.APP_TOKEN) {
    throw new TypeError("lovearth: APP_TOKEN is missing");
  }
  return new Dua(options);
}

/** The page's own choice, else what its script tag says, else where the page comes from. Without a slash at its end. */
function findEndpoint({ API_ENDPOINT, baseUrl }: Options): string {
  const tag = document.querySelector<HTMLScriptElement>("script[data-api-endpoint]");
  const endpoint = API_ENDPOINT || baseUrl || tag?.dataset["apiEndpoint"] || location.origin;
  return new URL(endpoint, location.href).href.replace(/\/+$/, "");
}

/** Fields as a form: objects as JSON text, fields without a value left out. */
function toForm(fields: object): string {
  const form = new URLSearchParams();
  for (const [name, value] of Object.entries(fields)) {
    if (value !== undefined && value !== null) {
      form.set(name, typeof value === "object" ? JSON.stringify(value) : String(value));
    }
  }
  return form.toString();
}

/** 32 hexadecimal digits. (`crypto.randomUUID` is missing on pages without HTTPS.) */
function randomKey(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
