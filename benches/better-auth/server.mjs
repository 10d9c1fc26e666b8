// better-auth, e-mail sign-up without hashing, at its best: what password-less sign-ups are compared with.
//
//     DATABASE_URL=postgres://… PORT=… PROCESSES=… node server.mjs
//
// Makes its tables, starts the processes, prints `ready`, and works until it is killed.

import cluster from "node:cluster";
import { createServer } from "node:http";
import { betterAuth } from "better-auth";
import { getMigrations } from "better-auth/db/migration";
import pg from "pg";

const { DATABASE_URL, PORT, PROCESSES } = process.env;

const options = {
    baseURL: `http://localhost:${PORT}`,
    secret: "only for a benchmark, on a server that nobody else reaches",
    database: new pg.Pool({ connectionString: DATABASE_URL, max: 16 }),
    emailAndPassword: {
        enabled: true,
        // A session would be one more row; the services that this is compared with make none either.
        autoSignIn: false,
        // No hashing: everybody's costs the same, so what is left is what differs.
        password: { hash: async (password) => password, verify: async ({ hash, password }) => hash === password },
    },
    rateLimit: { enabled: false },
    telemetry: { enabled: false },
    logger: { level: "error" },
};

/** Reads the body, asks better-auth, and answers with a length: cheaper than better-auth's own handler for Node. */
async function answer(auth, request, response) {
    const parts = [];
    for await (const part of request) parts.push(part);
    const { method, url, headers } = request;
    const body = parts.length > 0 ? Buffer.concat(parts) : undefined;
    const reply = await auth.handler(new Request(options.baseURL + url, { method, headers, body }));
    const text = Buffer.from(await reply.arrayBuffer());
    response.writeHead(reply.status, { ...Object.fromEntries(reply.headers), "content-length": text.length });
    response.end(text);
}

if (cluster.isPrimary) {
    const { runMigrations } = await getMigrations(options);
    await runMigrations();
    await options.database.end();
    let listening = 0;
    cluster.on("listening", () => {
        listening += 1;
        if (listening === Number(PROCESSES)) console.log("ready");
    });
    cluster.on("exit", () => process.exit(1));
    for (let number = 0; number < Number(PROCESSES); number += 1) cluster.fork();
} else {
    const auth = betterAuth(options);
    const server = createServer((request, response) => {
        answer(auth, request, response).catch((error) => {
            console.error(error);
            response.destroy();
        });
    });
    server.listen(Number(PORT), "127.0.0.1");
}
