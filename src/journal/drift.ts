/** A replay that asks for something else than was recorded, and where exactly the two part. */

import { HarnError, type Json } from "../base/index.ts";
import type { Scrubber } from "./value-codec.ts";

/** One request, as in the journal. */
export interface RequestView {
  readonly task: string;
  readonly kind: string;
  readonly args: unknown;
}

export interface RecordedRequest extends RequestView {
  readonly seq: number;
}

/** Where two values part: a path such as `messages[2].content`, empty for the whole, and what stands there. */
export interface Difference {
  readonly path: string;
  /** Short text; `nothing` when the field is absent. */
  readonly recorded: string;
  readonly asked: string;
}

/**
 * - `different`: the request differs from the recorded one.
 * - `extra`: the task asks for more than was recorded.
 * - `missing`: something recorded was never asked for.
 * - `ended`: the run was not over: its recording stops before this request, or while this effect was in flight.
 */
export type DriftReason = "different" | "extra" | "missing" | "ended";

export interface DriftFields {
  readonly reason: DriftReason;
  readonly recorded?: RecordedRequest;
  readonly asked?: RequestView;
  readonly difference?: Difference;
}

/**
 * The program does not do what the journal says it did. Code `journal.drift`. Not for programs to catch: whoever runs
 * them stops, since from here on nothing would be true.
 */
export class DriftError extends HarnError {
  readonly reason: DriftReason;
  readonly recorded: RecordedRequest | undefined;
  readonly asked: RequestView | undefined;
  readonly difference: Difference | undefined;
  readonly hint: string;

  constructor(fields: DriftFields) {
    const hint = HINTS[fields.reason];
    const data: Record<string, Json> = { reason: fields.reason, hint };
    if (fields.recorded) data.recorded = describe(fields.recorded);
    if (fields.asked) data.asked = describe(fields.asked);
    if (fields.difference) data.difference = { ...fields.difference };
    super("journal.drift", driftMessage(fields), { data });
    this.name = "DriftError";
    this.reason = fields.reason;
    this.recorded = fields.recorded;
    this.asked = fields.asked;
    this.difference = fields.difference;
    this.hint = hint;
  }
}

const HINTS: Readonly<Record<DriftReason, string>> = {
  different: "Replay with the program that was recorded, or fork the run before this entry",
  extra: "Replay with the program that was recorded, or resume the run to go on from here",
  missing: "Replay with the program that was recorded, or fork the run before this entry",
  ended: "Resume the run to go on from here",
};

function driftMessage({ reason, recorded, asked, difference }: DriftFields): string {
  const was = recorded ? `\`${recorded.kind}\` as entry ${recorded.seq}` : "nothing more";
  const task = `task \`${asked?.task ?? recorded?.task ?? ""}\``;
  switch (reason) {
    case "different": {
      const where = difference?.path ? ` at \`${difference.path}\`` : "";
      const values = difference ? `: recorded ${difference.recorded}, asked ${difference.asked}` : "";
      return recorded?.kind === asked?.kind
        ? `Expected ${task} to ask for ${was} again, found a different request${where}${values}`
        : `Expected ${task} to ask for ${was}, found \`${asked?.kind}\``;
    }
    case "extra":
      return `Expected ${task} to ask for ${was}, found \`${asked?.kind}\``;
    case "missing":
      return `Expected ${task} to ask for ${was}, which it never did`;
    case "ended":
      if (recorded === undefined) return `Expected ${task} to ask for nothing more, found the end of the recording`;
      return `Expected an answer to ${was} of ${task}, found the end of the recording`;
  }
}

function describe(view: RequestView): Json {
  return { task: view.task, kind: view.kind, args: preview(view.args) };
}

/** The first place where two plain values differ; key order and absent-versus-undefined fields do not count. */
export function firstDifference(recorded: unknown, asked: unknown, path = ""): Difference | undefined {
  if (Object.is(recorded, asked)) return undefined;
  if (recorded instanceof Uint8Array && asked instanceof Uint8Array) return bytesDifference(recorded, asked, path);
  if (Array.isArray(recorded) && Array.isArray(asked)) {
    for (let i = 0; i < Math.max(recorded.length, asked.length); i++) {
      const at = `${path}[${i}]`;
      if (i >= recorded.length) return { path: at, recorded: "nothing", asked: preview(asked[i]) };
      if (i >= asked.length) return { path: at, recorded: preview(recorded[i]), asked: "nothing" };
      const found = firstDifference(recorded[i], asked[i], at);
      if (found) return found;
    }
    return undefined;
  }
  if (isRecord(recorded) && isRecord(asked)) {
    for (const key of new Set([...Object.keys(recorded), ...Object.keys(asked)])) {
      const step = /^[A-Za-z_][A-Za-z0-9_]*$/.test(key) ? key : `[${JSON.stringify(key)}]`;
      const at = path === "" || step.startsWith("[") ? path + step : `${path}.${step}`;
      const found = firstDifference(own(recorded, key), own(asked, key), at);
      if (found) return found;
    }
    return undefined;
  }
  if (typeof recorded === "string" && typeof asked === "string") return textDifference(recorded, asked, path);
  return { path, recorded: preview(recorded), asked: preview(asked) };
}

function own(object: Readonly<Record<string, unknown>>, key: string): unknown {
  return Object.hasOwn(object, key) ? object[key] : undefined;
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value) && !(value instanceof Uint8Array);
}

const EXCERPT_LENGTH = 60;

/** Long texts are shown from shortly before the place where they part. */
function textDifference(recorded: string, asked: string, path: string): Difference {
  let at = 0;
  while (at < recorded.length && recorded[at] === asked[at]) at++;
  const from = at > EXCERPT_LENGTH / 2 ? at - 20 : 0;
  const cut = (text: string) =>
    `${from > 0 ? "…" : ""}${JSON.stringify(text.slice(from, from + EXCERPT_LENGTH))}${
      text.length > from + EXCERPT_LENGTH ? "…" : ""
    }`;
  return { path, recorded: cut(recorded), asked: cut(asked) };
}

function bytesDifference(recorded: Uint8Array, asked: Uint8Array, path: string): Difference | undefined {
  const at = recorded.findIndex((byte, index) => byte !== asked[index]);
  if (at < 0 && recorded.length === asked.length) return undefined;
  const show = (bytes: Uint8Array) =>
    `${bytes.length} bytes, ${at < 0 ? "one prefix of the other" : `${bytes[at]} at ${at}`}`;
  return { path, recorded: show(recorded), asked: show(asked) };
}

function preview(value: unknown): string {
  if (value === undefined) return "nothing";
  if (value instanceof Uint8Array) return `${value.length} bytes`;
  const text =
    JSON.stringify(value, (_key, field: unknown) =>
      typeof field === "bigint" ? String(field) : field instanceof Uint8Array ? `${field.length} bytes` : field,
    ) ?? String(value);
  return text.length > EXCERPT_LENGTH ? `${text.slice(0, EXCERPT_LENGTH)}…` : text;
}

/** A value as it would have been read back from the journal: secrets replaced. */
export function scrubbed(value: unknown, scrubber: Scrubber): unknown {
  if (typeof value === "string") return scrubber.text(value);
  if (value instanceof Uint8Array) return scrubber.bytes(value);
  if (Array.isArray(value)) return value.map((item) => scrubbed(item, scrubber));
  if (isRecord(value)) {
    return Object.fromEntries(
      Object.entries(value).map(([key, field]) => [scrubber.text(key), scrubbed(field, scrubber)]),
    );
  }
  return value;
}
