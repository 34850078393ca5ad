/** Tools that need no handler: reading files and folders, stating plans. A program declares them by name. */

import { type Host, HostError, isJsonObject, type Json, type JsonObject, table } from "../../base/index.ts";
import { EMIT_PLAN, planArtifact, UPDATE_PLAN } from "../plans/plan-artifact.ts";
import { type ToolOutcome, thrownText, toolFailure, toolSuccess } from "./outcome.ts";

const MAX_LINES = 2000;

type Run = (input: JsonObject, host: Host) => ToolOutcome | Promise<ToolOutcome>;

const BUILTIN_TOOLS: Readonly<Record<string, Run>> = table({
  [EMIT_PLAN]: (input) => toolSuccess(planArtifact(EMIT_PLAN, input)),
  [UPDATE_PLAN]: (input) => toolSuccess(planArtifact(UPDATE_PLAN, input)),
  read_file: readFile,
  list_directory: (input, host) => listFolder(textField(input, "path") ?? ".", host),
});

export function isBuiltinTool(name: string): boolean {
  return Object.hasOwn(BUILTIN_TOOLS, name);
}

/** Paths are the host's: relative ones count from its working folder. Failures are answers for the model. */
export async function runBuiltinTool(name: string, input: Json, host: Host): Promise<ToolOutcome> {
  const run = isBuiltinTool(name) ? BUILTIN_TOOLS[name] : undefined;
  if (run === undefined) return toolFailure("NotFound", `there is no built-in tool '${name}'`);
  try {
    return await run(isJsonObject(input) ? input : {}, host);
  } catch (thrown) {
    const kind = thrown instanceof HostError && thrown.kind === "not_found" ? "NotFound" : "Runtime";
    return toolFailure(kind, thrownText(thrown));
  }
}

/** Numbered lines from `offset`, at most `limit`; a folder is listed. */
async function readFile(input: JsonObject, host: Host): Promise<ToolOutcome> {
  const path = textField(input, "path") ?? textField(input, "name");
  if (path === undefined) return toolFailure("InvalidInput", "missing path parameter");
  if ((await host.perform("fs.stat", { path }))?.kind === "directory") return listFolder(path, host);
  const bytes = await host.perform("fs.read", { path });
  const lines = new TextDecoder().decode(bytes).split(/\r?\n/);
  if (lines.at(-1) === "") lines.pop();
  const start = Math.min(Math.max(1, countField(input, "offset") ?? 1) - 1, lines.length);
  const limit = Math.min(Math.max(1, countField(input, "limit") ?? MAX_LINES), MAX_LINES);
  const shown = lines.slice(start, start + limit).map((line, index) => `${start + index + 1}\t${line}`);
  const rest = lines.length - start - shown.length;
  if (rest > 0) {
    shown.push("", `[... ${rest} more lines not shown. Use offset=${start + limit + 1} to continue reading]`);
  }
  return toolSuccess(shown.join("\n"));
}

async function listFolder(path: string, host: Host): Promise<ToolOutcome> {
  const entries = await host.perform("fs.entries", { path });
  const names = entries.map(({ name, kind }) => (kind === "directory" ? `${name}/` : name));
  return toolSuccess(names.sort().join("\n"));
}

function textField(input: JsonObject, key: string): string | undefined {
  const value = input[key];
  return typeof value === "string" && value !== "" ? value : undefined;
}

function countField(input: JsonObject, key: string): number | undefined {
  const value = input[key];
  return typeof value === "number" && Number.isInteger(value) ? value : undefined;
}
