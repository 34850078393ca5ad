/** JSON Pointer (RFC 6901) over values. Reading a place that is not there gives nil; writing to one changes nothing. */

import { Dict, dictOf, List, listOf, share, Thrown, type Value } from "../../vm/index.ts";

export function pointerTokens(pointer: string, builtin: string): string[] {
  if (pointer === "") return [];
  if (!pointer.startsWith("/")) throw new Thrown(`${builtin}: pointer must be empty or start with '/'`);
  return pointer
    .slice(1)
    .split("/")
    .map((token) => {
      const wrong = /~([^01]|$)/u.exec(token);
      if (wrong?.[1]) throw new Thrown(`${builtin}: invalid escape '~${wrong[1]}' in pointer`);
      if (wrong) throw new Thrown(`${builtin}: dangling '~' in pointer`);
      return token.replaceAll("~1", "/").replaceAll("~0", "~");
    });
}

function indexOf(token: string): number | undefined {
  return /^(0|[1-9]\d*)$/.test(token) ? Number(token) : undefined;
}

/** The child a token names; undefined without one. */
function child(value: Value, token: string): { readonly value: Value } | undefined {
  if (value instanceof Dict) return value.map.has(token) ? { value: value.map.get(token) } : undefined;
  const index = value instanceof List ? indexOf(token) : undefined;
  if (index === undefined || !(value instanceof List) || index >= value.items.length) return undefined;
  return { value: value.items[index] };
}

export function pointerGet(root: Value, tokens: readonly string[]): Value {
  let current = root;
  for (const token of tokens) {
    const found = child(current, token);
    if (!found) return undefined;
    current = found.value;
  }
  return share(current);
}

/** A copy with what `change` makes of the container that holds the last token; the root itself when there is no way. */
function rebuilt(value: Value, tokens: readonly string[], change: (container: Value, token: string) => Value): Value {
  const [token = "", ...rest] = tokens;
  if (rest.length === 0) return change(value, token);
  const found = child(value, token);
  if (!found) return share(value);
  return replaced(value, token, rebuilt(found.value, rest, change));
}

function replaced(container: Value, token: string, value: Value): Value {
  if (container instanceof Dict) return dictOf(new Map([...container.map, [token, value]]));
  if (!(container instanceof List)) return share(container);
  const { items } = container;
  const index = token === "-" ? items.length : indexOf(token);
  return index === undefined || index > items.length
    ? share(container)
    : listOf([...items.slice(0, index), value, ...items.slice(index + 1)]);
}

/** `-`, or the index after the last, appends to a list. */
export function pointerSet(root: Value, tokens: readonly string[], value: Value): Value {
  if (tokens.length === 0) return share(value);
  return rebuilt(root, tokens, (container, token) => replaced(container, token, value));
}

export function pointerDelete(root: Value, tokens: readonly string[]): Value {
  if (tokens.length === 0) return undefined;
  return rebuilt(root, tokens, (container, token) => {
    if (!child(container, token)) return share(container);
    if (container instanceof Dict) return dictOf(new Map([...container.map].filter(([key]) => key !== token)));
    const index = indexOf(token);
    return listOf((container as List).items.filter((_, i) => i !== index));
  });
}
