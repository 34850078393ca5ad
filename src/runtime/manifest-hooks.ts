/**
 * `[[hooks]]` of a project's `harn.toml`: functions of the project that are asked about what every program in it does.
 *
 *     [[hooks]]
 *     event = "PreToolUse"               # see MANIFEST_HOOK_EVENTS
 *     pattern = 'tool.name =~ "write"'   # default: everything
 *     handler = "package::function"      # function of a module
 *
 * The module of a handler is the package itself (its `lib.harn`), a name of `[exports]`, or what an import of a file in
 * the project's folder would find. Each hook becomes a small module that runs before the program: so handlers are found,
 * checked, compiled, recorded and resumed like any other code of the program.
 */

import { type Host, HostError } from "../base/index.ts";
import { createSourceFile, foldersUpwards, type PreludeModule } from "../lang/index.ts";
import { MANIFEST_HOOK_EVENTS, readToml } from "../stdlib/index.ts";
import type { FileDiagnostic } from "./program.ts";

const MANIFEST = "harn.toml";

/** What is wrong with the file is a problem to show, never an exception. */
export interface ManifestHooks {
  readonly preludes: readonly PreludeModule[];
  readonly diagnostics: readonly FileDiagnostic[];
}

const NONE: ManifestHooks = { preludes: [], diagnostics: [] };

/** The hooks of the nearest `harn.toml` at or above a folder. */
export async function readManifestHooks(host: Host, folder: string): Promise<ManifestHooks> {
  for (const place of foldersUpwards(folder)) {
    const path = place === "/" ? `/${MANIFEST}` : `${place}/${MANIFEST}`;
    const text = await readText(host, path);
    if (text === undefined) continue;
    // Most projects have none.
    return /^\s*\[\[\s*hooks\s*\]\]|^\s*hooks\s*=/m.test(text) ? hooksOf(path, text) : NONE;
  }
  return NONE;
}

async function readText(host: Host, path: string): Promise<string | undefined> {
  try {
    return new TextDecoder().decode(await host.perform("fs.read", { path }));
  } catch (error) {
    // A manifest that cannot be read is the business of whoever needs what is in it.
    if (error instanceof HostError) return undefined;
    throw error;
  }
}

function hooksOf(path: string, text: string): ManifestHooks {
  let manifest: Readonly<Record<string, unknown>>;
  try {
    manifest = readToml(text);
  } catch (error) {
    const [first = ""] = (error instanceof Error ? error.message : String(error)).split("\n", 1);
    return { preludes: [], diagnostics: [problemIn(path, text, `Cannot read the hooks of the project: ${first}`)] };
  }
  const preludes: PreludeModule[] = [];
  const diagnostics: FileDiagnostic[] = [];
  const entries: unknown[] = Array.isArray(manifest["hooks"]) ? manifest["hooks"] : [manifest["hooks"]];
  for (const [index, entry] of entries.entries()) {
    const source = hookSource(entry, manifest);
    if (source.ok) preludes.push({ path: `${path}#hook-${index + 1}`, text: source.text });
    else diagnostics.push(problemIn(path, text, `Malformed hook ${index + 1}: ${source.problem}`));
  }
  return { preludes, diagnostics };
}

function problemIn(path: string, text: string, message: string): FileDiagnostic {
  const start = Math.max(0, text.search(/^\s*(\[\[\s*hooks|hooks\s*=)/m));
  const span = { start, end: start };
  return { file: createSourceFile(path, text), diagnostic: { code: "HARN-N109", severity: "error", message, span } };
}

type HookSource = { readonly ok: true; readonly text: string } | { readonly ok: false; readonly problem: string };

function hookSource(entry: unknown, manifest: Readonly<Record<string, unknown>>): HookSource {
  const bad = (problem: string): HookSource => ({ ok: false, problem });
  if (typeof entry !== "object" || entry === null) return bad("expected a table with `event` and `handler`");
  const { event, pattern = "*", handler } = entry as Readonly<Record<string, unknown>>;
  if (typeof event !== "string" || !MANIFEST_HOOK_EVENTS.some((known) => known === event)) {
    return bad(`expected \`event\` to be one of ${MANIFEST_HOOK_EVENTS.join(", ")}, got ${JSON.stringify(event)}`);
  }
  if (typeof pattern !== "string") return bad(`expected \`pattern\` to be a string, got ${JSON.stringify(pattern)}`);
  const named = typeof handler === "string" ? /^(.+)::([A-Za-z_]\w*)$/.exec(handler) : null;
  if (named === null) {
    return bad(`expected \`handler\` to be <module>::<function>, got ${JSON.stringify(handler)}`);
  }
  const [, module = "", fn = ""] = named;
  const lines = [
    `import { ${fn} } from ${quoted(modulePath(module, manifest))}`,
    // A module that is imported runs its declarations only.
    `let _hook = __manifest_hook(${quoted(event)}, ${quoted(pattern)}, ${fn})`,
  ];
  return { ok: true, text: `${lines.join("\n")}\n` };
}

function modulePath(module: string, manifest: Readonly<Record<string, unknown>>): string {
  const exported = field(manifest["exports"], module);
  if (typeof exported === "string") return exported;
  return module === field(manifest["package"], "name") ? "lib" : module;
}

function field(table: unknown, key: string): unknown {
  return typeof table === "object" && table !== null && Object.hasOwn(table, key)
    ? (table as Readonly<Record<string, unknown>>)[key]
    : undefined;
}

/** As a string of the language. */
function quoted(text: string): string {
  const escaped = text
    .replace(/[\\"$]/g, "\\$&")
    .replace(/\n/g, "\\n")
    .replace(/\r/g, "\\r")
    .replace(/\t/g, "\\t");
  return `"${escaped}"`;
}
