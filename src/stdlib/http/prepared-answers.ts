/** Answers that a test prepares for requests, and what was asked. */

import { Dict, display, isInt, List, type NativeContext, record, toDouble, type Value } from "../../vm/index.ts";
import { runState } from "../builtin.ts";
import { optionsOf } from "./request-plan.ts";

export interface PreparedAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

interface Prepared {
  /** `*` for any. */
  readonly method: string;
  /** `*` stands for anything. */
  readonly pattern: string;
  /** The last one is given again and again. */
  readonly answers: readonly PreparedAnswer[];
  next: number;
}

interface Call {
  readonly method: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | undefined;
}

interface AnswerState {
  prepared: Prepared[];
  calls: Call[];
}

const stateOf = ({ vm }: Pick<NativeContext, "vm">): AnswerState =>
  runState(vm, "http.answers", () => ({ prepared: [], calls: [] }));

/** Replaces what was prepared for the same method and pattern. */
export function prepareAnswers(context: NativeContext, method: string, pattern: string, given: Value): void {
  const state = stateOf(context);
  const scripted = optionsOf(given).get("responses");
  const several = scripted instanceof List ? scripted.items.filter((item) => item instanceof Dict) : [];
  state.prepared = state.prepared.filter((each) => each.method !== method || each.pattern !== pattern);
  const answers = (several.length > 0 ? several : [given]).map(readAnswer);
  state.prepared.push({ method, pattern, answers, next: 0 });
}

function readAnswer(given: Value): PreparedAnswer {
  const fields = optionsOf(given);
  const status = fields.get("status");
  const headers = fields.get("headers");
  return {
    status: isInt(status) ? toDouble(status) : 200,
    body: fields.has("body") ? display(fields.get("body")) : "",
    headers:
      headers instanceof Dict
        ? Object.fromEntries([...headers.map].map(([name, value]) => [name, display(value)]))
        : {},
  };
}

/** The answer prepared for a request, the first that fits; undefined: ask the network. */
export function takeAnswer(context: NativeContext, call: Call): PreparedAnswer | undefined {
  const state = stateOf(context);
  const found = state.prepared.find(
    ({ method, pattern }) =>
      (method === "*" || method.toUpperCase() === call.method.toUpperCase()) && urlFits(pattern, call.url),
  );
  if (found === undefined) return undefined;
  const answer = found.answers[found.next];
  if (found.next + 1 < found.answers.length) found.next += 1;
  state.calls.push(call);
  return answer;
}

export function clearAnswers(context: NativeContext): void {
  const state = stateOf(context);
  state.prepared = [];
  state.calls = [];
}

/** `*` stands for any text; between two of them the first place is taken. */
export function urlFits(pattern: string, url: string): boolean {
  const parts = pattern.split("*");
  const [first = "", ...rest] = parts;
  const last = rest.pop();
  if (last === undefined) return pattern === url;
  if (!url.startsWith(first)) return false;
  let at = first.length;
  for (const part of rest) {
    const found = url.indexOf(part, at);
    if (found < 0) return false;
    at = found + part.length;
  }
  return url.length - last.length >= at && url.endsWith(last);
}

// ---- what was asked --------------------------------------------------------------------------------------------------

const REDACTED = "[redacted]";
const SECRET_HEADERS: readonly string[] = [
  "authorization",
  "proxy-authorization",
  "cookie",
  "set-cookie",
  "x-api-key",
  "api-key",
  "x-auth-token",
  "x-csrf-token",
  "x-xsrf-token",
];
const SECRET_PARAMETER =
  /^(api_key|apikey|access_token|refresh_token|id_token|client_secret|password|secret|token)$|_token$|_secret$/i;

/** `{method, url, headers, body}` of every request that was answered. */
export function answeredCalls(context: NativeContext, redact: boolean): List {
  return new List(
    stateOf(context).calls.map(({ method, url, headers, body }) =>
      record({
        method,
        url: redact ? redactedUrl(url) : url,
        headers: record(
          Object.fromEntries(
            Object.entries(headers).map(([name, value]) => [
              name,
              redact && SECRET_HEADERS.includes(name.toLowerCase()) ? REDACTED : value,
            ]),
          ),
        ),
        body,
      }),
    ),
  );
}

function redactedUrl(url: string): string {
  if (!URL.canParse(url)) return url;
  const parsed = new URL(url);
  const names = new Set([...parsed.searchParams.keys()].filter((name) => SECRET_PARAMETER.test(name)));
  if (names.size === 0) return url;
  const pairs = [...parsed.searchParams].map(([name, value]) => [name, names.has(name) ? REDACTED : value]);
  parsed.search = new URLSearchParams(pairs).toString();
  return parsed.href;
}
