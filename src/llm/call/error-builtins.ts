/** `throw_error`, `error_category`, `is_timeout`, `is_rate_limited`: error values as programs handle them (ERR-13). */

import { isJsonObject, type JsonObject } from "../../base/index.ts";
import { categoryOfText } from "../errors/classify.ts";
import { isErrorCategory } from "../spec/decode.ts";
import { displayText } from "./option-readers.ts";

/** The value that `throw_error(message, category?)` throws; an unknown category counts as `generic`. */
export function thrownError(message: unknown, category?: unknown): JsonObject {
  return {
    message: message === undefined ? "" : displayText(message),
    category: isErrorCategory(category) ? category : "generic",
  };
}

/** What a dict says about itself, word for word; what a text sounds like; `generic` for anything else. */
export function errorCategoryOf(error: unknown): string {
  if (typeof error === "string") return categoryOfText(error);
  if (!isJsonObject(error)) return "generic";
  const category = error["category"];
  return category === undefined ? "generic" : displayText(category);
}

export function isTimeout(error: unknown): boolean {
  return errorCategoryOf(error) === "timeout";
}

export function isRateLimited(error: unknown): boolean {
  return errorCategoryOf(error) === "rate_limit";
}
