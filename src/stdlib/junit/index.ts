/**
 * Test results in the XML that test runners write. Lenient: what is damaged gives fewer results, never an error.
 */

import { table } from "../../base/index.ts";
import { Bytes, List, record, Thrown, typeName, type Value } from "../../vm/index.ts";
import { decodeUtf8 } from "../arguments.ts";
import { type Builtin, pure } from "../builtin.ts";

interface Tag {
  readonly attributes: ReadonlyMap<string, string>;
  readonly selfClosing: boolean;
  /** Offset after `>`. */
  readonly end: number;
}

const ATTRIBUTE = /([^\s=/]+)\s*=\s*("[^"]*"|'[^']*')/g;

/** The opening tag of a name from an offset on. */
function findTag(xml: string, name: string, from: number): (Tag & { readonly start: number }) | undefined {
  for (let start = xml.indexOf(`<${name}`, from); start >= 0; start = xml.indexOf(`<${name}`, start + 1)) {
    const head = start + name.length + 1;
    if (!/[\s/>]/.test(xml[head] ?? "")) continue;
    const end = tagEnd(xml, head);
    if (end < 0) return undefined;
    const inner = xml.slice(head, end);
    const attributes = new Map<string, string>();
    for (const [, key = "", value = ""] of inner.matchAll(ATTRIBUTE))
      attributes.set(key, decodeEntities(value.slice(1, -1)));
    return { start, attributes, selfClosing: inner.endsWith("/"), end: end + 1 };
  }
  return undefined;
}

/** The `>` that ends a tag: not one inside an attribute's quotes. */
function tagEnd(xml: string, from: number): number {
  let quote = "";
  for (let at = from; at < xml.length; at++) {
    const char = xml[at] as string;
    if (quote !== "") quote = char === quote ? "" : quote;
    else if (char === '"' || char === "'") quote = char;
    else if (char === ">") return at;
  }
  return -1;
}

interface Element {
  readonly attributes: ReadonlyMap<string, string>;
  readonly body: string;
  readonly end: number;
}

function findElement(xml: string, name: string, from = 0): Element | undefined {
  const tag = findTag(xml, name, from);
  if (!tag) return undefined;
  if (tag.selfClosing) return { attributes: tag.attributes, body: "", end: tag.end };
  const close = xml.indexOf(`</${name}>`, tag.end);
  if (close < 0) return undefined;
  return { attributes: tag.attributes, body: xml.slice(tag.end, close), end: close + name.length + 3 };
}

const ENTITIES: Readonly<Record<string, string>> = table({ lt: "<", gt: ">", quot: '"', apos: "'", amp: "&" });

function decodeEntities(text: string): string {
  return text.replace(/&(?:#x([0-9a-f]+)|#(\d+)|(\w+));/gi, (all, hex?: string, decimal?: string, name?: string) => {
    if (name !== undefined) return ENTITIES[name] ?? all;
    const code = hex === undefined ? Number(decimal) : Number.parseInt(hex, 16);
    return code <= 0x10ffff && (code < 0xd800 || code > 0xdfff) ? String.fromCodePoint(code) : all;
  });
}

/** Character data, CDATA sections opened. */
function textOf(body: string): string {
  return body
    .split(/<!\[CDATA\[([\s\S]*?)\]\]>/)
    .map((part, index) => (index % 2 === 1 ? part : decodeEntities(part)))
    .join("")
    .trim();
}

function failureText(element: Element): string {
  const message = element.attributes.get("message");
  const detail = textOf(element.body);
  if (message === undefined) return detail;
  return detail === "" ? message : `${message}\n${detail}`;
}

function caseOf({ attributes, body }: Element): Value {
  const name = attributes.get("name") ?? "";
  const className = attributes.get("classname") ?? "";
  const seconds = Number(attributes.get("time") ?? "0");
  const failure = findElement(body, "failure");
  const error = failure ? undefined : findElement(body, "error");
  const problem = failure ?? error;
  const skipped = findTag(body, "skipped", 0) !== undefined;
  const stream = (tag: string): string | undefined => {
    const element = findElement(body, tag);
    return element && textOf(element.body);
  };
  return record({
    name: className !== "" && name !== "" ? `${className}::${name}` : name,
    status: failure ? "failed" : error ? "errored" : skipped ? "skipped" : "passed",
    duration_ms: seconds >= 0 && Number.isFinite(seconds) ? Math.floor(Math.round(seconds * 1e9) / 1e6) : 0,
    message: problem && failureText(problem),
    stdout: stream("system-out"),
    stderr: stream("system-err"),
  });
}

function parseCases(xml: string): Value[] {
  const cases: Value[] = [];
  for (let element = findElement(xml, "testcase"); element; element = findElement(xml, "testcase", element.end)) {
    cases.push(caseOf(element));
  }
  return cases;
}

export const junitBuiltins: readonly Builtin[] = [
  pure(
    {
      signature: "parse_junit_xml(xml: string | bytes) -> list",
      summary: "Read JUnit XML: `{name, status, duration_ms, message, stdout, stderr}` of every test case",
      errors: "Anything but text and bytes",
      example: "println(parse_junit_xml(\"<testcase name='adds' time='0.5'/>\"))",
    },
    ([xml]) => {
      if (xml === undefined) return new List([]);
      if (typeof xml === "string") return new List(parseCases(xml));
      if (xml instanceof Bytes) return new List(parseCases(decodeUtf8(xml.data) ?? ""));
      throw new Thrown(`parse_junit_xml: expected string or bytes, got ${typeName(xml)}`);
    },
  ),
];
