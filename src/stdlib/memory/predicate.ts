/** What is to be forgotten. */

import { Dict, List, typeName, type Value } from "../../vm/index.ts";
import { thrown } from "../arguments.ts";
import type { MemoryRecord } from "./memory-log.ts";
import { searchText, wordsOf } from "./recall.ts";

type Matches = (record: MemoryRecord) => boolean;

const FIELDS = ["id", "key", "query", "tag", "tags"];

/** A text that is in the record, or a dict whose fields all fit. One that says nothing would forget all: it is refused. */
export function matcher(builtin: string, predicate: Value): Matches {
  if (typeof predicate === "string") {
    const part = filled(builtin, "predicate", predicate).toLowerCase();
    return (record) => searchText(record).toLowerCase().includes(part);
  }
  if (!(predicate instanceof Dict)) {
    throw thrown(`${builtin}: expected \`predicate\` to be a string or dict, got ${typeName(predicate)}`);
  }
  const keys = predicate.keys();
  const unknown = keys.find((key) => !FIELDS.includes(key));
  if (keys.length === 0 || unknown !== undefined) {
    const found = unknown === undefined ? "an empty dict" : `\`${unknown}\``;
    throw thrown(`${builtin}: expected \`predicate\` to have ${FIELDS.join(", ")}, got ${found}`);
  }
  const tests = keys.map((key) => fieldTest(builtin, key, predicate.map.get(key)));
  return (record) => tests.every((test) => test(record));
}

function fieldTest(builtin: string, name: string, value: Value): Matches {
  const wanted = (value instanceof List ? value.items : [value]).map((item) => filled(builtin, name, item));
  switch (name) {
    case "id":
      return ({ id }) => wanted.includes(id);
    case "key":
      return ({ key }) => wanted.includes(key);
    case "query": {
      const words = new Set(wanted.flatMap(wordsOf));
      return (record) => wordsOf(searchText(record)).some((word) => words.has(word));
    }
  }
  return ({ tags }) => tags.some((tag) => wanted.includes(tag));
}

function filled(builtin: string, name: string, value: Value): string {
  if (typeof value === "string" && value.trim() !== "") return value;
  const found = typeof value === "string" ? "an empty one" : typeName(value);
  throw thrown(`${builtin}: expected \`${name}\` to be a text, got ${found}`);
}
