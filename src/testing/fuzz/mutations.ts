/**
 * Damage: valid text with pieces cut out, put in, doubled or moved, and valid JSON with values that do not belong. What
 * comes out is near enough to the real thing to get far into whatever reads it.
 */

import type { Json, JsonObject } from "../../base/index.ts";
import type { RandomSource } from "./random-source.ts";

/** Pieces that mean something to the lexer or the parser, and characters that mean trouble. */
const PIECES: readonly string[] = [
  ...'{}()[]<>.,:;?|&!=+-*/%@"\\\n\r\t $`#~^'.split(""),
  ...'-> ... ${ """ /* */ // /// |> ?? ?. ?[ ** == != <= >= && || += #! r" \\u{41} \\n'.split(" "),
  ..."fn let var if else match try catch finally throw return break continue for in while guard require".split(" "),
  ..."defer mutex retry deadline parallel each settle select spawn yield emit gen pub import from pipeline".split(" "),
  ..."tool skill struct enum impl interface type extends override not nil true false to exclusive as stream".split(" "),
  ..."0 1 -1 9223372036854775807 9223372036854775808 0.5 1e400 0x1f 5s 99999999999999999w 1.2.3 1_0".split(" "),
  ..."a _ x é 😀 日本 \u0000 \u007f \u00a0 \u2028 \u200d \ufeff \ud800 \udc00 \u0301 “ ”".split(" "),
];

/** A few edits at random places. `other` lends pieces of its own. */
export function mutateText(random: RandomSource, text: string, other: string): string {
  let result = text;
  for (let left = random.int(1, 6); left > 0; left--) result = edit(random, result, other);
  return result;
}

function edit(random: RandomSource, text: string, other: string): string {
  const at = random.int(0, text.length);
  const length = random.chance(80) ? random.int(1, 12) : random.int(1, 200);
  const before = text.slice(0, at);
  const after = text.slice(at);
  return random.pick([
    () => before + text.slice(at + length),
    () => before + random.pick(PIECES) + after,
    () => before + random.pick(PIECES) + text.slice(at + length),
    () => `${before} ${random.pick(PIECES)} ${after}`,
    () => before + text.slice(at, at + length) + after,
    () => before + text.slice(random.int(0, text.length)).slice(0, length) + after,
    () => before + other.slice(random.int(0, other.length)).slice(0, length * 4) + after,
    () => before + String.fromCharCode(random.chance(70) ? random.int(0, 127) : random.int(0, 0xffff)) + after,
    () => swapLines(random, text),
    () => (random.chance(20) ? before : before + text.slice(at + 1)),
  ])();
}

function swapLines(random: RandomSource, text: string): string {
  const lines = text.split("\n");
  const [a, b] = [random.int(0, lines.length - 1), random.int(0, lines.length - 1)];
  [lines[a], lines[b]] = [lines[b]!, lines[a]!];
  return lines.join("\n");
}

/** Text that never was a program: pieces in any order. */
export function noiseText(random: RandomSource): string {
  return random
    .several(0, 60, () => (random.chance(30) ? String.fromCharCode(random.int(0, 0x2ff)) : random.pick(PIECES)))
    .join(random.pick(["", " ", ""]));
}

/** A copy of a JSON document with some values replaced, removed, doubled or exchanged. */
export function mutateJson(random: RandomSource, document: Json): Json {
  const copy = structuredClone(document) as Json;
  const places = collectPlaces(copy);
  if (places.length === 0) return randomJson(random);
  for (let left = random.int(1, 4); left > 0; left--) {
    const { holder, key } = random.pick(places);
    const other = random.pick(places);
    const numeric = typeof valueAt(holder, key) === "number";
    if (numeric && random.chance(70)) put(holder, key, nearNumber(random, valueAt(holder, key) as number));
    else if (random.chance(25)) remove(holder, key);
    else if (random.chance(40)) put(holder, key, structuredClone(valueAt(other.holder, other.key)));
    else put(holder, key, randomJson(random));
  }
  return copy;
}

interface Place {
  readonly holder: Record<string, Json> | Json[];
  readonly key: string | number;
}

function collectPlaces(document: Json): Place[] {
  const places: Place[] = [];
  const pending: Json[] = [document];
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    if (typeof next !== "object" || next === null) continue;
    const holder = next as Record<string, Json> | Json[];
    for (const key of Array.isArray(holder) ? holder.keys() : Object.keys(holder)) {
      places.push({ holder, key });
      pending.push(valueAt(holder, key));
    }
  }
  return places;
}

function valueAt(holder: Place["holder"], key: Place["key"]): Json {
  return (holder as JsonObject)[key as string] ?? null;
}

function put(holder: Place["holder"], key: Place["key"], value: Json): void {
  (holder as Record<string, Json>)[key as string] = value;
}

function remove(holder: Place["holder"], key: Place["key"]): void {
  if (Array.isArray(holder)) holder.splice(key as number, 1);
  else delete holder[key as string];
}

function nearNumber(random: RandomSource, value: number): number {
  return random.pick([
    value + 1,
    value - 1,
    0 - value,
    value * 2,
    random.int(0, 100),
    0,
    2 ** 31,
    -(2 ** 31),
    0.5,
    1e300,
  ]);
}

function randomJson(random: RandomSource): Json {
  return random.pick<() => Json>([
    () => null,
    () => random.chance(50),
    () => random.int(-5, 300),
    () => random.pick(["", "plain", "stream", "catch", "1", "x", "__proto__", "int"]),
    () => [],
    () => ({}),
    () => [random.int(0, 9)],
    () => ({ kind: random.pick(["nil", "int", "list", "type", "struct", "nonsense"]) }),
  ])();
}
