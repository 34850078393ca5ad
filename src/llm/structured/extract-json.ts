/**
 * Finds the JSON a model meant in what it wrote: fences, chatter around a value, and, last of all, small syntax errors.
 *
 * Order (SCHEMA-21): the first fenced block, the first balanced `{…}`, the first balanced `[…]`, else the trimmed text.
 */

import { jsonrepair } from "jsonrepair";
import type { Json } from "../../base/index.ts";

/** The part of `text` that looks most like JSON. Never parses; always returns something, trimmed. */
export function extractJsonText(text: string): string {
  const trimmed = text.trim();
  return fencedBlock(trimmed) ?? balanced(trimmed, "{", "}") ?? balanced(trimmed, "[", "]") ?? trimmed;
}

/** A parsed value, or undefined when the text is not JSON. `null` is a value. */
export function parseJson(text: string): Json | undefined {
  try {
    return JSON.parse(text) as Json;
  } catch {
    return undefined;
  }
}

/**
 * Repairs unquoted keys, trailing commas, single quotes, comments and the like. Only objects and lists are repaired:
 * any prose could be "repaired" into a string. The caller must validate what comes back, and must not call this on
 * text that was cut off, which would silently become a shorter value.
 */
export function repairJson(text: string): Json | undefined {
  const trimmed = text.trim();
  const body = fencedBlock(trimmed) ?? trimmed;
  const start = body.search(/[{[]/);
  if (start < 0) return undefined;
  const open = body[start] === "{" ? "{" : "[";
  const rest = body.slice(start);
  const candidate = balanced(rest, open, open === "{" ? "}" : "]") ?? rest;
  try {
    const value = JSON.parse(jsonrepair(candidate)) as Json;
    return typeof value === "object" && value !== null ? value : undefined;
  } catch {
    return undefined;
  }
}

/** The first candidate that is JSON, strictly or inside fences and prose (SCHEMA-20). */
export function firstJson(candidates: readonly string[]): Json | undefined {
  for (const candidate of candidates) {
    const value = parseJson(candidate) ?? parseJson(extractJsonText(candidate));
    if (value !== undefined) return value;
  }
  return undefined;
}

function fencedBlock(text: string): string | undefined {
  const open = text.indexOf("```");
  if (open < 0) return undefined;
  const rest = text.slice(open + 3);
  const lineEnd = rest.indexOf("\n");
  const content = lineEnd < 0 ? rest : rest.slice(lineEnd + 1);
  const close = content.indexOf("```");
  return close < 0 ? undefined : content.slice(0, close).trim();
}

/** The first `open … close` that balances, strings skipped. Single pass. */
function balanced(text: string, open: string, close: string): string | undefined {
  const start = text.indexOf(open);
  if (start < 0) return undefined;
  let depth = 0;
  let quoted = false;
  for (let index = start; index < text.length; index++) {
    const char = text[index];
    if (quoted) {
      if (char === "\\") index++;
      else if (char === '"') quoted = false;
    } else if (char === '"') {
      quoted = true;
    } else if (char === open) {
      depth++;
    } else if (char === close && --depth === 0) {
      return text.slice(start, index + 1);
    }
  }
  return undefined;
}
