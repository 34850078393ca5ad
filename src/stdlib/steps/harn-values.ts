/** Values and errors of a Harn program, as the step runtime looks at them. */

import type { JsonObject } from "../../base/index.ts";
import { FLOAT_FIELDS, type ValueModel } from "../../steps/index.ts";
import {
  Dict,
  display,
  EnumValue,
  Float,
  HarnFailure,
  isCallable,
  List,
  RuntimeError,
  Thrown,
  typeName,
  type Value,
} from "../../vm/index.ts";
import { dictToJson, jsonToDict, jsonToValue } from "../json/convert.ts";

const value = (given: unknown): Value => given as Value;
const dict = (given: unknown): Dict | undefined => (given instanceof Dict ? given : undefined);

function thrownDict(error: unknown): Dict | undefined {
  return error instanceof Thrown ? dict(error.value) : undefined;
}

export const harnValues: ValueModel = {
  dictOf(error) {
    const thrown = thrownDict(error);
    return thrown === undefined ? undefined : dictToJson(thrown);
  },
  amend(error, set, add) {
    const thrown = thrownDict(error);
    const map = new Map<string, Value>(Object.entries(add).map(([key, item]) => [key, jsonToValue(item)]));
    for (const [key, item] of thrown?.map ?? []) map.set(key, item);
    for (const [key, item] of Object.entries(set)) map.set(key, jsonToValue(item));
    return new Thrown(new Dict(map));
  },
  throwableDict: (fields) => new Thrown(withFloats(fields)),
  throwableText: (text) => new Thrown(text),
  throwableFailure: (text) => new RuntimeError("runtime", text),
  textOf: (error) => (error instanceof HarnFailure ? error.display() : String(error)),

  isNil: (given) => given === undefined,
  wordOf(given) {
    if (typeof given === "string") return given;
    return given instanceof EnumValue && given.fields.length === 0 ? given.variant : undefined;
  },
  isDict: (given) => given instanceof Dict,
  hasField: (given, name) => dict(given)?.map.has(name) ?? false,
  field: (given, name) => dict(given)?.map.get(name),
  listOf: (given) => (given instanceof List ? given.items : undefined),
  stringOf: (given) => (typeof given === "string" ? given : undefined),
  isFalse: (given) => given === false,
  isCallable: (given) => isCallable(value(given)),
  typeName: (given) => typeName(value(given)),
};

function withFloats(fields: JsonObject): Dict {
  const made = jsonToDict(fields);
  for (const key of FLOAT_FIELDS) {
    const number = fields[key];
    if (typeof number === "number") made.map.set(key, new Float(number));
  }
  return made;
}

/** How a value reads in an error text. */
export function shown(given: unknown): string {
  return display(value(given));
}
