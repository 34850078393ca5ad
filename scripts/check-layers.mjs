// Checks what the compiler does not: imports point only downwards and only at another layer's `index.ts`, Node and
// npm packages stay in the layers that may have them, and no import cycle exists at run time.
//
// Terms: a *layer* is a folder of `src`; an *edge* is an import that survives compilation (`import type` does not).

import { dirname, relative, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { root } from "./run-command.mjs";
import { sourceFiles } from "./source-files.mjs";

/** What each layer may import: other layers, and packages by name. `node:` modules are for `cli` alone. */
const layers = {
  base: { layers: [], packages: [] },
  bytecode: { layers: ["base"], packages: [] },
  lang: { layers: ["base", "bytecode"], packages: [] },
  vm: { layers: ["base", "bytecode"], packages: [] },
  llm: {
    layers: ["base"],
    packages: [
      "@cfworker/json-schema",
      "@noble/hashes",
      "@pydantic/genai-prices",
      "@standard-schema/spec",
      "eventsource-parser",
      "jsonrepair",
    ],
  },
  journal: { layers: ["base"], packages: ["@noble/hashes"] },
  agent: { layers: ["base", "llm", "journal"], packages: ["@standard-schema/spec"] },
  steps: { layers: ["base", "llm", "journal", "agent"], packages: [] },
  web: { layers: ["base", "llm"], packages: [] },
  stdlib: {
    layers: ["base", "bytecode", "lang", "vm", "llm", "journal", "agent", "steps"],
    packages: [
      "@noble/hashes",
      "diff",
      "modern-tar",
      "picomatch",
      "smol-toml",
      "yaml",
      "temporal-polyfill",
      "croner",
      "csv-parse",
      "re2js",
      "@cfworker/json-schema",
    ],
  },
  runtime: { layers: ["base", "bytecode", "lang", "vm", "llm", "journal", "agent", "steps", "stdlib"], packages: [] },
  testing: {
    layers: ["base", "bytecode", "lang", "vm", "llm", "journal", "agent", "steps", "stdlib", "runtime"],
    packages: [],
  },
  cli: {
    layers: [
      "base",
      "bytecode",
      "lang",
      "vm",
      "llm",
      "journal",
      "agent",
      "steps",
      "stdlib",
      "runtime",
      "testing",
      "web",
    ],
    packages: ["commander", "picocolors"],
    node: true,
  },
};

const importPattern =
  /^[ \t]*export\s+(\*)|^[ \t]*(?:import|export)\s+(type\s)?(?:[^"';]*?\sfrom\s+)?"([^"]+)"|\bimport\(\s*"([^"]+)"\s*\)/gm;

/** Imports of a source text, with the line each stands on. */
export function importsOf(source) {
  const found = [];
  // Programs of the language stand in template strings, and have imports of their own.
  const code = source.replace(/`(?:\\.|[^`\\])*`/gs, (text) => text.replace(/[^\n]/g, " "));
  for (const match of code.matchAll(importPattern)) {
    const line = code.slice(0, match.index).split("\n").length;
    const [, star, typeOnly, named, lazy] = match;
    if (star) found.push({ line, star: true, specifier: "" });
    else found.push({ line, specifier: named ?? lazy, typeOnly: typeOnly !== undefined, lazy: lazy !== undefined });
  }
  return found;
}

/**
 * Complaints about a set of source files.
 * @param {{ path: string, source: string }[]} files paths relative to the project, with `/`
 * @returns {string[]} `path:line message`
 */
export function checkLayers(files) {
  const complaints = [];
  const edges = new Map();
  for (const { path, source } of files) {
    const layerName = path.split("/")[1];
    const layer = layers[layerName];
    if (!layer) {
      complaints.push(`${path}:1 The folder \`${layerName}\` is no layer; add it to scripts/check-layers.mjs`);
      continue;
    }
    const targets = [];
    edges.set(path, targets);
    for (const { line, specifier, typeOnly, lazy, star } of importsOf(source)) {
      const complain = (message) => complaints.push(`${path}:${line} ${message}`);
      if (star) {
        complain("`export *` hides what is public; name the exports");
      } else if (specifier.startsWith("node:")) {
        if (!layer.node) complain(`\`${specifier}\` may be imported only by cli; take the effect from the Host`);
      } else if (!specifier.startsWith(".")) {
        const name = specifier
          .split("/")
          .slice(0, specifier.startsWith("@") ? 2 : 1)
          .join("/");
        if (!layer.packages.includes(name)) complain(`The layer ${layerName} may not import the package \`${name}\``);
      } else {
        const target = relative(root, resolve(root, dirname(path), specifier)).replaceAll("\\", "/");
        const targetLayer = target.split("/")[1];
        if (targetLayer !== layerName) {
          if (!layer.layers.includes(targetLayer)) complain(`The layer ${layerName} may not import ${targetLayer}`);
          else if (target !== `src/${targetLayer}/index.ts`)
            complain(`Import ${targetLayer} through its index.ts, not \`${specifier}\``);
        }
        if (!typeOnly && !lazy) targets.push(target);
      }
    }
  }
  return [...complaints, ...findCycles(edges).map((cycle) => `${cycle[0]}:1 Import cycle: ${cycle.join(" → ")}`)];
}

/** Every cycle once, as the path around it, by depth-first search. */
function findCycles(edges) {
  const cycles = [];
  const state = new Map();
  const path = [];
  const visit = (node) => {
    if (state.get(node) === "done" || !edges.has(node)) return;
    if (state.get(node) === "open") {
      cycles.push([...path.slice(path.indexOf(node)), node]);
      return;
    }
    state.set(node, "open");
    path.push(node);
    for (const target of edges.get(node)) visit(target);
    path.pop();
    state.set(node, "done");
  };
  for (const node of edges.keys()) visit(node);
  return cycles;
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) {
  const complaints = checkLayers(sourceFiles("src"));
  for (const complaint of complaints) console.log(complaint);
  process.exitCode = complaints.length > 0 ? 1 : 0;
}
