/** What a fuzz case has to say against a part of the system, and the checks that several parts share. */

import { allCodes, type Diagnostic, renderDiagnostic, type SourceFile, type Span } from "../../lang/index.ts";

export interface Complaint {
  /** The same for inputs that show the same fault; what findings are told apart by. */
  readonly signature: string;
  /** For people, several lines. */
  readonly detail: string;
  /** The fault is that a program known to be sound is not taken as such: with less of it, it may not be sound. */
  readonly isAboutSoundness?: boolean;
}

export function complaint(rule: string, detail: string): Complaint {
  return { signature: rule, detail: `${rule}\n${detail}` };
}

/** A program that was made to be sound is refused or fails. */
export function soundnessComplaint(rule: string, message: string): Complaint {
  return { signature: `${rule}: ${withoutDetails(message)}`, detail: `${rule}\n${message}`, isAboutSoundness: true };
}

/** An exception where there must be none. */
export function thrownComplaint(where: string, error: unknown): Complaint {
  const name = error instanceof Error ? error.name : typeof error;
  const message = error instanceof Error ? error.message : String(error);
  const stack = error instanceof Error ? (error.stack ?? "") : "";
  const place = /\/(?:src|dist)\/([\w./-]+):\d+:\d+/.exec(stack)?.[1] ?? "";
  return {
    signature: `${where} throws ${name}: ${withoutDetails(message)}${place === "" ? "" : ` in ${place}`}`,
    detail: `${where} throws ${stack === "" ? message : stack}`,
  };
}

/** What the platform says of its own accord: a program must never read it. */
const PLATFORM_TEXT: readonly RegExp[] = [
  /.*internal error.*/i,
  /.*Cannot (?:use|read|set|access|convert|mix|destructure|delete|redefine|assign)\b.*(?:propert|'|undefined|null|BigInt|object|Symbol).*/,
  /.*(?:is not a (?:function|constructor)|(?<!value of type [a-z_ ]+) is not iterable|is read-only|is not extensible)\b.*/,
  /.*\b(?:Reduce of empty array|Maximum call stack|Assignment to constant variable|Invalid (?:string|array|time|count|code point|array buffer|typed array))\b.*/,
  /.*(?:\[object \w+\]|\(node:|node:internal|\bat \S+ \(\S+:\d+:\d+\)).*/,
  /.*(?:\bin JSON at position \d|Unexpected end of JSON|is not valid JSON|Invalid regular expression: \/).*/,
  /.*\b(?:ReferenceError|RangeError|SyntaxError|URIError|EvalError|AggregateError|DOMException|ERR_[A-Z_]+)\b.*/,
];

/** The first line that only the platform can have written. */
export function platformText(text: string): string | undefined {
  for (const pattern of PLATFORM_TEXT) {
    const found = pattern.exec(text)?.[0];
    if (found !== undefined) return found;
  }
  return undefined;
}

/** A message without what differs from input to input: numbers and quoted text. */
export function withoutDetails(message: string): string {
  const line = message.split("\n", 1)[0] ?? "";
  return line
    .replace(/'[^']*'|`[^`]*`|"[^"]*"/g, "…")
    .replace(/\d+/g, "#")
    .slice(0, 160);
}

const knownCodes: ReadonlySet<string> = new Set(allCodes.map(({ code }) => code));

/** What is wrong with a diagnostic as such: its place, its text, its code, or that it cannot be shown. */
export function diagnosticComplaint(diagnostic: Diagnostic, file: SourceFile): Complaint | undefined {
  const { code, message, hint, span, labels = [] } = diagnostic;
  if (!knownCodes.has(code)) return complaint(`Unknown code ${code}`, message);
  if (message === "" || /[\r\n]/.test(message)) return complaint(`${code}: message of several lines`, message);
  if (hint !== undefined && /[\r\n]/.test(hint)) return complaint(`${code}: hint of several lines`, hint);
  for (const place of [span, ...labels.map((label) => label.span)]) {
    if (place.start < 0 || place.end < place.start || place.end > file.text.length) {
      return complaint(`${code}: place outside of the file`, `${message} at ${place.start}..${place.end}`);
    }
  }
  try {
    renderDiagnostic(diagnostic, file);
    return undefined;
  } catch (error) {
    return thrownComplaint(`Showing ${code}`, error);
  }
}

/** The first node whose span sticks out of the node around it. */
export function strayNode(value: unknown, around: Span, path: string): string | undefined {
  // A work list: trees may be as tall as the parser allows.
  const pending: { readonly value: unknown; readonly around: Span; readonly path: string }[] = [
    { value, around, path },
  ];
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    if (typeof next.value !== "object" || next.value === null) continue;
    const { span } = next.value as { span?: Span };
    if (span !== undefined && (span.start < next.around.start || span.end > next.around.end || span.start > span.end)) {
      return `${next.path}: ${span.start}..${span.end} outside of ${next.around.start}..${next.around.end}`;
    }
    for (const [key, field] of Object.entries(next.value)) {
      if (key !== "span") pending.push({ value: field, around: span ?? next.around, path: `${next.path}.${key}` });
    }
  }
  return undefined;
}
