// `signupctl dev` on free ports, with a directory of its own.

import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";

/** Milliseconds that anything may take on a busy machine. */
export const PATIENCE = 60_000;

/** The ports of `signupctl dev`, all chosen by the system. */
const PORTS = ["--console-port", "--bytepower-port", "--xdua-port", "--ciam-port", "--demo-port"].flatMap((flag) => [flag, "0"]);

/** Hashing as cheap as it gets: these tests are not about that. */
const SETTINGS = { SIGNUP__HASH__ALLOW_TEST_COST: "true", SIGNUP__HASH__COST: "4", SIGNUP__HASH__NICE: "0" };

export class Stack {
  #process;
  #directory;
  #errors = "";

  /** What it announced: the addresses of everything. */
  urls;

  /** The variables of `demo.env`. */
  variables;

  /** Starts it and waits until it is ready. */
  static async start() {
    const stack = new Stack();
    stack.#directory = await mkdtemp(join(tmpdir(), "signup-browser-"));
    const program = stack.#run(["dev", "--json", ...PORTS]);
    stack.#process = program;
    program.stderr.on("data", (text) => (stack.#errors += text));
    const lines = createInterface({ input: program.stdout });
    const [first] = await Promise.race([once(lines, "line"), once(program, "exit")]);
    if (typeof first !== "string") throw new Error(`signupctl dev does not start:\n${stack.#errors}`);
    // Events follow. Nobody reads them, but the pipe must not fill up.
    lines.resume();
    stack.urls = JSON.parse(first);
    stack.variables = await readVariables(stack.urls.env_file);
    return stack;
  }

  /** Takes it down, with its data. */
  async stop() {
    if (this.#process.exitCode === null) {
      this.#process.kill("SIGTERM");
      await once(this.#process, "exit");
    }
    await rm(this.#directory, { recursive: true });
  }

  /** Runs another command of signupctl on the same database, and returns what it prints. */
  async operate(...command) {
    const program = this.#run(command, { SIGNUP__DATABASE__URL: `sqlite://${join(this.#directory, "signup.db")}` });
    let [output, errors] = ["", ""];
    program.stdout.on("data", (text) => (output += text));
    program.stderr.on("data", (text) => (errors += text));
    const [status] = await once(program, "close");
    if (status !== 0) throw new Error(`signupctl ${command.join(" ")}: exit status ${status}\n${errors}`);
    return output;
  }

  /** The code in the newest message to this address, in its normalised form. */
  async codeSentTo(address) {
    return eventually(async () => {
      const messages = await (await fetch(this.urls.inbox)).json();
      return messages.find((message) => message.address === address && message.code)?.code;
    });
  }

  #run(command, more = {}) {
    const program = process.env.SIGNUPCTL;
    if (!program) throw new Error("SIGNUPCTL names no program. Run: make test-browser");
    const [name, ...rest] = command;
    const argument = name === "dev" ? ["--dir", this.#directory] : [];
    return spawn(program, [name, ...argument, ...rest], {
      cwd: this.#directory,
      env: { ...process.env, ...SETTINGS, ...more },
      stdio: ["pipe", "pipe", "pipe"],
    });
  }
}

/** Asks until there is something, and returns it. */
export async function eventually(ask) {
  for (const end = Date.now() + PATIENCE; Date.now() < end; ) {
    const found = await ask();
    if (found) return found;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error(`nothing came within ${PATIENCE / 1000} s of: ${ask}`);
}

async function readVariables(path) {
  const lines = (await readFile(path, "utf8")).trim().split("\n");
  return Object.fromEntries(lines.map((line) => line.match(/^(\w+)='?(.*?)'?$/).slice(1)));
}
