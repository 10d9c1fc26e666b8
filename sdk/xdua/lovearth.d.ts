// Types of the global function that lovearth.js defines.
// SPDX-License-Identifier: MIT OR Apache-2.0

/** Makes a client of one gateway. Rejects when the token is missing or the address is none. */
declare function lovearth(options: lovearth.Options): Promise<lovearth.Dua>;

declare namespace lovearth {
  interface Options {
    /** The app's own token, a bare JWT. It is public: every visitor of the page can read it. */
    APP_TOKEN: string;
    /** The token of a signed-in user, for `addUser` with `"adduser"`. */
    USER_TOKEN?: string;
    /**
     * The gateway's base URL, for example `https://api.example.com`. Default: `data-api-endpoint`
     * of a script tag, else the page's own origin.
     */
    API_ENDPOINT?: string;
    /** Another name for `API_ENDPOINT`. */
    baseUrl?: string;
  }

  /** No method rejects because of what the network or the gateway does: look at `error`. */
  interface Dua {
    /** Signs up a user, or adds one in the name of the user whose token is `USER_TOKEN`. */
    addUser(user: NewUser): Promise<Reply<UserId>>;
    /** Sends a code to a phone number, `+86-15810419011`. */
    addVfcodeByTel(tel: string, tmpl?: string): Promise<Reply<CodeId>>;
    /** Sends a code to an e-mail address. */
    addVfcodeByMail(mail: string, tmpl?: string): Promise<Reply<CodeId>>;
  }

  /** Fields that are left out, or empty, count as not given. */
  interface NewUser {
    api_action: "signup" | "adduser";
    by: "tel" | "mail";
    /** Phone number, `+86-15810419011`, or e-mail address. */
    ustr: string;
    /** MD5 of the password, 32 hexadecimal digits. */
    pwd: string;
    /** The code that `addVfcodeByTel` or `addVfcodeByMail` had sent. */
    vfcode?: string;
    /** 8 letters or digits. */
    shop: string;
    /** Default: `"none"`. */
    role?: string;
    /** The user table that takes `extra`: one of the shop's, or `"DefaultX"`. */
    tabx: string;
    /** At most 64 characters without white space. */
    name?: string;
    /** Unknown, female or male. */
    sex?: "U" | "F" | "M" | "";
    /** `YYYYMMDD` */
    bday?: string;
    tel?: string;
    mail?: string;
    avatar?: string;
    /** Further fields, as the table declares them. */
    extra?: Record<string, unknown>;
  }

  interface Reply<Result> {
    /** 0: it worked. 1: the gateway refused. 2: there is no answer from the gateway. */
    error: number;
    /** `"success"`, or for people what went wrong, in their language. */
    reason: string;
    /** Empty after a failure. */
    result: Result | Record<string, never>;
    /** After a failure, for programs what went wrong. */
    code?: Code;
    /** The request's id in the gateway's logs, or empty. */
    apid: string;
    debug: unknown[];
  }

  type Code =
    // from the gateway
    | "invalid_parameter"
    | "ustr_exists"
    | "invalid_vfcode"
    | "vfcode_required"
    | "weak_password"
    | "unknown_shop"
    | "unknown_table"
    | "role_not_allowed"
    | "action_not_allowed"
    | "rate_limited"
    | "shop_disabled"
    // from the SDK
    | "network_error"
    | "timeout"
    | "bad_reply"
    // refusals by HTTP status, and what later gateways may add
    | (string & {});

  /** The new user's id, 8 letters or digits. */
  interface UserId {
    id: string;
  }

  /** The sending's id, 8 characters. Sign-up does not need it. */
  interface CodeId {
    id: string;
  }
}
