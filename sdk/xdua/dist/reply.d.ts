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
export type Code = "invalid_parameter" | "ustr_exists" | "invalid_vfcode" | "vfcode_required" | "weak_password" | "unknown_shop" | "unknown_table" | "role_not_allowed" | "action_not_allowed" | "rate_limited" | "shop_disabled" | NoReplyCode | (string & {});
/** Why there is no answer: none came, none came within 5 s, or what came is none of the gateway's. */
export type NoReplyCode = "network_error" | "timeout" | "bad_reply";
/** A reply in the gateway's own shape for a request that got none from the gateway. */
export declare function noReply(code: NoReplyCode, language: string, apid?: string): Failure;
/** Whether nobody knows what became of the request. */
export declare function isUnanswered(reply: Reply<unknown>): boolean;
/** The gateway's reply, whatever the HTTP status: refusals carry the same JSON. */
export declare function readReply<Result>(text: string, apid: string, language: string): Reply<Result>;
