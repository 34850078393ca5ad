/**
 * What the methods and properties of builtin values give. Names that are not listed say nothing; a list where the
 * element type follows from a callback is bare `list`.
 */

import { table } from "../../base/index.ts";
import {
  BOOL,
  DICT,
  INT,
  ITER,
  LIST,
  listOf,
  type NamedType,
  NIL,
  named,
  SET,
  STRING,
  type Type,
  UNTYPED,
} from "./types.ts";
import { unionOf, withNil } from "./unions.ts";

type Methods = Readonly<Record<string, Type>>;

function all(type: Type, names: string): Methods {
  return Object.fromEntries(names.split(" ").map((name) => [name, type]));
}

const STRING_METHODS: Methods = {
  ...all(BOOL, "contains starts_with ends_with empty"),
  ...all(INT, "count len index_of last_index_of"),
  ...all(STRING, "trim trim_start trim_end replace substring pad_left pad_right repeat reverse to_string"),
  ...all(STRING, "lower upper to_lower to_upper lowercase uppercase"),
  ...all(LIST, "split chars lines"),
  ...all(ITER, "iter"),
};

const LIST_METHODS: Methods = {
  ...all(BOOL, "contains empty any all every none"),
  ...all(INT, "count index_of"),
  ...all(STRING, "join to_string"),
  ...all(LIST, "map filter flat_map sort sort_by reverse enumerate zip slice unique take skip flatten push compact"),
  ...all(LIST, "chunk each_slice window each_cons sliding_window"),
  ...all(DICT, "group_by tally"),
  ...all(ITER, "iter"),
};

const DICT_METHODS: Methods = {
  ...all(BOOL, "has"),
  ...all(INT, "count"),
  ...all(LIST, "keys values entries"),
  ...all(DICT, "merge map_values rekey map_keys filter remove"),
  ...all(UNTYPED, "get"),
  ...all(ITER, "iter"),
};

const SET_METHODS: Methods = {
  ...all(BOOL, "contains empty any all every is_subset is_superset is_disjoint"),
  ...all(INT, "count len"),
  ...all(SET, "add remove delete union intersect intersection difference symmetric_difference"),
  ...all(LIST, "to_list"),
  ...all(ITER, "iter"),
};

const RANGE_METHODS: Methods = {
  ...all(BOOL, "contains empty"),
  ...all(INT, "len count"),
  ...all(STRING, "to_string"),
};

const BY_RECEIVER: Readonly<Record<string, Methods>> = table({
  string: STRING_METHODS,
  list: LIST_METHODS,
  dict: DICT_METHODS,
  set: SET_METHODS,
  range: RANGE_METHODS,
});

/** The result of `receiver.method(…)`; `undefined` when the builtin type has no such method or it is not known. */
export function builtinMethodResult(receiver: NamedType, method: string): Type | undefined {
  const [element, value] = receiver.args;
  if (receiver.name === "iter") return iterMethodResult(element, method);
  if (method === "iter") {
    if (element === undefined) return receiver.name === "list" || receiver.name === "dict" ? ITER : undefined;
    if (receiver.name === "dict") return named("iter", named("Pair", element, value ?? UNTYPED));
    if (["list", "set", "Generator", "Stream"].includes(receiver.name)) return named("iter", element);
  }
  if (receiver.name === "list" && element !== undefined && ["window", "each_cons", "sliding_window"].includes(method)) {
    return listOf(listOf(element));
  }
  const methods = Object.hasOwn(BY_RECEIVER, receiver.name) ? BY_RECEIVER[receiver.name] : undefined;
  return methods !== undefined && Object.hasOwn(methods, method) ? methods[method] : undefined;
}

/** True for the methods that a dict has itself; any other name calls the closure stored under it. */
export function isDictMethod(method: string): boolean {
  return Object.hasOwn(DICT_METHODS, method);
}

/** Combinators keep or transform the element type, sinks materialise it. */
function iterMethodResult(known: Type | undefined, method: string): Type | undefined {
  const element = known ?? UNTYPED;
  switch (method) {
    case "map":
    case "flat_map":
      return ITER;
    case "iter":
    case "filter":
    case "take":
    case "skip":
    case "take_while":
    case "skip_while":
    case "chain":
      return known === undefined ? ITER : named("iter", element);
    case "zip":
      return named("iter", named("Pair", element, UNTYPED));
    case "enumerate":
      return named("iter", named("Pair", INT, element));
    case "chunks":
    case "windows":
      return known === undefined ? ITER : named("iter", listOf(element));
    case "to_list":
      return known === undefined ? LIST : listOf(element);
    case "to_set":
      return known === undefined ? SET : named("set", element);
    case "to_dict":
      return DICT;
    case "count":
      return INT;
    case "any":
    case "all":
      return BOOL;
    case "first":
    case "last":
    case "find":
    case "min":
    case "max":
      return withNil(element);
    case "sum":
      return unionOf([INT, named("float")]);
    case "for_each":
      return NIL;
    default:
      return undefined;
  }
}

/** Properties of builtin values. A dict has none: its properties are its keys. */
export function builtinPropertyType(receiver: NamedType, property: string): Type | undefined {
  const [first, second] = receiver.args;
  if (receiver.name === "Pair") return property === "first" ? first : property === "second" ? second : undefined;
  if (receiver.name !== "list" && receiver.name !== "string") return undefined;
  return property === "count" ? INT : property === "empty" ? BOOL : undefined;
}
