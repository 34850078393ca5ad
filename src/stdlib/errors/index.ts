/** Asking what kind of error was caught (ERR-05, ERR-06, ERR-13), and throwing one with a category. */

import { categoryOfText, isErrorCategory } from "../../llm/index.ts";
import { Dict, display, record, Thrown, type Value } from "../../vm/index.ts";
import { type Builtin, pure } from "../builtin.ts";

/** A thrown dict says its category itself; a message is classified by what it says. */
function categoryOf(error: Value): string {
  if (error instanceof Dict) return error.map.has("category") ? display(error.map.get("category")) : "generic";
  return typeof error === "string" ? categoryOfText(error) : "generic";
}

export const errorBuiltins: readonly Builtin[] = [
  pure(
    {
      signature: "error_category(error: any) -> string",
      summary: "Name the category of a caught error: `timeout`, `rate_limit`, `auth` … or `generic`",
      example: 'println(error_category("HTTP 429: slow down"))',
    },
    ([error]) => categoryOf(error),
  ),
  pure(
    {
      signature: "is_timeout(error: any) -> bool",
      summary: "Tell whether a caught error is a timeout",
      example: 'println(is_timeout("Deadline exceeded"))',
    },
    ([error]) => categoryOf(error) === "timeout",
  ),
  pure(
    {
      signature: "is_rate_limited(error: any) -> bool",
      summary: "Tell whether a caught error is a rate limit",
      example: 'println(is_rate_limited({category: "rate_limit"}))',
    },
    ([error]) => categoryOf(error) === "rate_limit",
  ),
  pure(
    {
      signature: "throw_error(message: string, category?: string)",
      summary: "Throw `{message, category}`; an unknown category becomes `generic`",
      errors: "Always",
      example: 'let r = try { throw_error("slow", "timeout") }\nprintln(unwrap_err(r).category)',
    },
    ([message, category]) => {
      const name = category === undefined ? "" : display(category);
      throw new Thrown(
        record({
          message: message === undefined ? "" : display(message),
          category: isErrorCategory(name) ? name : "generic",
        }),
      );
    },
  ),
];
