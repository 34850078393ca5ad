import type { Module } from "../syntax/ast.ts";

/**
 * A tree as text, without places and comments: two programs with the same text mean the same. The imports at the start
 * come in one order, since formatting does not keep theirs.
 */
export function treeMeaning(module: Module): string {
  const firstOther = module.items.findIndex((item) => item.kind !== "ImportDecl");
  const imports = module.items.slice(0, firstOther < 0 ? module.items.length : firstOther);
  return [...imports.map(withoutPlaces).sort(), ...module.items.slice(imports.length).map(withoutPlaces)].join("\n");
}

function withoutPlaces(node: unknown): string {
  return JSON.stringify(node, (key, value: unknown) => {
    if (/span$/i.test(key)) return undefined;
    if (key === "names" && Array.isArray(value)) return value.map(withoutPlaces).sort();
    return typeof value === "bigint" ? `${value}n` : value;
  });
}
