/**
 * JSON in which the names of an object's fields are written once per kind of object, and of long lists and texts only what is
 * new: a conversation of ten thousand messages is mostly names, and mostly what the last snapshot had as well.
 *
 *     compact := scalar | [-1, …items] | [-2, [part, …], …items] | [-3, [part, …], rest]
 *              | [-4, number, [part, …], …items] | [-5, number] | [shape, …fields]
 *
 * A *part* is the text of so many items of a list, or of characters of a text, kept elsewhere under a number: a list that
 * grows at its end consists of the parts it had, perhaps one more, and its last items.
 *
 * The fourth is an `AppendList`, whose parts are not read before somebody looks; the fifth is the same one again, since whoever
 * holds it sees it grow. One in an item has no number.
 *
 * What a list holds is taken to be never changed: an item is looked at and put into its form once, and that is remembered from
 * one snapshot to the next. Items have no parts of their own.
 */

import { AppendList, isJsonObject, type Json } from "../../base/index.ts";
import { setField, shapeOfNames, shapeTree } from "./shapes.ts";

const LIST = -1;
const LIST_IN_PARTS = -2;
const TEXT_IN_PARTS = -3;
const APPEND_LIST = -4;
const APPEND_LIST_AGAIN = -5;
/** Fewer make more parts, more make longer ends, which are written each time. */
const PART_ITEMS = 32;
const PART_CHARS = 8192;
/** Deeper data is refused, by a `RangeError`, rather than risking the stack. */
const DEPTH_LIMIT = 1000;

/** Where parts are. A number stands for the same text as long as `has` says so. */
export interface PartStore {
  put(text: string): number;
  /** @throws any error when it is not there, or damaged */
  get(part: number): string;
  /** For reading it later, whatever becomes of the store. @throws as `get` */
  later(part: number): () => string;
  has(part: number): boolean;
}

export interface JsonCompactor {
  /** From here on `parts` are counted anew. */
  begin(): void;
  /** Undefined: something in it must not be written down. */
  compact(value: Json | AppendList<unknown>): Json | undefined;
  /** Names by shape, for all that was compacted so far. */
  readonly shapes: readonly (readonly string[])[];
  /** Those that what was compacted since `begin` refers to. */
  readonly parts: ReadonlySet<number>;
  /** Takes over the names that {@link expand} needs; nothing has been compacted before. */
  load(shapes: readonly (readonly string[])[]): void;
  /** What was compacted; undefined for anything else. What it consists of need not be written again. */
  expand(form: Json): Json | AppendList<unknown> | undefined;
  /**
   * More is known of what must not be written down: what is remembered is looked at again when it is next referred to.
   *
   * @returns false when the names have to go as well, so that only another compactor will do
   */
  recheck(): boolean;
}

interface Part {
  readonly id: number;
  readonly items: readonly Json[];
  /** Of the check by which it was admitted. */
  check: number;
}

interface ItemForm {
  readonly form: Json;
  /** Of nesting, its own included. */
  readonly levels: number;
}

/** What an `AppendList` begins with. */
interface ListParts {
  readonly ids: number[];
  check: number;
  readonly unread: UnreadParts;
}

/** Their texts; undefined once somebody has looked at the items. */
type UnreadParts = () => readonly (() => string)[] | undefined;

const READ: UnreadParts = () => undefined;

/**
 * @param admits false for a text that must not be written down; all that is remembered was admitted
 * @param store default: nothing is kept elsewhere
 */
export function createCompactor(admits: (text: string) => boolean, store?: PartStore): JsonCompactor {
  const shapes: string[][] = [];
  const tree = shapeTree();
  /** Forms of items that are in no part. */
  let forms = new WeakMap<object, ItemForm>();
  /** Parts by their first item … */
  const partsByItem = new WeakMap<object, Part>();
  /** … or, where that is no object, by their text: those of the snapshot before, and of this one. */
  let partsByText = new Map<string, number>();
  let textsUsed = new Map<string, number>();
  const partsOfLists = new WeakMap<AppendList<unknown>, ListParts>();
  /** Counts up when what was admitted before may not be any more. */
  let check = 0;
  /** Of this snapshot; and of the one that is read. */
  let numbersOfLists = new Map<AppendList<unknown>, number>();
  const listsRead = new Map<number, AppendList<unknown>>();
  /** Parts that this snapshot refers to. */
  let used = new Set<number>();
  // Of what is being compacted:
  let isAdmitted = true;
  /** Its form is remembered, and would not tell of parts in it. */
  let isInItem = false;
  let depth = 0;
  /** The deepest that was reached. */
  let deepest = 0;

  const text = (value: string): Json => {
    if (!admits(value)) isAdmitted = false;
    return store === undefined || isInItem || value.length < 2 * PART_CHARS ? value : textInParts(value, store);
  };

  const textInParts = (value: string, parts: PartStore): Json => {
    const ids: number[] = [];
    let at = 0;
    for (; at + PART_CHARS <= value.length; at += PART_CHARS) {
      ids.push(partOfText(JSON.stringify(value.slice(at, at + PART_CHARS)), parts));
    }
    return [TEXT_IN_PARTS, ids, value.slice(at)];
  };

  /** What is not admitted gets no number: it would be found under it later. */
  const partOfText = (body: string, parts: PartStore): number => {
    let id = textsUsed.get(body) ?? partsByText.get(body);
    if (id === undefined || !parts.has(id)) {
      if (!isAdmitted) return -1;
      id = parts.put(body);
    }
    textsUsed.set(body, id);
    used.add(id);
    return id;
  };

  const listInParts = (items: readonly Json[], parts: PartStore): Json => {
    const ids: number[] = [];
    const list: Json[] = [LIST_IN_PARTS, ids];
    let at = 0;
    for (; at + PART_ITEMS < items.length; at += PART_ITEMS) ids.push(partOf(items, at, parts));
    for (; at < items.length; at++) list.push(encodeItem(items[at]!));
    return list;
  };

  const partOf = (items: readonly Json[], at: number, parts: PartStore): number => {
    const first = items[at]!;
    const isObject = typeof first === "object" && first !== null;
    const known = isObject ? partsByItem.get(first) : undefined;
    if (known !== undefined && parts.has(known.id) && isSameFrom(items, at, known.items) && isStillAdmitted(known)) {
      used.add(known.id);
      return known.id;
    }
    const own = items.slice(at, at + PART_ITEMS);
    const body = partText(own);
    if (!isObject) return partOfText(body, parts);
    if (!isAdmitted) return -1;
    const id = parts.put(body);
    partsByItem.set(first, { id, items: own, check });
    used.add(id);
    return id;
  };

  const isStillAdmitted = (part: Part): boolean => {
    if (part.check !== check && part.items.every(admitsAll)) part.check = check;
    return part.check === check;
  };

  const areStillAdmitted = (parts: ListParts, list: AppendList<unknown>): boolean => {
    if (parts.check === check) return true;
    const texts = parts.unread();
    const areAdmitted = texts
      ? texts.every((text) => admitsAll(JSON.parse(text())))
      : list.slice(0, parts.ids.length * PART_ITEMS).every(admitsAll);
    if (areAdmitted) parts.check = check;
    return areAdmitted;
  };

  /** Every text and name in it. */
  const admitsAll = (value: unknown): boolean => {
    if (typeof value === "string") return admits(value);
    if (typeof value !== "object" || value === null) return true;
    if (value instanceof AppendList) return value.items().every(admitsAll);
    if (Array.isArray(value)) return value.every(admitsAll);
    return Object.entries(value).every(([name, field]) => admits(name) && admitsAll(field));
  };

  /** What is in a part need not be remembered. */
  const partText = (items: readonly Json[]): string => {
    const body = JSON.stringify(items.map(encodeItem));
    for (const item of items) if (typeof item === "object" && item !== null) forms.delete(item);
    return body;
  };

  const appendList = (list: AppendList<unknown>): Json => {
    const known = isInItem ? undefined : numbersOfLists.get(list);
    if (known !== undefined) return [APPEND_LIST_AGAIN, known];
    const number = isInItem ? null : numbersOfLists.size;
    if (number !== null) numbersOfLists.set(list, number);
    let ids: readonly number[] = [];
    if (store !== undefined && !isInItem) {
      const known = partsOfLists.get(list);
      const parts = known?.ids.every((id) => store.has(id)) ? known : { ids: [], check, unread: READ };
      if (!areStillAdmitted(parts, list)) isAdmitted = false;
      for (let at = parts.ids.length * PART_ITEMS; at + PART_ITEMS < list.length && isAdmitted; at += PART_ITEMS) {
        const body = partText(list.slice(at, at + PART_ITEMS) as readonly Json[]);
        if (isAdmitted) parts.ids.push(store.put(body));
      }
      partsOfLists.set(list, parts);
      ids = parts.ids;
      for (const id of ids) used.add(id);
    }
    const rest = list.slice(ids.length * PART_ITEMS) as readonly Json[];
    return [APPEND_LIST, number, [...ids], ...rest.map(encodeItem)];
  };

  const shapeOf = (names: readonly string[]): number => {
    const node = shapeOfNames(tree, names);
    if (node.index >= 0) return node.index;
    // Shapes go into every later snapshot.
    if (!names.every(admits)) isAdmitted = false;
    else node.index = shapes.push([...names]) - 1;
    return node.index;
  };

  const encode = (value: Json | AppendList<unknown>): Json => {
    if (typeof value === "string") return text(value);
    if (typeof value !== "object" || value === null) return value;
    reach(depth + 1);
    depth += 1;
    const form = encodeObject(value);
    depth -= 1;
    return form;
  };

  const encodeObject = (value: Json | AppendList<unknown>): Json => {
    if (value instanceof AppendList) return appendList(value);
    if (Array.isArray(value)) {
      const items = value as readonly Json[];
      if (store !== undefined && !isInItem && items.length > 2 * PART_ITEMS) return listInParts(items, store);
      const list: Json[] = [LIST];
      for (const item of items) list.push(encodeItem(item));
      return list;
    }
    if (!isJsonObject(value)) return value;
    const names = Object.keys(value).filter((name) => value[name] !== undefined);
    const fields: Json[] = [shapeOf(names)];
    for (const name of names) fields.push(encode(value[name] as Json));
    return fields;
  };

  const reach = (level: number): void => {
    if (level > DEPTH_LIMIT) throw new RangeError(`more than ${DEPTH_LIMIT} levels of nesting`);
    deepest = Math.max(deepest, level);
  };

  const encodeItem = (item: Json): Json => {
    const isObject = typeof item === "object" && item !== null;
    const known = isObject ? forms.get(item) : undefined;
    if (known !== undefined) {
      reach(depth + known.levels);
      return known.form;
    }
    const wasInItem = isInItem;
    const before = deepest;
    isInItem = true;
    deepest = depth;
    const form = encode(item);
    isInItem = wasInItem;
    if (isObject && isAdmitted) forms.set(item, { form, levels: deepest - depth });
    deepest = Math.max(deepest, before);
    return form;
  };

  return {
    begin() {
      used = new Set();
      numbersOfLists = new Map();
      listsRead.clear();
      partsByText = textsUsed;
      textsUsed = new Map();
    },
    compact(value) {
      isAdmitted = true;
      isInItem = false;
      depth = 0;
      deepest = 0;
      const form = encode(value);
      return isAdmitted ? form : undefined;
    },
    shapes,
    get parts() {
      return used;
    },
    load(names) {
      for (const each of names) shapeOfNames(tree, each).index = shapes.push([...each]) - 1;
    },
    expand: (form) =>
      expandJson(form, shapes, store, {
        items(id, items) {
          const first = items[0];
          if (typeof first === "object" && first !== null) partsByItem.set(first, { id, items, check });
        },
        text: (id, body) => void textsUsed.set(body, id),
        appendList: (ids, list, unread) => void partsOfLists.set(list, { ids, check, unread }),
        lists: listsRead,
      }),
    recheck() {
      check += 1;
      forms = new WeakMap();
      return shapes.every((names) => names.every(admits));
    },
  };
}

function isSameFrom(items: readonly Json[], at: number, part: readonly Json[]): boolean {
  for (let index = 0; index < part.length; index++) if (items[at + index] !== part[index]) return false;
  return true;
}

/** Told of each part as it is read. */
interface PartSeen {
  items(part: number, items: readonly Json[]): void;
  text(part: number, body: string): void;
  appendList(parts: number[], list: AppendList<unknown>, unread: UnreadParts): void;
  /** By number. */
  readonly lists: Map<number, AppendList<unknown>>;
}

/** What was compacted; undefined for anything else. */
function expandJson(
  form: Json,
  shapes: readonly (readonly string[])[],
  store: PartStore | undefined,
  seen: PartSeen,
): Json | AppendList<unknown> | undefined {
  let isSound = true;
  const unsound = (): null => {
    isSound = false;
    return null;
  };

  /** The text and the value of each part, in order. */
  const readParts = (ids: Json | undefined, read: (id: number, body: string, content: Json) => void): void => {
    if (store === undefined || !Array.isArray(ids)) return void unsound();
    for (const id of ids as readonly Json[]) {
      if (typeof id !== "number") return void unsound();
      const body = store.get(id);
      read(id, body, JSON.parse(body) as Json);
    }
  };

  const expandListInParts = (form: readonly Json[]): Json => {
    const list: Json[] = [];
    readParts(form[1], (id, body, content) => {
      if (!Array.isArray(content)) return void unsound();
      const items = (content as readonly Json[]).map(expand);
      seen.items(id, items);
      if (typeof items[0] !== "object" || items[0] === null) seen.text(id, body);
      for (const item of items) list.push(item);
    });
    for (let at = 2; at < form.length; at++) list.push(expand(form[at] as Json));
    return list;
  };

  const expandTextInParts = ([, ids, rest]: readonly Json[]): Json => {
    const pieces: string[] = [];
    readParts(ids, (id, body, content) => {
      if (typeof content !== "string") return void unsound();
      seen.text(id, body);
      pieces.push(content);
    });
    return typeof rest === "string" ? pieces.join("") + rest : unsound();
  };

  const expandAppendList = ([, number, parts, ...rest]: readonly Json[]): unknown => {
    const ids = Array.isArray(parts) ? (parts as readonly Json[]) : [unsound()];
    if (!ids.every((id) => typeof id === "number" && store?.has(id))) return unsound();
    let texts: readonly (() => string)[] | undefined = ids.map((id) => store!.later(id as number));
    const read = (): readonly Json[] => {
      const items: Json[] = [];
      for (const text of texts ?? [])
        for (const item of JSON.parse(text()) as readonly Json[]) items.push(expand(item));
      texts = undefined;
      return items;
    };
    const list = new AppendList<unknown>(ids.length === 0 ? undefined : { length: ids.length * PART_ITEMS, read });
    for (const item of rest) list.push(expand(item));
    seen.appendList([...ids] as number[], list, () => texts);
    if (typeof number === "number") seen.lists.set(number, list);
    return list;
  };

  const expand = (value: Json): Json => {
    if (!Array.isArray(value)) return value;
    const form = value as readonly Json[];
    const tag = form[0];
    if (tag === LIST) {
      const list: Json[] = [];
      for (let at = 1; at < form.length; at++) list.push(expand(form[at] as Json));
      return list;
    }
    if (tag === LIST_IN_PARTS) return expandListInParts(form);
    if (tag === TEXT_IN_PARTS) return expandTextInParts(form);
    if (tag === APPEND_LIST) return expandAppendList(form) as unknown as Json;
    if (tag === APPEND_LIST_AGAIN) return (seen.lists.get(form[1] as number) ?? unsound()) as unknown as Json;
    const names = typeof tag === "number" ? shapes[tag] : undefined;
    if (names === undefined || names.length !== form.length - 1) return unsound();
    const object: Record<string, Json> = {};
    for (let at = 0; at < names.length; at++) setField(object, names[at]!, expand(form[at + 1] as Json));
    return object;
  };
  const value = expand(form);
  return isSound ? value : undefined;
}
