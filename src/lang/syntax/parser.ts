/**
 * The parser: `parse` turns a file into a tree and a list of diagnostics. It never throws, always ends, and gives a tree
 * whatever the text is; with an error in it, parts of the tree are `ErrorNode` or empty.
 *
 * Order of reading: `tokens.ts`, `lexer.ts`, `parser-state.ts` (how errors and limits work), then the areas
 * `parse-statements.ts`, `parse-declarations.ts`, `parse-expressions.ts` and what they import.
 */

import type { Diagnostic } from "../diagnostics/diagnostic.ts";
import type { Item, Module } from "./ast.ts";
import { lex } from "./lexer.ts";
import { tryParseDeclaration } from "./parse-declarations.ts";
import { parseExpression, parseHeadOperand, parseOperand } from "./parse-expressions.ts";
import { complain, here } from "./parse-failures.ts";
import { parseBlock, parseBlockItems, parseItem, parseItems } from "./parse-statements.ts";
import { at, atEnd, createParser, currentToken, type Parser, type Rules } from "./parser-state.ts";
import type { SourceFile } from "./source-file.ts";

const RULES: Rules = {
  expression: parseExpression,
  operand: parseOperand,
  headOperand: parseHeadOperand,
  block: parseBlock,
  blockItems: parseBlockItems,
  item: parseItem,
  tryDeclaration: tryParseDeclaration,
};

export interface ParseResult {
  readonly module: Module;
  /** By position. Empty means that the whole file was understood. */
  readonly diagnostics: readonly Diagnostic[];
}

export function parse(file: SourceFile): ParseResult {
  const lexed = lex(file);
  const p = createParser(file, lexed.tokens, RULES, { file, diagnostics: [] });
  const items = parseTopLevel(p);
  const diagnostics = [...lexed.diagnostics, ...p.diagnostics].sort((a, b) => a.span.start - b.span.start);
  const module: Module = {
    items,
    comments: lexed.comments,
    ...(lexed.shebang === undefined ? {} : { shebang: lexed.shebang }),
    span: { start: 0, end: file.text.length },
  };
  return { module, diagnostics };
}

function parseTopLevel(p: Parser): Item[] {
  const items = parseItems(p, 0, "top-level item", parseItem);
  while (!atEnd(p)) {
    skipStrayBrace(p);
    for (const item of parseItems(p, 0, "top-level item", parseItem)) items.push(item);
  }
  return items;
}

/** After an earlier error, the brace most likely belongs to what was skipped. */
function skipStrayBrace(p: Parser): void {
  if (!at(p, "}")) return;
  const { start, end } = currentToken(p);
  if (p.diagnostics.length === 0) {
    complain(
      p,
      "HARN-P015",
      `Expected top-level item, got } at ${here(p)}`,
      { start, end },
      {
        hint: "Remove the brace, or open it further up",
      },
    );
  }
  p.pos++;
  p.lastEnd = end;
}
