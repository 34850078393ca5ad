/** Options that several requests share. Programs know a session by an id such as `http-session-1`. */

import { Dict, display, type NativeContext, share, type Value } from "../../vm/index.ts";
import { thrown } from "../arguments.ts";
import { runState } from "../builtin.ts";
import type { Options } from "./request-plan.ts";

const MAX_SESSIONS = 64;

const sessionsOf = ({ vm }: Pick<NativeContext, "vm">): Map<string, Options> =>
  runState(vm, "http.sessions", () => new Map());

/** Ids of sessions and streams are numbered together. */
export function nextHandle({ vm }: Pick<NativeContext, "vm">, prefix: string): string {
  const counter = runState(vm, "http.handles", () => ({ last: 0 }));
  counter.last += 1;
  return `${prefix}-${counter.last}`;
}

/** An id, or a dict that has one. */
export function handleOf(value: Value, builtin: string): string {
  if (typeof value === "string") return value;
  if (!(value instanceof Dict)) throw thrown(`${builtin}: first argument must be a handle string or dict`);
  const id = value.map.has("id") ? display(value.map.get("id")) : "";
  if (id === "") throw thrown(`${builtin}: handle dict must contain id`);
  return id;
}

export function openSession(context: NativeContext, options: Options): string {
  const sessions = sessionsOf(context);
  if (sessions.size >= MAX_SESSIONS) throw thrown(`http_session: maximum open sessions (${MAX_SESSIONS}) reached`);
  const id = nextHandle(context, "http-session");
  for (const value of options.values()) share(value);
  sessions.set(id, new Map(options));
  return id;
}

export function closeSession(context: NativeContext, id: string): boolean {
  return sessionsOf(context).delete(id);
}

/** The options of a request on top of those of its session, if it names one. */
export function sessionOptions(context: NativeContext, options: Options, builtin: string): Options {
  const session = options.get("session");
  return session === undefined ? options : mergedOptions(context, handleOf(session, builtin), options, builtin);
}

export function mergedOptions(context: NativeContext, id: string, options: Options, builtin: string): Options {
  const shared = sessionsOf(context).get(id);
  if (shared === undefined) throw thrown(`${builtin}: unknown HTTP session '${id}'`);
  const merged = new Map([...shared, ...options]);
  merged.delete("session");
  return merged;
}
