/** What a PreStep or PostStep handler said (HOOK-11 … HOOK-15). */

import type { ValueModel } from "./value-model.ts";

export type PreStepAnswer =
  | { readonly kind: "keep" }
  | { readonly kind: "replace"; readonly args: readonly unknown[] }
  | { readonly kind: "deny"; readonly reason: string };

const DEFAULT_REASON = "denied by PreStep hook";

/**
 * nil or `Allow` goes on; a dict with a list as `args` or `modify` replaces the arguments; `deny`, `reason`, or `action`
 * `deny` refuses. A `deny` that is nil or false does not refuse, whatever reason stands beside it. Throws for anything
 * else, through the value model.
 */
export function readPreStepResult(result: unknown, values: ValueModel): PreStepAnswer {
  if (values.isNil(result) || values.wordOf(result) === "Allow") return { kind: "keep" };
  if (!values.isDict(result)) {
    const found = values.typeName(result);
    throw values.throwableFailure(`PreStep hook must return nil, Allow, or {deny|args}, got ${found}`);
  }
  const isSet = (name: string) => {
    const value = values.field(result, name);
    return !values.isNil(value) && !values.isFalse(value);
  };
  const action = values.field(result, "action");
  const refused = values.hasField(result, "deny") ? isSet("deny") : isSet("reason");
  if (refused || values.wordOf(action)?.toLowerCase() === "deny") {
    const reason = values.stringOf(values.field(result, "reason")) ?? values.stringOf(values.field(result, "deny"));
    return { kind: "deny", reason: reason ?? DEFAULT_REASON };
  }
  for (const name of ["args", "modify"]) {
    const args = values.listOf(values.field(result, name));
    if (args !== undefined) return { kind: "replace", args };
  }
  return { kind: "keep" };
}

export type PostStepAnswer = { readonly kind: "keep" } | { readonly kind: "replace"; readonly output: unknown };

/** nil or `Pass` keeps the output; a dict's `output`, else `result`, else `modify` replaces it, also by nil. */
export function readPostStepResult(result: unknown, values: ValueModel): PostStepAnswer {
  if (values.isNil(result) || values.wordOf(result) === "Pass") return { kind: "keep" };
  if (!values.isDict(result)) {
    const found = values.typeName(result);
    throw values.throwableFailure(`PostStep hook must return nil, Pass, or {output}, got ${found}`);
  }
  const name = ["output", "result", "modify"].find((candidate) => values.hasField(result, candidate));
  return name === undefined ? { kind: "keep" } : { kind: "replace", output: values.field(result, name) };
}
