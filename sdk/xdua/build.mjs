// Makes dist/ from src/. With --check nothing is written: fails if dist/ is not exactly what the sources build to.

import { spawnSync } from "node:child_process";
import { mkdtemp, readFile, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const HERE = fileURLToPath(new URL(".", import.meta.url));
const DIST = join(HERE, "dist");

/** What is built, and for whom: `iife` for a script tag, `esm` for `import`. Each is one file without imports. */
const BUNDLES = { "lovearth.js": "iife", "lovearth.module.js": "esm", "md5.js": "esm" };

const { version, license } = JSON.parse(await readFile(join(HERE, "package.json"), "utf8"));

async function buildInto(directory) {
  await rm(directory, { recursive: true, force: true });
  const tsc = join(HERE, "node_modules/typescript/bin/tsc");
  const types = spawnSync(process.execPath, [tsc, "--outDir", directory], { cwd: HERE, stdio: "inherit" });
  if (types.status !== 0) process.exit(1);
  for (const [name, format] of Object.entries(BUNDLES)) {
    await build({
      absWorkingDir: HERE,
      entryPoints: [join("src", name.replace(/js$/, "ts"))],
      outfile: join(directory, name),
      bundle: true,
      format,
      target: "es2022",
      charset: "utf8",
      banner: { js: `/*! XDUA browser SDK ${version} | ${license} | made from src/, do not edit */` },
      logLevel: "warning",
    });
  }
}

/** Names and texts of a directory's files. */
async function read(directory) {
  const names = await readdir(directory).catch(() => []);
  const texts = names.sort().map(async (name) => [name, await readFile(join(directory, name), "utf8")]);
  return new Map(await Promise.all(texts));
}

async function check() {
  const directory = await mkdtemp(join(tmpdir(), "xdua-sdk-"));
  try {
    await buildInto(directory);
    const [built, committed] = [await read(directory), await read(DIST)];
    const names = new Set([...built.keys(), ...committed.keys()]);
    const stale = [...names].filter((name) => built.get(name) !== committed.get(name));
    if (stale.length > 0) {
      console.error(`sdk/xdua/dist is not what the sources build to: ${stale.join(", ")}. Run: make sdk`);
      process.exitCode = 1;
    }
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

await (process.argv.includes("--check") ? check() : buildInto(DIST));
