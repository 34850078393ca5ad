/**
 * How comments look once their place is known.
 *
 * Doc comments get one shape: `/** text *\/` on one line where it fits, else a block with a star gutter; adjacent `///`
 * lines become such a block. Between top-level items, `// ----` bars and `// ---- Title ----` headings get one width.
 * Everything else keeps its words.
 */

import type { Comment } from "../syntax/ast.ts";
import type { FormatOptions } from "./format-options.ts";
import { isMultiline, pad, textWidth } from "./text-layout.ts";

/** Finished lines (indented) and the source range they stand for. */
export interface CommentPiece {
  readonly text: string;
  readonly start: number;
  readonly end: number;
  /** A section heading: blank lines around it whatever the source has. */
  readonly isSection: boolean;
}

export interface CommentLayout {
  readonly source: string;
  readonly options: FormatOptions;
  readonly depth: number;
  readonly sections: boolean;
}

/** Comments that stand on lines of their own. */
export function layoutComments(comments: readonly Comment[], layout: CommentLayout): CommentPiece[] {
  const pieces: CommentPiece[] = [];
  let index = 0;
  while (index < comments.length) {
    const run = readSection(comments, index, layout) ?? readDocLines(comments, index, layout);
    if (run !== undefined) {
      pieces.push(run.piece);
      index += run.count;
      continue;
    }
    const comment = comments[index]!;
    pieces.push(piece(comment, comment, layoutComment(comment, layout)));
    index++;
  }
  return pieces;
}

/** A comment after code on the same line. */
export function trailingComment(comment: Comment): string {
  return comment.text.trimEnd();
}

function piece(first: Comment, last: Comment, lines: readonly string[], isSection = false): CommentPiece {
  return { text: lines.join("\n"), start: first.span.start, end: last.span.end, isSection };
}

function layoutComment(comment: Comment, layout: CommentLayout): string[] {
  const indent = pad(layout.depth);
  switch (comment.kind) {
    case "line":
    case "doc-line":
      return [indent + comment.text.trimEnd()];
    case "doc-block":
      return docBlock(docBlockBody(comment.text), layout);
    case "block":
      return [indent + alignGutter(comment.text, layout.depth)];
  }
}

/** Moves a star gutter under the opening; a block without one keeps its inner lines as they are. */
function alignGutter(text: string, depth: number): string {
  if (!isMultiline(text)) return text;
  const [first = "", ...rest] = text.split("\n");
  if (!rest.every((line) => /^\s*\*/.test(line))) return text;
  return [first.trimEnd(), ...rest.map((line) => `${pad(depth)} ${line.trim()}`)].join("\n");
}

// ---- Doc comments --------------------------------------------------------------------------------------------------

function readDocLines(
  comments: readonly Comment[],
  index: number,
  layout: CommentLayout,
): { piece: CommentPiece; count: number } | undefined {
  const run: Comment[] = [];
  for (const comment of comments.slice(index)) {
    const previous = run.at(-1);
    if (comment.kind !== "doc-line") break;
    if (previous !== undefined && !isNextLine(layout.source, previous, comment)) break;
    // A block comment cannot hold a comment mark as plain text: such a run keeps its slashes.
    if (/\/\*|\*\//.test(comment.text)) return undefined;
    run.push(comment);
  }
  if (run.length === 0) return undefined;
  const body = run.map((comment) => comment.text.slice(3).replace(/^ /, "").trimEnd());
  return { piece: piece(run[0]!, run.at(-1)!, docBlock(body, layout)), count: run.length };
}

function isNextLine(source: string, before: Comment, after: Comment): boolean {
  return source.slice(before.span.end, after.span.start).split("\n").length === 2;
}

function docBlockBody(text: string): string[] {
  const [first = "", ...rest] = text.slice(3, -2).split("\n");
  const bare = rest.filter((line) => line.trim() !== "" && !/^\s*\*/.test(line));
  const indent = bare.reduce((least, line) => Math.min(least, line.length - line.trimStart().length), Infinity);
  return [
    first.trim(),
    ...rest.map((line) => {
      const gutter = /^\s*\* ?/.exec(line);
      return gutter ? line.slice(gutter[0].length) : line.slice(Number.isFinite(indent) ? indent : 0);
    }),
  ].map((line) => line.trimEnd());
}

function docBlock(body: readonly string[], layout: CommentLayout): string[] {
  const indent = pad(layout.depth);
  let start = 0;
  let end = body.length;
  while (start < end && body[start] === "") start++;
  while (end > start && body[end - 1] === "") end--;
  const lines = body.slice(start, end);
  if (lines.length === 0) return [`${indent}/** */`];
  if (lines.length === 1) {
    const compact = `${indent}/** ${lines[0]!.trim()} */`;
    if (textWidth(compact) <= layout.options.lineWidth) return [compact];
  }
  return [`${indent}/**`, ...lines.map((line) => `${indent} * ${line}`.trimEnd()), `${indent} */`];
}

// ---- Section headings ----------------------------------------------------------------------------------------------

const minimumBarDashes = 4;

type BarLine = { readonly kind: "bar" } | { readonly kind: "title"; readonly title: string };

function readSection(
  comments: readonly Comment[],
  index: number,
  layout: CommentLayout,
): { piece: CommentPiece; count: number } | undefined {
  if (!layout.sections) return undefined;
  const first = comments[index]!;
  const bar = readBar(first);
  if (bar === undefined) return undefined;
  const line = `// ${"-".repeat(Math.max(minimumBarDashes, layout.options.separatorWidth - 3))}`;
  const heading = (title: string): string[] => [line, `// ${title}`, line];
  if (bar.kind === "title") return { piece: piece(first, first, heading(bar.title), true), count: 1 };

  const middle = comments[index + 1];
  const last = comments[index + 2];
  if (
    middle?.kind === "line" &&
    last !== undefined &&
    isNextLine(layout.source, first, middle) &&
    isNextLine(layout.source, middle, last) &&
    readBar(middle) === undefined &&
    readBar(last)?.kind === "bar"
  ) {
    const title = middle.text.slice(2).trim();
    if (title !== "") return { piece: piece(first, last, heading(title), true), count: 3 };
  }
  return { piece: piece(first, first, [line], true), count: 1 };
}

/** `// ----` or `// ---- Title ----`. */
function readBar(comment: Comment): BarLine | undefined {
  if (comment.kind !== "line") return undefined;
  const match = /^-{4,}\s*(.*)$/.exec(comment.text.slice(2).trim());
  if (match === null) return undefined;
  const title = match[1]!.replace(/\s*-{4,}$/, "").trim();
  return title === "" ? { kind: "bar" } : { kind: "title", title };
}
