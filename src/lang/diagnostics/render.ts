/**
 * Diagnostics as text for people, and as JSON for tools.
 *
 *     error[HARN-P001]: Expected ), got ] at 3:12
 *      --> agent.harn:3:12
 *       |
 *     3 | let x = f(1]
 *       |          -   Opened here
 *       |            ^
 *       = help: …
 *
 * A *mark* is a span with its message: carets for the diagnostic's own, dashes for labels. Marks of one line share the
 * line when they fit into one *window*, the part of a long line that is shown.
 */

import type { JsonObject } from "../../base/index.ts";
import type { Span } from "../syntax/ast.ts";
import type { SourceFile } from "../syntax/source-file.ts";
import type { Diagnostic, Severity } from "./diagnostic.ts";
import { shownText, shownWidth } from "./display-text.ts";

export interface RenderOptions {
  /** ANSI colours; whether the output can take them is the caller's to know. Default false. */
  readonly color?: boolean;
  /** Columns of source shown of one line, at least 40. Default 120. */
  readonly width?: number;
}

const DEFAULT_WIDTH = 120;
const MIN_WIDTH = 40;

/** One diagnostic, several lines, no line break at the end. */
export function renderDiagnostic(diagnostic: Diagnostic, file: SourceFile, options: RenderOptions = {}): string {
  const paint = paintOf(options);
  const { severity, code, message, hint } = diagnostic;
  const { margin, lines } = excerpt(diagnostic, file, options);
  const title = `${paint[severity](`${severity}[${code}]`)}${paint.strong(`: ${joined(message)}`)}`;
  const help = hint === undefined ? [] : [`${margin} ${paint.frame("=")} ${paint.strong("help:")} ${joined(hint)}`];
  return [title, ...lines, ...help].join("\n");
}

/** Where something failed: file, line and column, and the line with carets. No line break at the end. */
export function renderPlace(span: Span, file: SourceFile, options: RenderOptions = {}): string {
  return excerpt({ severity: "error", span }, file, options).lines.join("\n");
}

function excerpt(
  found: Pick<Diagnostic, "severity" | "span" | "labels">,
  file: SourceFile,
  options: RenderOptions,
): { readonly margin: string; readonly lines: readonly string[] } {
  const paint = paintOf(options);
  const { severity, span } = found;
  const { line, column } = file.position(span.start);
  const snippets = layOut(found, file, Math.max(MIN_WIDTH, options.width ?? DEFAULT_WIDTH));
  const gutter = Math.max(...snippets.map((snippet) => String(snippet.line).length));
  const margin = " ".repeat(gutter);
  const lines = [
    `${margin}${paint.frame("-->")} ${joined(file.path)}:${line}:${column}`,
    `${margin} ${paint.frame("|")}`,
  ];
  snippets.forEach((snippet, index) => {
    const before = snippets[index - 1];
    if (before !== undefined && snippet.line !== before.line + 1)
      lines.push(paint.frame("...".padEnd(gutter + 2)).trimEnd());
    lines.push(trimmed(`${paint.frame(`${String(snippet.line).padStart(gutter)} |`)} ${snippet.text}`));
    for (const mark of snippet.marks) {
      const underline = (mark.primary ? "^" : "-").repeat(mark.width);
      const text = `${" ".repeat(mark.indent)}${mark.primary ? paint[severity](underline) : paint.frame(underline)}`;
      lines.push(trimmed(`${margin} ${paint.frame("|")} ${text} ${joined(mark.message)}`));
    }
  });
  return { margin, lines };
}

/** Sorted by position, an empty line between two. The empty string for none. */
export function renderDiagnostics(
  diagnostics: readonly Diagnostic[],
  file: SourceFile,
  options: RenderOptions = {},
): string {
  return sortDiagnostics(diagnostics)
    .map((diagnostic) => renderDiagnostic(diagnostic, file, options))
    .join("\n\n");
}

/** By position; errors before warnings at the same place, then in the order given. */
export function sortDiagnostics(diagnostics: readonly Diagnostic[]): Diagnostic[] {
  return [...diagnostics].sort(
    (a, b) => a.span.start - b.span.start || SEVERITY_RANK[a.severity] - SEVERITY_RANK[b.severity],
  );
}

const SEVERITY_RANK: Readonly<Record<Severity, number>> = { error: 0, warning: 1 };

/** Lines and columns are 1-based and count code points, `offset` is 0-based and counts UTF-16 units. */
export function diagnosticToJson(diagnostic: Diagnostic, file: SourceFile): JsonObject {
  const { code, severity, message, span, labels, hint } = diagnostic;
  return {
    code,
    severity,
    message,
    file: file.path,
    ...rangeToJson(span, file),
    labels: (labels ?? []).map((label) => ({ message: label.message, ...rangeToJson(label.span, file) })),
    ...(hint === undefined ? {} : { hint }),
  };
}

function rangeToJson(span: Span, file: SourceFile): { start: JsonObject; end: JsonObject } {
  const at = (offset: number): JsonObject => ({ ...file.position(offset), offset });
  return { start: at(span.start), end: at(span.end) };
}

// ---- Layout --------------------------------------------------------------------------------------------------------

interface Snippet {
  /** 1-based. */
  readonly line: number;
  /** As shown, with `…` where it is cut. */
  readonly text: string;
  readonly marks: Mark[];
}

interface Mark {
  readonly primary: boolean;
  readonly message: string;
  /** Columns before the underline. */
  readonly indent: number;
  /** Columns of the underline, at least 1. */
  readonly width: number;
}

function layOut(
  { span: place, labels }: Pick<Diagnostic, "span" | "labels">,
  file: SourceFile,
  width: number,
): Snippet[] {
  const wanted = [
    { span: place, message: "", primary: true },
    ...(labels ?? []).map((label) => ({ ...label, primary: false })),
  ].sort((a, b) => a.span.start - b.span.start);
  const windows: { line: number; from: number; to: number; snippet: Snippet }[] = [];
  for (const { span, message, primary } of wanted) {
    const start = Math.max(0, Math.min(span.start, file.text.length));
    const { line } = file.position(start);
    let window = windows.find(
      (candidate) => candidate.line === line && start >= candidate.from && start <= candidate.to,
    );
    if (window === undefined) {
      const bounds = windowAround(file, line, start, width);
      window = { line, ...bounds, snippet: { line, text: windowText(file, line, bounds), marks: [] } };
      windows.push(window);
    }
    const cut = window.from > file.lineStart(line) ? 1 : 0;
    const end = Math.max(start, Math.min(span.end, window.to));
    window.snippet.marks.push({
      primary,
      message,
      indent: cut + shownWidth(file.text.slice(window.from, start)),
      width: Math.max(1, shownWidth(file.text.slice(start, end))),
    });
  }
  return windows.map((window) => window.snippet);
}

/** The part of a line that is shown: all of it, or some `width` characters with a third of them before `offset`. */
function windowAround(file: SourceFile, line: number, offset: number, width: number): { from: number; to: number } {
  const lineStart = file.lineStart(line);
  const lineEnd = file.lineEnd(line);
  if (lineEnd - lineStart <= width) return { from: lineStart, to: lineEnd };
  const from = Math.max(lineStart, Math.min(offset - Math.floor(width / 3), lineEnd - width));
  return { from: wholeCharacter(file.text, from), to: wholeCharacter(file.text, Math.min(lineEnd, from + width)) };
}

/** Never between the halves of a surrogate pair. */
function wholeCharacter(text: string, offset: number): number {
  const code = text.charCodeAt(offset);
  return code >= 0xdc00 && code <= 0xdfff ? offset - 1 : offset;
}

function windowText(file: SourceFile, line: number, { from, to }: { from: number; to: number }): string {
  const before = from > file.lineStart(line) ? "…" : "";
  const after = to < file.lineEnd(line) ? "…" : "";
  return `${before}${shownText(file.text.slice(from, to))}${after}`;
}

function joined(text: string): string {
  return shownText(text.replace(/\s*[\r\n]+\s*/g, " "));
}

function trimmed(line: string): string {
  return line.replace(/ +$/, "");
}

// ---- Colours -------------------------------------------------------------------------------------------------------

type Paint = Readonly<Record<Severity | "frame" | "strong", (text: string) => string>>;

function paintOf({ color }: RenderOptions): Paint {
  return color === true ? PAINTED : PLAIN;
}

const same = (text: string): string => text;
const sgr =
  (code: string) =>
  (text: string): string =>
    text === "" ? "" : `\u001b[${code}m${text}\u001b[0m`;

const PLAIN: Paint = { error: same, warning: same, frame: same, strong: same };
const PAINTED: Paint = { error: sgr("1;31"), warning: sgr("1;33"), frame: sgr("1;34"), strong: sgr("1") };
