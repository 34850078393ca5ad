/** Talking to servers. A status that tells of a failure is a response like any other; only what brings none throws. */

import { type AsyncContext, Bytes, Dict, display, type NativeContext, type Value } from "../../vm/index.ts";
import { textArgument, thrown } from "../arguments.ts";
import { type Builtin, effect, pure } from "../builtin.ts";
import { closeAllStreams, closeStream, openStream, readStream, streamInfo } from "./body-streams.ts";
import { download } from "./download.ts";
import { answeredCalls, clearAnswers, prepareAnswers } from "./prepared-answers.ts";
import {
  intOption,
  type Options,
  optionsOf,
  planRequest,
  REQUEST_OPTION_NAMES,
  type RequestPlan,
} from "./request-plan.ts";
import { isHttpUrl, sendRequest } from "./send-request.ts";
import { closeSession, handleOf, mergedOptions, openSession, sessionOptions } from "./sessions.ts";

const ERRORS = "Throws when no response came: no connection, no answer in time, an address or option that is none";
const MOCKED = 'http_mock("GET", "https://example.com/*", {status: 200, body: "hi"})\n';
const OPTIONS = [...REQUEST_OPTION_NAMES, "session"];
const OPTIONS_WITH_METHOD = [...OPTIONS, "method"];
/** Bytes that one read gives at most, unless told otherwise. */
const DEFAULT_READ_BYTES = 1024 * 1024;

async function request(
  context: AsyncContext,
  method: string,
  url: string,
  options: Options,
  builtin = "http_request",
): Promise<Value> {
  const plan = await planRequest(context.host, "http", method, url, sessionOptions(context, options, builtin));
  if (!isHttpUrl(plan.url)) throw thrown(`http: URL must start with http:// or https://, got '${url}'`);
  return sendRequest(context, plan);
}

function requiredUrl(args: readonly Value[], at: number, builtin: string): string {
  const url = textArgument(args, at);
  if (url === "") throw thrown(`${builtin}: URL is required`);
  return url;
}

function verb(name: "get" | "delete", summary: string): Builtin {
  const builtin = `http_${name}`;
  return effect(
    {
      signature: `${builtin}(url: string, options?: dict) -> dict`,
      summary,
      options: OPTIONS,
      effects: ["http"],
      errors: ERRORS,
      example: `http_mock("*", "https://example.com/*", {status: 200, body: "hi"})\nprintln(${builtin}("https://example.com/a").body)`,
    },
    (args, context) => request(context, name.toUpperCase(), requiredUrl(args, 0, builtin), optionsOf(args[1])),
  );
}

/** The body is the second argument, or the option `body` when that argument is a dict and the last one. */
function verbWithBody(name: "post" | "put" | "patch", summary: string): Builtin {
  const builtin = `http_${name}`;
  return effect(
    {
      signature: `${builtin}(url: string, body_or_options?: any, options?: dict) -> dict`,
      summary,
      options: OPTIONS,
      effects: ["http"],
      errors: ERRORS,
      example: `http_mock("*", "https://example.com/*", {status: 201})\nprintln(${builtin}("https://example.com/a", "{}").status)`,
    },
    async (args, context) => {
      const url = requiredUrl(args, 0, builtin);
      const [, body, options] = args;
      if (body instanceof Dict && options === undefined) {
        return request(context, name.toUpperCase(), url, body.map);
      }
      const sent = body instanceof Bytes ? body : args.length < 2 ? "" : display(body);
      return request(context, name.toUpperCase(), url, new Map([...optionsOf(options), ["body", sent]]));
    },
  );
}

/** `GET` unless the options name a method; the options of a session count. */
function planOther(context: AsyncContext, url: string, given: Value, builtin: string): Promise<RequestPlan> {
  const options = sessionOptions(context, optionsOf(given), builtin);
  const method = options.get("method");
  const name = method === undefined ? "" : display(method).toUpperCase();
  return planRequest(context.host, builtin, name === "" ? "GET" : name, url, options);
}

/** Takes a handle as its first argument. */
function handleAt(args: readonly Value[], builtin: string, what: string): string {
  if (args.length === 0) throw thrown(`${builtin}: requires a ${what} handle`);
  return handleOf(args[0], builtin);
}

function closing(
  name: string,
  what: "stream" | "session",
  close: (context: NativeContext, id: string) => boolean,
): Builtin {
  return pure(
    {
      signature: `${name}(${what}: string) -> bool`,
      summary: `Close a ${what}; false when there is none`,
      effects: ["http"],
      errors: "Throws for what is no handle",
      example: `println(${name}("none"))`,
    },
    (args, context) => close(context, handleAt(args, name, what)),
  );
}

export const httpBuiltins: readonly Builtin[] = [
  verb("get", "Ask a server for something: `{status, headers, body, ok}`"),
  verbWithBody("post", "Send something to a server: `{status, headers, body, ok}`"),
  verbWithBody("put", "Put something on a server: `{status, headers, body, ok}`"),
  verbWithBody("patch", "Change something on a server: `{status, headers, body, ok}`"),
  verb("delete", "Delete something on a server: `{status, headers, body, ok}`"),
  effect(
    {
      signature: "http_request(method: string, url: string, options?: dict) -> dict",
      summary: "Send a request of any method: `{status, headers, body, ok}`",
      options: OPTIONS,
      effects: ["http"],
      errors: ERRORS,
      example: `${MOCKED}println(http_request("GET", "https://example.com/a").body)`,
    },
    async (args, context) => {
      const method = textArgument(args, 0).toUpperCase();
      if (method === "") throw thrown("http_request: method is required");
      return request(context, method, requiredUrl(args, 1, "http_request"), optionsOf(args[2]));
    },
  ),
  effect(
    {
      signature: "http_download(url: string, path: string, options?: dict) -> dict",
      summary: "Write what a server sends into a file: `{status, headers, bytes_written, ok}`",
      options: OPTIONS_WITH_METHOD,
      effects: ["http", "fs"],
      errors: ERRORS,
      example: `${MOCKED}println(http_download("https://example.com/a", "a.txt").bytes_written)`,
    },
    async (args, context) => {
      const url = requiredUrl(args, 0, "http_download");
      const path = textArgument(args, 1);
      if (path === "") throw thrown("http_download: destination path is required");
      return download(context, await planOther(context, url, args[2], "http_download"), path);
    },
  ),
  effect(
    {
      signature: "http_stream_open(url: string, options?: dict) -> string",
      summary: "Start a request whose body is read piece by piece, and give its handle",
      options: OPTIONS_WITH_METHOD,
      effects: ["http"],
      errors: ERRORS,
      example: `${MOCKED}let s = http_stream_open("https://example.com/a")\nprintln(http_stream_info(s).status)`,
    },
    async (args, context) => {
      const url = requiredUrl(args, 0, "http_stream_open");
      return openStream(context, await planOther(context, url, args[1], "http_stream_open"));
    },
  ),
  effect(
    {
      signature: "http_stream_read(stream: string, max_bytes?: int) -> bytes | nil",
      summary: "Wait for the next piece of a body; nil at its end",
      effects: ["http"],
      errors: "Throws when the body is cut",
      example: `${MOCKED}let s = http_stream_open("https://example.com/a")\nprintln(bytes_to_string(http_stream_read(s)))`,
    },
    async (args, context) => {
      const id = handleAt(args, "http_stream_read", "stream");
      const maxBytes = intOption(new Map([["n", args[1]]]), "n") ?? DEFAULT_READ_BYTES;
      return readStream(context, id, Math.max(1, maxBytes));
    },
  ),
  pure(
    {
      signature: "http_stream_info(stream: string) -> dict",
      summary: "Give the head of a response whose body is being read: `{status, headers, ok}`",
      effects: ["http"],
      errors: "Throws when there is no such stream",
      example: `${MOCKED}let s = http_stream_open("https://example.com/a")\nprintln(http_stream_info(s).ok)`,
    },
    (args, context) => streamInfo(context, handleAt(args, "http_stream_info", "stream")),
  ),
  closing("http_stream_close", "stream", closeStream),
  pure(
    {
      signature: "http_session(options?: dict) -> string",
      summary: "Keep options for several requests, and give a handle to them",
      options: OPTIONS_WITH_METHOD,
      effects: ["http"],
      errors: "Throws beyond 64 open sessions",
      example: 'let s = http_session({headers: {accept: "text/plain"}})\nprintln(http_session_close(s))',
    },
    ([options], context) => openSession(context, optionsOf(options)),
  ),
  effect(
    {
      signature: "http_session_request(session: string, method: string, url: string, options?: dict) -> dict",
      summary: "Send a request with the options of a session: `{status, headers, body, ok}`",
      options: OPTIONS,
      effects: ["http"],
      errors: ERRORS,
      example: `${MOCKED}println(http_session_request(http_session(), "GET", "https://example.com/a").body)`,
    },
    async (args, context) => {
      const builtin = "http_session_request";
      if (args.length < 3) throw thrown(`${builtin}: requires session, method, and URL`);
      const id = handleOf(args[0], builtin);
      const method = textArgument(args, 1).toUpperCase();
      if (method === "") throw thrown(`${builtin}: method is required`);
      const url = requiredUrl(args, 2, builtin);
      return request(context, method, url, mergedOptions(context, id, optionsOf(args[3]), builtin), builtin);
    },
  ),
  closing("http_session_close", "session", closeSession),
  pure(
    {
      signature: "http_mock(method: string, url_pattern: string, response?: dict)",
      summary: "Answer matching requests of this run: `{status, body, headers}` or `{responses: […]}`; `*` matches any",
      effects: ["state"],
      example: `${MOCKED}println(http_get("https://example.com/a").ok)`,
    },
    (args, context) => {
      prepareAnswers(context, textArgument(args, 0), textArgument(args, 1), args[2]);
      return undefined;
    },
  ),
  pure(
    {
      signature: "http_mock_calls(options?: dict) -> list<dict>",
      summary: "List the requests that were answered by mocks, secrets hidden: `{method, url, headers, body}`",
      options: ["include_sensitive", "include_sensitive_headers", "redact_headers", "redact_sensitive"],
      effects: ["state"],
      example: "println(http_mock_calls())",
    },
    ([given], context) => {
      const options = optionsOf(given);
      const isSet = (name: string, fallback: boolean): boolean => {
        const value = options.get(name);
        return typeof value === "boolean" ? value : fallback;
      };
      const include = isSet("include_sensitive", false) || isSet("include_sensitive_headers", false);
      return answeredCalls(context, isSet("redact_sensitive", isSet("redact_headers", true)) && !include);
    },
  ),
  pure(
    {
      signature: "http_mock_clear()",
      summary: "Forget all mocks and the requests they answered, and close open streams",
      effects: ["state"],
      example: "http_mock_clear()",
    },
    (_args, context) => {
      clearAnswers(context);
      closeAllStreams(context);
      return undefined;
    },
  ),
];
