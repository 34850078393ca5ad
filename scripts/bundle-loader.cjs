#!/usr/bin/env node
// Starts the bundled command. Beside each file of the bundle lies V8's compiled code of it (`*.cache`), which saves half
// of the start; another Node or V8 refuses those, and then the source is compiled as usual.
"use strict";

const { existsSync, readFileSync, writeFileSync } = require("node:fs");
const { join } = require("node:path");
const { Script } = require("node:vm");

// Older ones would stop somewhere in the bundle, with words about syntax.
const [major, minor] = process.versions.node.split(".").map(Number);
if (major < 20 || (major === 20 && minor < 19)) {
  process.stderr.write(`harn: Expected Node 20.19 or later, found ${process.versions.node}; install a newer Node\n`);
  process.exit(1);
}

const modules = new Map();
const scripts = new Map();

function load(name) {
  const known = modules.get(name);
  if (known !== undefined) return known.exports;
  const module = { exports: {} };
  modules.set(name, module);
  const filename = join(__dirname, name);
  // The build leaves nothing but ASCII: read so, the text takes a byte a character and needs no decoding.
  const source = readFileSync(filename, "latin1");
  let cachedData;
  try {
    cachedData = readFileSync(`${filename}.cache`);
  } catch {
    // Not there: nothing of this file ran while the bundle was made.
  }
  const script = new Script(`(function (exports, require, module, __filename, __dirname) {${source}\n})`, {
    filename,
    cachedData,
  });
  scripts.set(filename, script);
  script.runInThisContext()(module.exports, requireFrom, module, filename, __dirname);
  return module.exports;
}

const requireFrom = (id) => (id.startsWith("./") ? load(id.slice(2)) : require(id));

// The build sets this after it has made the files: what its first programs compiled is what is kept.
if (process.env.HARN_WRITE_CODE_CACHE) {
  process.on("exit", () => {
    for (const [filename, script] of scripts) {
      const file = `${filename}.cache`;
      if (!existsSync(file)) writeFileSync(file, script.createCachedData());
    }
  });
}
load("command.cjs");
