/** What people see of a failed program. */

import { relative } from "node:path";
import type { JsonObject } from "../../base/index.ts";
import { diagnosticToJson, renderDiagnostic, renderPlace, type SourceFile } from "../../lang/index.ts";
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
 *      --> agent.harn:3:16
 *       |
 *     3 |   return total / count
 *       |                ^
 *       in average (agent.harn:3:16)
 *       in <main> (agent.harn:9:9)
 */
export function renderFailure(
  failure: HarnFailure,
  sources: ReadonlyMap<string, SourceFile>,
  settings: RenderSettings,
): string {
  const trace = failure.trace ?? [];
  const [innermost] = trace;
  const lines = [paint(settings, 31, `error: ${failure.display()}`)];
  if (innermost !== undefined) lines.push(renderFrame(innermost, sources.get(innermost.file), settings));
  if (trace.length > 1) lines.push(...traceLines(trace.flatMap((frame) => frameLines(frame, settings))));
  return lines.join("\n");
}

function renderFrame(frame: TraceFrame, source: SourceFile | undefined, settings: RenderSettings): string {
  const { color, cwd } = settings;
  if (source === undefined || frame.line === 0) return ` --> ${placeText(frame, cwd)}`;
  const start = source.offsetAt(frame);
  // The name or operator that stands there.
  const [word = " "] = /^(?:\w+|\S)/u.exec(source.text.slice(start, start + 100)) ?? [];
  return renderPlace({ start, end: start + word.length }, named(source, shortPath(frame.file, cwd)), { color });
}

function frameLines(frame: TraceFrame, { cwd }: RenderSettings): string[] {
  const { function: name, omitted } = frame;
  const text = `  in ${name === "" ? "<closure>" : name} (${placeText(frame, cwd)})`;
  return omitted === undefined ? [text] : [text, `  … ${omitted} more …`];
}

function placeText({ file, line, column }: TraceFrame, cwd: string): string {
  return `${shortPath(file, cwd)}:${line}:${column}`;
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
