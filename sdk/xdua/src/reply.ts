/** The outcome of a call: ask `error === 0`. */
export type Reply<Result> = Success<Result> | Failure;

/** It worked. */
export interface Success<Result> {
  error: 0;
  /** `"success"` */
  reason: string;
  result: Result;
  /** The request's id in the gateway's logs. */
  apid: string;
  debug: unknown[];
}

/** It did not work. */
export interface Failure {
  /** 1: the gateway refused. 2: there is no answer from the gateway. */
  error: 1 | 2;
  /** What went wrong, for people: the gateway's own words, or after `error` 2 the SDK's. */
  reason: string;
  /** The same for programs. */
  code: Code;
  result: Record<string, never>;
  /** The request's id in the gateway's logs, or empty. */
  apid: string;
  debug: unknown[];
}

/** Why a call failed. */
export type Code =
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
  | NoReplyCode
  // refusals by HTTP status, and what later gateways may add
  | (string & {});

/** Why there is no answer: none came, none came within 5 s, or what came is none of the gateway's. */
export type NoReplyCode = "network_error" | "timeout" | "bad_reply";

/** `error` of a reply that the SDK made itself. */
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
export function noReply(code: NoReplyCode, language: string, apid = ""): Failure {
  const reason = REASONS[code][language.toLowerCase().startsWith("zh") ? "zh" : "en"];
  return { apid, error: NO_REPLY, code, reason, result: {}, debug: [] };
}

/** Whether nobody knows what became of the request. */
export function isUnanswered(reply: Reply<unknown>): boolean {
  return reply.error === NO_REPLY;
}

/** The gateway's reply, whatever the HTTP status: refusals carry the same JSON. */
export function readReply<Result>(text: string, apid: string, language: string): Reply<Result> {
  try {
    const reply: unknown = JSON.parse(text);
    if (isReply(reply)) {
      return Object.assign({ apid, reason: "", result: {}, debug: [] }, reply);
    }
  } catch {
    // Something between here and the gateway answered with a page of its own.
  }
  return noReply("bad_reply", language, apid);
}

/** Whose members are the gateway's promise. */
function isReply(value: unknown): value is Reply<never> {
  return typeof value === "object" && value !== null && "error" in value && Number.isInteger(value.error);
}
