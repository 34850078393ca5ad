/**
 * What a session has declared, as source text. It holds every line in the order they came, with all that does not last
 * (expressions, loops, what was declared anew later) overwritten by spaces. So a place in it is the same place for the
 * whole session, and the checker sees what an ordinary file would have.
 *
 * An *input* is what is run at once: one line, or several that belong together.
 */

import { createSourceFile, type Item, type Module, type Pattern, parse, peelAttributes } from "../../lang/index.ts";

export interface Transcript {
  readonly text: string;
}

export const emptyTranscript: Transcript = { text: "" };

/** The transcript with an input behind it, as it is compiled. The input begins at the end of the transcript. */
export function withInput(transcript: Transcript, input: string): string {
  return `${transcript.text}${input.replaceAll("\r", "")}\n`;
}

/**
 * What lasts after the input has run: its declarations, and those variables that have got a value. Of two declarations of
 * a name the later counts.
 *
 * @param module transcript and input
 * @param start where the input begins
 * @param hasValue whether a variable of the input has one
 */
export function itemsAfter(module: Module, start: number, hasValue: (name: string) => boolean): readonly Item[] {
  const items = module.items.filter((item) => lasts(item, item.span.start >= start ? hasValue : () => true));
  const owners = new Map<string, Item>();
  for (const item of items) for (const name of namesOf(item)) owners.set(name, item);
  return items.filter((item) => {
    const names = namesOf(item);
    return names.length === 0 || names.some((name) => owners.get(name) === item);
  });
}

function lasts(outer: Item, hasValue: (name: string) => boolean): boolean {
  const { item } = peelAttributes(outer);
  switch (item.kind) {
    case "LetStmt":
      return patternNames(item.pattern).every(hasValue);
    case "ImportDecl":
    case "FnDecl":
    case "ToolDecl":
    case "SkillDecl":
    case "EvalPackDecl":
    case "EnumDecl":
    case "StructDecl":
    case "InterfaceDecl":
    case "ImplBlock":
    case "TypeDecl":
      return true;
    default:
      return false;
  }
}

/** The names that a top-level item declares; none for what has no name of its own. */
export function namesOf(outer: Item): readonly string[] {
  const { item } = peelAttributes(outer);
  switch (item.kind) {
    case "LetStmt":
      return patternNames(item.pattern);
    case "FnDecl":
    case "ToolDecl":
    case "SkillDecl":
    case "EnumDecl":
    case "StructDecl":
    case "InterfaceDecl":
    case "TypeDecl":
      return [item.name.name];
    case "EvalPackDecl":
      return [item.bindingName.name];
    default:
      return [];
  }
}

export function patternNames(pattern: Pattern): readonly string[] {
  switch (pattern.kind) {
    case "NamePattern":
      return pattern.name === "_" ? [] : [pattern.name];
    case "DictPattern":
      return pattern.fields.map(({ key, alias }) => alias ?? key);
    case "ListPattern":
      return pattern.elements.map(({ name }) => name).filter((name) => name !== "_");
    case "PairPattern":
      return [pattern.first.name, pattern.second.name];
  }
}

/** Spaces for all but the items; lines stay lines. */
export function onlySpans(text: string, items: readonly Item[]): string {
  let result = "";
  let at = 0;
  for (const { start, end } of items.map(({ span }) => span)) {
    result += blank(text.slice(at, start)) + text.slice(start, end);
    at = end;
  }
  return result + blank(text.slice(at));
}

const blank = (text: string): string => text.replace(/[^\n]/g, " ");

/**
 * Whether more must follow: the only thing wrong with it is that it ends. (A string in double quotes ends on its line, so
 * an open one is a mistake; one in three quotes goes on.)
 */
export function isUnfinished(input: string): boolean {
  const [first] = parse(createSourceFile("input", input)).diagnostics;
  switch (first?.code) {
    case "HARN-P002":
    case "HARN-P005":
      return true;
    case "HARN-P004":
      return input.startsWith('"""', first.span.start);
    default:
      return false;
  }
}
