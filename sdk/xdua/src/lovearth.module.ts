// The SDK for `import`.

export { lovearth, lovearth as default, Dua } from "./client.js";
export type { CodeId, NewUser, Options, UserId } from "./client.js";
export { md5 } from "./md5.js";
export type { Code, Failure, NoReplyCode, Reply, Success } from "./reply.js";
