import { type Reply } from "./reply.js";
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
export declare class Dua {
    #private;
    constructor(options: Options);
    /** Signs up a user (`api_action: "signup"`), or adds one in the name of another (`"adduser"`). */
    addUser({ api_action: action, ...fields }: NewUser): Promise<Reply<UserId>>;
    /** Sends a code to a phone number. */
    addVfcodeByTel(tel: string, tmpl?: string): Promise<Reply<CodeId>>;
    /** Sends a code to an e-mail address. */
    addVfcodeByMail(mail: string, tmpl?: string): Promise<Reply<CodeId>>;
}
/**
 * Makes a client of one gateway.
 *
 * Rejects only what is a mistake in the page: no token (`TypeError`), or an address that is none.
 */
export declare function lovearth(options: Options): Promise<Dua>;
