/**
 * Filling in a template. Blocks that are open lie on a stack of our own, so that neither long loops nor deep includes
 * grow the platform's; only an include waits for the host.
 */

import { type CancelSignal, type Host, HostError } from "../../base/index.ts";
import { record, typeName, type Value } from "../../vm/index.ts";
import { bytesOf, decodeUtf8 } from "../arguments.ts";
import { systemWordsOf } from "../host-failures.ts";
import { normalizePath, parentPath } from "../paths/path-text.ts";
import { resolveAsset } from "./asset-path.ts";
import { evaluate } from "./evaluate.ts";
import type { Expression } from "./expression.ts";
import { FilterProblem } from "./filters.ts";
import { parseTemplate, type TemplateNode } from "./parse-template.ts";
import { type Place, TemplateError } from "./template-error.ts";
import { type Items, isTrue, itemsOf, lookUp, type Scope, shownValue } from "./template-values.ts";

export interface TemplateSource {
  readonly text: string;
  /** Absolute; absent for a text in the program. */
  readonly path?: string;
  /** Where includes count from. */
  readonly folder: string;
}

/** A stretch of the output and the place in a template that made it. Offsets count UTF-8 bytes. */
export interface SourceSpan {
  readonly kind: "text" | "expr" | "legacy_bare" | "if" | "for_iteration" | "include";
  /** Line and column, from 1; 0 for plain text. */
  readonly place: Place;
  readonly start: number;
  readonly end: number;
  /** What a value was shown as, cut to 80 characters. */
  readonly boundValue?: string;
}

export interface RenderOptions {
  readonly host: Host;
  readonly signal?: CancelSignal;
  readonly names: ReadonlyMap<string, Value>;
  /** Receives spans, innermost first. */
  readonly spans?: SourceSpan[];
  /** Nodes that one rendering visits: a loop over a huge range must end. Default 10,000,000. */
  readonly maxSteps?: number;
}

const MAX_INCLUDES = 32;
const MAX_STEPS = 10_000_000;
/** UTF-16 units of output. */
const MAX_OUTPUT = 128 * 1024 * 1024;
const PREVIEW_LENGTH = 80;
const NO_PLACE: Place = { line: 0, column: 0 };

/** A file that is being filled in, and the files that include it. */
interface OpenFile {
  readonly path: string | undefined;
  readonly folder: string;
  readonly includer: OpenFile | undefined;
  readonly depth: number;
}

interface Loop {
  readonly node: Extract<TemplateNode, { kind: "for" }>;
  readonly items: Items;
  readonly outer: Scope;
  index: number;
}

interface Block {
  readonly nodes: readonly TemplateNode[];
  readonly file: OpenFile;
  scope: Scope;
  at: number;
  readonly loop?: Loop;
  /** Recorded when the block is through. */
  span?: { readonly kind: SourceSpan["kind"]; readonly place: Place; readonly start: number };
}

/** @throws TemplateError */
export async function renderTemplate(source: TemplateSource, options: RenderOptions): Promise<string> {
  return new Rendering(source, options).run();
}

class Rendering {
  readonly #options: RenderOptions;
  readonly #rootFolder: string | undefined;
  readonly #blocks: Block[] = [];
  readonly #parts: string[] = [];
  #length = 0;
  /** Output so far in bytes; kept only where spans are wanted. */
  #offset = 0;
  #steps = 0;
  readonly #maxSteps: number;

  constructor(source: TemplateSource, options: RenderOptions) {
    this.#options = options;
    this.#maxSteps = options.maxSteps ?? MAX_STEPS;
    const file = { path: source.path, folder: source.folder, includer: undefined, depth: 0 };
    this.#rootFolder = source.path === undefined ? undefined : normalizePath(source.folder);
    const scope = { names: options.names, outer: undefined };
    this.#blocks.push({ nodes: parseIn(source.text, source.path), file, scope, at: 0 });
  }

  async run(): Promise<string> {
    for (let block = this.#blocks.at(-1); block !== undefined; block = this.#blocks.at(-1)) {
      const node = block.nodes[block.at];
      if (node === undefined) {
        this.#leave(block);
        continue;
      }
      block.at += 1;
      this.#step(node, block);
      if (node.kind === "include") await this.#include(node, block);
      else this.#visit(node, block);
    }
    return this.#parts.join("");
  }

  #step(node: TemplateNode, { file }: Block): void {
    if (++this.#steps <= this.#maxSteps) return;
    const place = node.kind === "text" ? { line: 1, column: 1 } : node.place;
    throw new TemplateError(place, `template takes more than ${this.#maxSteps} steps`, file.path);
  }

  #visit(node: Exclude<TemplateNode, { kind: "include" }>, block: Block): void {
    switch (node.kind) {
      case "text":
        this.#write(node.text, "text", NO_PLACE, block);
        return;
      case "name": {
        const found = lookUp(block.scope, node.name);
        const text = found === undefined ? `{{${node.name}}}` : shownValue(found.value);
        this.#write(text, "legacy_bare", node.place, block, found !== undefined);
        return;
      }
      case "expression":
        this.#write(shownValue(this.#value(node.expression, node.place, block)), "expr", node.place, block, true);
        return;
      case "if": {
        const taken = node.branches.find(({ condition }) => isTrue(this.#value(condition, node.place, block)));
        this.#enter(taken?.body ?? node.otherwise, block, "if", node.place);
        return;
      }
      case "for":
        this.#startLoop(node, block);
        return;
    }
  }

  #value(expression: Expression, place: Place, { scope, file }: Block): Value {
    try {
      return evaluate(expression, scope);
    } catch (error) {
      if (error instanceof FilterProblem) throw new TemplateError(place, error.message, file.path);
      throw error;
    }
  }

  #write(text: string, kind: SourceSpan["kind"], place: Place, { file }: Block, isBound = false): void {
    this.#parts.push(text);
    this.#length += text.length;
    if (this.#length > MAX_OUTPUT) {
      throw new TemplateError(place, `output is longer than ${MAX_OUTPUT} characters`, file.path);
    }
    const { spans } = this.#options;
    if (spans === undefined) return;
    const start = this.#offset;
    this.#offset += bytesOf(text).length;
    spans.push({ kind, place, start, end: this.#offset, ...(isBound ? { boundValue: preview(text) } : {}) });
  }

  // ---- blocks --------------------------------------------------------------------------------------------------------

  #enter(nodes: readonly TemplateNode[], { file, scope }: Block, kind: SourceSpan["kind"], place: Place): void {
    this.#blocks.push({ nodes, file, scope, at: 0, span: { kind, place, start: this.#offset } });
  }

  #startLoop(node: Extract<TemplateNode, { kind: "for" }>, block: Block): void {
    const value = this.#value(node.items, node.place, block);
    const items = itemsOf(value);
    if (items === undefined) {
      const problem = `cannot iterate over ${typeName(value)} — expected list, dict, set, or range`;
      throw new TemplateError(node.place, problem, block.file.path);
    }
    if (items.length === 0) {
      this.#blocks.push({ nodes: node.empty, file: block.file, scope: block.scope, at: 0 });
      return;
    }
    const loop: Loop = { node, items, outer: block.scope, index: 0 };
    this.#blocks.push({
      nodes: node.body,
      file: block.file,
      scope: iterationScope(loop),
      at: 0,
      loop,
      span: { kind: "for_iteration", place: node.place, start: this.#offset },
    });
  }

  #leave(block: Block): void {
    if (block.span !== undefined) {
      this.#options.spans?.push({ ...block.span, end: this.#offset });
    }
    const { loop } = block;
    if (loop === undefined || loop.index + 1 >= loop.items.length) {
      this.#blocks.pop();
      return;
    }
    loop.index += 1;
    block.scope = iterationScope(loop);
    block.at = 0;
    block.span = { kind: "for_iteration", place: loop.node.place, start: this.#offset };
    // A body without nodes counts too.
    this.#step(loop.node, block);
  }

  // ---- includes ------------------------------------------------------------------------------------------------------

  async #include(node: Extract<TemplateNode, { kind: "include" }>, block: Block): Promise<void> {
    const { file } = block;
    const fail = (problem: string): never => {
      throw new TemplateError(node.place, problem, file.path);
    };
    const { host, signal } = this.#options;
    const target = this.#value(node.path, node.place, block);
    if (typeof target !== "string") return fail(`include path must be a string (got ${typeName(target)})`);
    const asset = await resolveAsset(host, target, file.folder);
    if ("message" in asset) return fail(asset.message);
    const path = normalizePath(asset.path);
    const root = this.#rootFolder;
    if (!asset.isPackagePath && root !== undefined && !path.startsWith(root.endsWith("/") ? root : `${root}/`)) {
      return fail(`include path ${path} escapes template root ${root}`);
    }
    const chain = filesOf(file);
    if (chain.includes(path)) return fail(`circular include detected: ${[...chain, path].join(" → ")}`);
    if (file.depth >= MAX_INCLUDES) return fail(`include depth exceeded (${MAX_INCLUDES} levels)`);

    const bytes = await host.perform("fs.read", { path }, signal).catch((error: unknown) => {
      if (error instanceof HostError) return fail(`failed to read included template ${path}: ${systemWordsOf(error)}`);
      throw error;
    });
    const text = decodeUtf8(bytes);
    if (text === undefined) {
      return fail(`failed to read included template ${path}: stream did not contain valid UTF-8`);
    }
    const bindings = node.bindings.map(([name, value]) => [name, this.#value(value, node.place, block)] as const);
    this.#blocks.push({
      nodes: parseIn(text, path),
      file: { path, folder: parentPath(path), includer: file, depth: file.depth + 1 },
      scope: { names: new Map(bindings), outer: block.scope },
      at: 0,
      span: { kind: "include", place: node.place, start: this.#offset },
    });
  }
}

function parseIn(text: string, path: string | undefined): readonly TemplateNode[] {
  try {
    return parseTemplate(text);
  } catch (error) {
    throw error instanceof TemplateError ? error.in(path) : error;
  }
}

function iterationScope({ node, items, outer, index }: Loop): Scope {
  const [key, value] = items.at(index);
  const { length } = items;
  const names = new Map<string, Value>([[node.valueName, value]]);
  if (node.keyName !== undefined) names.set(node.keyName, key);
  names.set(
    "loop",
    record({ index: index + 1, index0: index, first: index === 0, last: index === length - 1, length }),
  );
  return { names, outer };
}

/** Outermost first, without a text of the program. */
function filesOf(file: OpenFile): string[] {
  const paths: string[] = [];
  for (let each: OpenFile | undefined = file; each !== undefined; each = each.includer) {
    if (each.path !== undefined) paths.unshift(normalizePath(each.path));
  }
  return paths;
}

function preview(text: string): string {
  const characters = [...text.slice(0, 2 * PREVIEW_LENGTH + 2)];
  return characters.length <= PREVIEW_LENGTH ? text : `${characters.slice(0, PREVIEW_LENGTH - 1).join("")}…`;
}
