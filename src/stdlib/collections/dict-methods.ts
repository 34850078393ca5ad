/** Methods of dicts and structs-as-dicts. Entries come in key order. None changes its receiver. */

import {
  Dict,
  dictOf,
  display,
  isTruthy,
  List,
  type Native,
  record,
  StructValue,
  share,
  type Value,
} from "../../vm/index.ts";
import { type Walk, walkMethod } from "./walk.ts";

function mapOf(value: Value): ReadonlyMap<string, Value> {
  return value instanceof Dict || value instanceof StructValue ? value.map : new Map();
}

export function keysOf(value: Value): readonly string[] {
  return value instanceof Dict || value instanceof StructValue ? value.keys() : [];
}

export function valuesOf(value: Value): Value[] {
  const map = mapOf(value);
  return keysOf(value).map((key) => share(map.get(key)));
}

export function entriesOf(value: Value): List {
  const map = mapOf(value);
  return new List(keysOf(value).map((key) => record({ key, value: share(map.get(key)) })));
}

const method = (name: string, impl: (receiver: Value, args: readonly Value[]) => Value): Native => ({
  kind: "pure",
  name,
  impl: (args) => impl(args[0], args.slice(1)),
});

/** Walks over values; the answers are kept in order and put together with the keys at the end. */
function overValues(
  name: string,
  finish: (keys: readonly string[], map: ReadonlyMap<string, Value>, answers: Value[]) => Value,
): Native {
  const walk: Walk<{ answers: Value[]; receiver: Value }> = {
    begin: (args) => ({ answers: [], receiver: args[0] }),
    accept: (state, _item, answer) => void state.answers.push(answer),
    finish: ({ answers, receiver }) => finish(keysOf(receiver), mapOf(receiver), answers),
  };
  return walkMethod(name, valuesOf, walk);
}

function rekey(name: string): Native {
  const walk: Walk<{ answers: Value[]; receiver: Value }> = {
    begin: (args) => ({ answers: [], receiver: args[0] }),
    accept: (state, _item, answer) => void state.answers.push(answer),
    finish: ({ answers, receiver }) => {
      const map = mapOf(receiver);
      return dictOf(new Map(keysOf(receiver).map((key, index) => [display(answers[index]), map.get(key)])));
    },
  };
  return walkMethod(name, (receiver) => keysOf(receiver), walk);
}

export const dictMethods: readonly Native[] = [
  method("keys", (dict) => new List([...keysOf(dict)])),
  method("values", (dict) => new List(valuesOf(dict))),
  method("entries", (dict) => entriesOf(dict)),
  method("count", (dict) => mapOf(dict).size),
  method("len", (dict) => mapOf(dict).size),
  method("empty", (dict) => mapOf(dict).size === 0),
  method("has", (dict, [key]) => mapOf(dict).has(key === undefined ? "" : display(key))),
  method("merge", (dict, [other]) =>
    other instanceof Dict ? dictOf(new Map([...mapOf(dict), ...other.map])) : share(dict),
  ),
  overValues("map_values", (keys, _map, answers) => dictOf(new Map(keys.map((key, index) => [key, answers[index]])))),
  rekey("rekey"),
  rekey("map_keys"),
  overValues("filter", (keys, map, answers) =>
    dictOf(new Map(keys.filter((_, index) => isTruthy(answers[index])).map((key) => [key, map.get(key)]))),
  ),
  method("remove", (dict, [key]) => {
    const rest = new Map(mapOf(dict));
    rest.delete(key === undefined ? "" : display(key));
    return dictOf(rest);
  }),
  method("get", (dict, [key, fallback]) => {
    const map = mapOf(dict);
    const name = key === undefined ? "" : display(key);
    return share(map.has(name) ? map.get(name) : fallback);
  }),
];
