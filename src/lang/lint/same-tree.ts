/** Whether two expressions are written alike, places aside. */

import type { Expr } from "../syntax/ast.ts";

export function sameTree(a: Expr | undefined, b: Expr | undefined): boolean {
  return same(a, b);
}

/** A text that two expressions have in common if and only if they are written alike: what to look one up by among many. */
export function treeKey(expr: Expr): string {
  return JSON.stringify(expr, (key, value: unknown) => {
    if (key === "span" || key === "opSpan") return undefined;
    return typeof value === "bigint" || typeof value === "number" ? `${typeof value} ${value}` : value;
  });
}

function same(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (Array.isArray(a)) {
    return Array.isArray(b) && a.length === b.length && a.every((member, index) => same(member, b[index]));
  }
  if (!isRecord(a) || !isRecord(b)) return false;
  const keys = new Set([...Object.keys(a), ...Object.keys(b)]);
  return [...keys].every((key) => key === "span" || key === "opSpan" || same(a[key], b[key]));
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null;
}
