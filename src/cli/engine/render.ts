/** What people see of a failed program. */

import { relative } from "node:path";
import type { JsonObject } from "../../base/index.ts";
import { diagnosticToJson, renderDiagnostic, type SourceFile } from "../../lang/index.ts";
import type { FileDiagnostic } from "../../runtime/index.ts";
import type { HarnFailure, TraceFrame } from "../../vm/index.ts";
import { traceLines } from "./trace-lines.ts";

export interface RenderSettings {
  readonly color: boolean;
  /** Paths are shown relative to this folder when that is shorter. */
  readonly cwd: string;
}

export function renderFileDiagnostics(found: readonly FileDiagnostic[], settings: RenderSettings): string {
  return found
    .map(({ file, diagnostic }) =>
      renderDiagnostic(diagnostic, named(file, shortPath(file.path, settings.cwd)), { color: settings.color }),
    )
    .join("\n\n");
}

/** Paths as in the text for people. */
export function diagnosticsToJson(found: readonly FileDiagnostic[], cwd: string): JsonObject[] {
  return found.map(({ file, diagnostic }) => diagnosticToJson(diagnostic, named(file, shortPath(file.path, cwd))));
}

/**
 *     error: Division by zero
 *      --> agent.harn:3
 *       |
 *     3 |   return total / count
 *       |
 *       in average (agent.harn:3)
 *       in <main> (agent.harn:9)
 */
export function renderFailure(
  failure: HarnFailure,
  sources: ReadonlyMap<string, SourceFile>,
  settings: RenderSettings,
): string {
  const trace = failure.trace ?? [];
  const [innermost] = trace;
  const lines = [paint(settings, 31, `error: ${failure.display()}`)];
  if (innermost !== undefined) {
    const source = sources.get(innermost.file)?.lineText(innermost.line).trimEnd() ?? "";
    const number = String(innermost.line);
    const margin = " ".repeat(number.length);
    lines.push(`${margin}--> ${shortPath(innermost.file, settings.cwd)}:${innermost.line}`);
    if (source !== "") lines.push(`${margin} |`, `${number} | ${source}`, `${margin} |`);
  }
  if (trace.length > 1) lines.push(...traceLines(trace.flatMap((frame) => frameLines(frame, settings))));
  return lines.join("\n");
}

function frameLines({ function: name, file, line, omitted }: TraceFrame, { cwd }: RenderSettings): string[] {
  const text = `  in ${name === "" ? "<closure>" : name} (${shortPath(file, cwd)}:${line})`;
  return omitted === undefined ? [text] : [text, `  … ${omitted} more …`];
}

function shortPath(path: string, cwd: string): string {
  const short = relative(cwd, path);
  return short.length < path.length && short !== "" ? short : path;
}

/** The same text under another name. What has been found out about its lines is shared: there may be many to show. */
function named(file: SourceFile, path: string): SourceFile {
  return { ...file, path };
}

function paint({ color }: RenderSettings, code: number, text: string): string {
  return color ? `\u001b[${code}m${text}\u001b[0m` : text;
}
