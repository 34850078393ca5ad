/**
 * The text tool-call protocol (TOOL-01): how a model without a native tool channel says what it does.
 *
 *     answer := (block | whitespace)*
 *     block  := <tool_call> name({ key: value }) </tool_call>
 *             | <assistant_prose> … </assistant_prose>
 *             | <user_response> … </user_response>
 *             | <done> marker </done>
 *
 * Models stray from it. What still names a known tool is run and reported (*violation*: the answer broke the grammar);
 * what cannot be read is not run (*error*: this call failed to parse). Reading always reaches the end. `canonical` is
 * the answer in proper form, which is what a history should keep.
 */

import { isJsonObject, type Json, type JsonObject } from "../../base/index.ts";
import { extractJsonText, parseJson } from "../structured/extract-json.ts";
import { heredocEnd, identifierLength, readCallLiteral } from "./call-literal.ts";

export interface TextToolCall {
  readonly id: string;
  readonly name: string;
  readonly arguments: JsonObject;
}

export interface ParsedAnswer {
  readonly calls: readonly TextToolCall[];
  /** One line per call that could not be read. */
  readonly errors: readonly string[];
  /** One line per breach of the grammar. */
  readonly violations: readonly string[];
  /** What is said to people: the user response if there is one, else the assistant prose. */
  readonly prose: string;
  readonly userResponse?: string;
  /** Body of the `<done>` block. */
  readonly doneMarker?: string;
  readonly canonical: string;
}

/** Tools that the runtime answers itself, known in every answer. */
const RUNTIME_TOOLS: readonly string[] = ["ledger", "load_skill"];

const TAGS = ["tool_call", "assistant_prose", "user_response", "done"] as const;
type Tag = (typeof TAGS)[number];

/** @param toolNames the tools on offer */
export function parseTextAnswer(answer: string, toolNames: Iterable<string>): ParsedAnswer {
  const text = stripThinkingTags(answer);
  const known = new Set([...toolNames, ...RUNTIME_TOOLS]);
  const out = emptyAnswer();
  /** Tags and heredocs known not to close any more; without it a hostile answer would be read in quadratic time. */
  const unclosed = new Set<string>();
  let at = 0;
  while ((at = skipWhitespace(text, at)) < text.length) {
    if (text[at] !== "<") {
      const end = strayEnd(text, at, unclosed);
      readStray(text.slice(at, end).trim(), known, out);
      at = end;
      continue;
    }
    const block = blockAt(text, at, unclosed);
    if (block !== undefined) {
      readBlock(block.tag, block.body.trim(), known, out);
      at = block.end;
      continue;
    }
    at = readAngleCall(text, at, known, out) ?? readUnknownTag(text, at, out);
  }
  return finishAnswer(out);
}

interface AnswerParts {
  readonly calls: TextToolCall[];
  readonly errors: string[];
  readonly violations: string[];
  readonly prose: string[];
  readonly responses: string[];
  readonly canonical: string[];
  done: string | undefined;
}

function emptyAnswer(): AnswerParts {
  return { calls: [], errors: [], violations: [], prose: [], responses: [], canonical: [], done: undefined };
}

function finishAnswer(parts: AnswerParts): ParsedAnswer {
  const userResponse = parts.responses.length === 0 ? undefined : parts.responses.join("\n\n");
  return {
    calls: parts.calls,
    errors: parts.errors,
    violations: parts.violations,
    prose: userResponse ?? parts.prose.join("\n\n"),
    ...(userResponse === undefined ? {} : { userResponse }),
    ...(parts.done === undefined ? {} : { doneMarker: parts.done }),
    canonical: parts.canonical.join("\n\n"),
  };
}

function addCall(parts: AnswerParts, name: string, args: JsonObject): void {
  parts.calls.push({ id: `tc_${parts.calls.length}`, name, arguments: args });
  parts.canonical.push(`<tool_call>\n${name}(${JSON.stringify(args, null, 2)})\n</tool_call>`);
}

// ---- Blocks --------------------------------------------------------------------------------------------------------

function blockAt(
  text: string,
  at: number,
  unclosed: Set<string>,
): { readonly tag: Tag; readonly body: string; readonly end: number } | undefined {
  for (const tag of TAGS) {
    const open = `<${tag}>`;
    if (!text.startsWith(open, at)) continue;
    const close = closingTag(text, at + open.length, tag, unclosed);
    if (close < 0) return undefined;
    return { tag, body: text.slice(at + open.length, close), end: close + tag.length + 3 };
  }
  return undefined;
}

/** A heredoc inside a call may quote the closing tag; it does not end the block then. */
function closingTag(text: string, from: number, tag: Tag, unclosed: Set<string>): number {
  const close = `</${tag}>`;
  if (unclosed.has(close)) return -1;
  for (let at = from; ; ) {
    const end = text.indexOf(close, at);
    if (end < 0) unclosed.add(close);
    if (end < 0 || tag !== "tool_call") return end;
    const heredoc = text.indexOf("<<", at);
    if (heredoc < 0 || heredoc > end) return end;
    at = heredocEnd(text, heredoc, unclosed) ?? heredoc + 2;
  }
}

function readBlock(tag: Tag, body: string, known: ReadonlySet<string>, parts: AnswerParts): void {
  switch (tag) {
    case "tool_call": {
      const { calls, errors } = parseBareCalls(body, known);
      const [first] = calls;
      if (errors[0] !== undefined) parts.errors.push(errors[0]);
      else if (first === undefined) {
        parts.errors.push(`<tool_call> holds no \`name({ ... })\` expression, found ${preview(body, 120)}`);
      } else if (calls.length > 1) {
        parts.errors.push(`<tool_call> holds ${calls.length} calls; put each call in a block of its own`);
      } else addCall(parts, first.name, first.arguments);
      return;
    }
    case "assistant_prose":
    case "user_response":
      if (body === "") return;
      (tag === "assistant_prose" ? parts.prose : parts.responses).push(body);
      parts.canonical.push(`<${tag}>\n${body}\n</${tag}>`);
      return;
    case "done":
      if (body === "") {
        parts.violations.push("<done> block is empty; put the done marker (by default `##DONE##`) inside it");
        return;
      }
      parts.done = body;
      parts.canonical.push(`<done>${body}</done>`);
      return;
  }
}

/** Text outside blocks up to the next `<` that does not open a heredoc. */
function strayEnd(text: string, from: number, unclosed: Set<string>): number {
  for (let at = from; ; ) {
    const open = text.indexOf("<", at);
    if (open < 0) return text.length;
    const heredoc = text[open + 1] === "<" ? heredocEnd(text, open, unclosed) : undefined;
    if (heredoc === undefined) return open;
    at = heredoc;
  }
}

function readStray(fragment: string, known: ReadonlySet<string>, parts: AnswerParts): void {
  if (fragment === "") return;
  const { calls } = parseBareCalls(fragment, known);
  if (calls.length === 0) {
    parts.violations.push(
      `Stray text outside response tags: ${preview(fragment, 120)}; put prose in <assistant_prose> or <user_response> ` +
        "and every call in <tool_call>",
    );
    return;
  }
  for (const call of calls) addCall(parts, call.name, call.arguments);
  parts.violations.push(
    `Tool calls (${calls.map((call) => call.name).join(", ")}) stood as bare text outside <tool_call> tags; they ran ` +
      "this time, wrap each call from now on",
  );
}

/** `<name({…})>`: brackets around a call instead of the tag. */
function readAngleCall(text: string, at: number, known: ReadonlySet<string>, parts: AnswerParts): number | undefined {
  const length = identifierLength(text, at + 1);
  const name = text.slice(at + 1, at + 1 + length);
  if (text[at + 1 + length] !== "(" || !known.has(name)) return undefined;
  const literal = readCallLiteral(text, name, at + 1 + length);
  if (!literal.ok) return undefined;
  addCall(parts, name, literal.arguments);
  parts.violations.push(
    `Tool call \`${name}\` was written as \`<${name}(...)>\`; it ran this time, write ` +
      `\`<tool_call>${name}({ ... })</tool_call>\` from now on`,
  );
  return behindAngle(text, literal.end);
}

function readUnknownTag(text: string, at: number, parts: AnswerParts): number {
  const found = /^<[^>\n]*>?/.exec(text.slice(at, at + 500))?.[0] ?? "<";
  const allowed = "<tool_call>, <assistant_prose>, <user_response> and <done>";
  const opener = TAGS.find((tag) => found === `<${tag}>`);
  if (opener !== undefined || !found.endsWith(">")) {
    parts.violations.push(`Unclosed tag ${preview(found, 40)}; close it or remove it, only ${allowed} are accepted`);
  } else {
    parts.violations.push(`Unknown top-level tag ${preview(found, 40)}; only ${allowed} are accepted`);
  }
  return at + found.length;
}

// ---- Bare calls ----------------------------------------------------------------------------------------------------

export interface BareCalls {
  readonly calls: readonly TextToolCall[];
  readonly errors: readonly string[];
  /** The text without the calls. */
  readonly prose: string;
}

/** After so many unreadable calls the rest is taken as prose: each one costs a look at all that follows. */
const MAX_ERRORS = 100;

/** Labels that models put before a call; they mean nothing. */
const LABEL = /(?:tool_code|tool_call|tool_output|call|tool|use|python|javascript|typescript|shell|bash):[ \t]*/y;

/**
 * Calls at the start of lines. Fence lines around calls are skipped, their content is read; names inside inline code
 * are mentions, not calls.
 */
export function parseBareCalls(source: string, known: ReadonlySet<string>): BareCalls {
  const text = unwrapCode(stripThinkingTags(source));
  const calls: TextToolCall[] = [];
  const errors: string[] = [];
  const cuts: (readonly [number, number])[] = [];
  let inCode = false;
  for (let at = 0; at < text.length; ) {
    if (!inCode && isLineStart(text, at) && errors.length < MAX_ERRORS) {
      const fence = fenceLine(text, at);
      if (fence !== undefined) {
        at = fence;
        continue;
      }
      const found = callAt(text, at, known);
      if (found !== undefined) {
        if (found.error !== undefined) errors.push(found.error);
        else if (found.call !== undefined) {
          calls.push({ id: `tc_${calls.length}`, ...found.call });
          cuts.push([at, found.end]);
        }
        at = found.end;
        continue;
      }
    }
    if (text[at] === "`") inCode = !inCode;
    at++;
  }
  if (calls.length === 0 && errors.length === 0) {
    const native = nativeCalls(text, known);
    if (native !== undefined) return native;
  }
  return { calls, errors, prose: withoutCalls(text, cuts) };
}

interface FoundCall {
  readonly end: number;
  readonly call?: { readonly name: string; readonly arguments: JsonObject };
  readonly error?: string;
}

function callAt(text: string, lineStart: number, known: ReadonlySet<string>): FoundCall | undefined {
  let at = skipBlanks(text, lineStart);
  if (text[at] === "<") at = skipBlanks(text, at + 1);
  LABEL.lastIndex = at;
  at += LABEL.exec(text)?.[0].length ?? 0;

  const length = identifierLength(text, at);
  if (length === 0) return undefined;
  const name = text.slice(at, at + length);
  const open = at + length;
  if (text[open] === ":") return labelledCall(text, name, open, known);
  if (text[open] !== "(") return undefined;

  const first = text[skipBlanks(text, open + 1)];
  const takesObject = first === "{" || first === "\n" || first === "\r" || first === ")";
  if (!known.has(name)) {
    if (first !== "{") return undefined;
    const available = [...known].sort().slice(0, 20).join(", ");
    return { end: open + 1, error: `Unknown tool '${name}'. Available tools: [${available}]` };
  }
  if (!takesObject) {
    return { end: open + 1, error: `Tool '${name}' takes one object literal: ${name}({ key: value })` };
  }
  const literal = readCallLiteral(text, name, open);
  if (!literal.ok) return { end: open + 1, error: literal.error };
  return { end: behindAngle(text, literal.end), call: { name, arguments: literal.arguments } };
}

/** `step: edit({…})`: a label nobody asked for. Not run, but said, or the model would wait for a result. */
function labelledCall(text: string, label: string, colon: number, known: ReadonlySet<string>): FoundCall | undefined {
  const at = skipBlanks(text, colon + 1);
  const length = identifierLength(text, at);
  const name = text.slice(at, at + length);
  if (length === 0 || text[at + length] !== "(" || !known.has(name)) return undefined;
  const lineEnd = text.indexOf("\n", at);
  return {
    end: lineEnd < 0 ? text.length : lineEnd,
    error: `Found \`${label}: ${name}(...)\`; no tool ran, write \`${name}({ ... })\` on a line of its own without \`${label}:\``,
  };
}

/** What models trained on a native channel write when they have none: its JSON, as text. */
function nativeCalls(text: string, known: ReadonlySet<string>): BareCalls | undefined {
  if (!text.includes('"function"') && !text.includes('"arguments"')) return undefined;
  const list = /\[\s*\{/.exec(text);
  const source = list !== null && list.index <= text.indexOf("{") ? text.slice(list.index) : text;
  const parsed = parseJson(source.trim()) ?? parseJson(extractList(source)) ?? parseJson(extractJsonText(text));
  const items: readonly Json[] = Array.isArray(parsed) ? parsed : parsed === undefined ? [] : [parsed];
  const calls: TextToolCall[] = [];
  const errors: string[] = [];
  for (const item of items) {
    const call = isJsonObject(item) && isJsonObject(item["function"]) ? item["function"] : item;
    if (!isJsonObject(call) || typeof call["name"] !== "string" || call["arguments"] === undefined) continue;
    const name = call["name"];
    if (!known.has(name)) {
      const available = [...known].sort().slice(0, 20).join(", ");
      errors.push(`Unknown tool '${name}'. Available tools: [${available}]`);
      continue;
    }
    const args = typeof call["arguments"] === "string" ? parseJson(call["arguments"]) : call["arguments"];
    if (!isJsonObject(args)) {
      errors.push(`Could not parse arguments for tool '${name}'. Raw: ${preview(String(call["arguments"]), 200)}`);
      continue;
    }
    const id = isJsonObject(item) && typeof item["id"] === "string" ? item["id"] : `tc_${calls.length}`;
    calls.push({ id, name, arguments: args });
  }
  return calls.length === 0 && errors.length === 0 ? undefined : { calls, errors, prose: "" };
}

function extractList(text: string): string {
  // An object in the list would win in `extractJsonText`, so the list's end is searched from its start.
  const end = text.lastIndexOf("]");
  return end < 0 ? "" : text.slice(0, end + 1);
}

// ---- Text ----------------------------------------------------------------------------------------------------------

/** Reasoning that leaked into the text: closed blocks go with their content, lone tags go alone. */
export function stripThinkingTags(text: string): string {
  if (!text.includes("<think>") && !text.includes("</think>")) return text;
  let out = "";
  let from = 0;
  for (;;) {
    const start = text.indexOf("<think>", from);
    const stop = start < 0 ? -1 : text.indexOf("</think>", start);
    if (stop < 0) break;
    out += text.slice(from, start);
    from = stop + "</think>".length;
  }
  return (out + text.slice(from)).replace(/<\/?think>/g, "");
}

/** A whole body in one fence or one pair of backticks is the body. */
function unwrapCode(text: string): string {
  const trimmed = text.trim();
  const fenced = /^```[^\n]*\n([\s\S]*?)```$/.exec(trimmed)?.[1];
  if (fenced !== undefined && !fenced.includes("```")) return fenced.trim();
  const inline = /^`([^`]+)`$/.exec(trimmed)?.[1];
  return inline ?? text;
}

function withoutCalls(text: string, cuts: readonly (readonly [number, number])[]): string {
  let out = "";
  let from = 0;
  for (const [start, end] of cuts) {
    out += text.slice(from, start);
    from = end;
  }
  out += text.slice(from);
  return out
    .replace(/^[ \t]*```[^\n]*\n\s*```[ \t]*\n?/gm, "")
    .replace(/\n{3,}/g, "\n\n")
    .trim();
}

const isLineStart = (text: string, at: number): boolean => at === 0 || text[at - 1] === "\n";

function fenceLine(text: string, at: number): number | undefined {
  if (!text.startsWith("```", skipBlanks(text, at))) return undefined;
  const lineEnd = text.indexOf("\n", at);
  return lineEnd < 0 ? text.length : lineEnd + 1;
}

function skipBlanks(text: string, at: number): number {
  while (text[at] === " " || text[at] === "\t") at++;
  return at;
}

function skipWhitespace(text: string, at: number): number {
  while (at < text.length && /\s/.test(text[at] ?? "")) at++;
  return at;
}

function behindAngle(text: string, end: number): number {
  const at = skipBlanks(text, end);
  return text[at] === ">" ? at + 1 : end;
}

function preview(text: string, max: number): string {
  const chars = Array.from(text.slice(0, max * 2));
  const short = chars.length > max || text.length > max * 2;
  return JSON.stringify(short ? `${chars.slice(0, max).join("")}…` : text);
}
