#!/usr/bin/env node
// Starts the bundled command. V8's compiled code lies beside it (`command.cache`), which saves a quarter of the start;
// another Node or V8 refuses that file, and then the source is compiled as usual.
"use strict";

const { readFileSync, writeFileSync } = require("node:fs");
const { join } = require("node:path");
const { Script } = require("node:vm");

const filename = join(__dirname, "command.cjs");
const cacheFile = join(__dirname, "command.cache");
const source = `(function (exports, require, module, __filename, __dirname) {${readFileSync(filename, "utf8")}\n})`;

let cachedData;
try {
  cachedData = readFileSync(cacheFile);
} catch {
  // Not there: a build that could not write it.
}
const script = new Script(source, { filename, cachedData });
// The build sets this once, after the bundle: what a first program compiled is what is kept.
if (process.env.HARN_WRITE_CODE_CACHE) process.on("exit", () => writeFileSync(cacheFile, script.createCachedData()));
script.runInThisContext()(exports, require, module, filename, __dirname);
