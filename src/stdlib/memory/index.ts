/** What `std/memory` is made of: observations that later runs recall. */

import {
  type AsyncContext,
  Dict,
  Float,
  isInt,
  List,
  record,
  share,
  toDouble,
  typeName,
  type Value,
} from "../../vm/index.ts";
import { field, thrown } from "../arguments.ts";
import { type Builtin, effect } from "../builtin.ts";
import { isoText } from "../dates/civil.ts";
import { uuidV7 } from "../ids/index.ts";
import { joinPath } from "../paths/path-text.ts";
import { resolveFromRoot } from "../paths/places.ts";
import { dataText } from "../store/data-text.ts";
import { innerPath, quoted } from "../store/inner-path.ts";
import { stateFolder } from "../store/state-files.ts";
import { clockOf } from "../time/run-clock.ts";
import {
  activeRecords,
  append,
  decideAndAppend,
  type ForgetEvent,
  forgetLine,
  LOG_NAME,
  logPath,
  type MemoryRecord,
  storeLine,
} from "./memory-log.ts";
import { matcher } from "./predicate.ts";
import { oldestFirst, rank } from "./recall.ts";

const RECALL_DEFAULT = 5;
const RECALL_MAX = 100;
const SUMMARY_DEFAULT = 20;
const SUMMARY_MAX = 200;
/** The text of a summary, in UTF-16 units. */
const SUMMARY_LENGTH = 4000;

function text(builtin: string, name: string, value: Value): string {
  if (typeof value !== "string") {
    throw thrown(`${builtin}: expected \`${name}\` to be a string, got ${typeName(value)}`);
  }
  if (value.trim() === "") throw thrown(`${builtin}: \`${name}\` must be a non-empty string`);
  return value;
}

const optionalText = (builtin: string, name: string, value: Value): string | undefined =>
  value === undefined ? undefined : text(builtin, name, value);

function optionsArgument(builtin: string, value: Value): Dict | undefined {
  if (value === undefined || value instanceof Dict) return value;
  throw thrown(`${builtin}: expected \`options\` to be a dict, got ${typeName(value)}`);
}

/** A text or a list of texts, sorted, each once. */
function textsOf(builtin: string, name: string, value: Value): string[] {
  if (value === undefined) return [];
  const items = value instanceof List ? value.items : [value];
  return [...new Set(items.map((item) => text(builtin, name, item)))].sort();
}

/** More than the most is the most. */
function count(builtin: string, name: string, value: Value, otherwise: number, most: number): number {
  if (value === undefined) return otherwise;
  const number = isInt(value) ? toDouble(value) : 0;
  if (number > 0) return Math.min(number, most);
  throw thrown(`${builtin}: expected \`${name}\` to be a positive int, got ${isInt(value) ? value : typeName(value)}`);
}

async function placeOf(
  context: AsyncContext,
  builtin: string,
  given: Value,
  options: Dict | undefined,
): Promise<{ readonly namespace: string; readonly path: string }> {
  const namespace = text(builtin, "namespace", given);
  const found = innerPath(namespace, "the memory root", [LOG_NAME]);
  if (!found.ok) throw thrown(`${builtin}: memory namespace ${quoted(namespace)} ${found.problem}`);
  const root =
    optionalText(builtin, "root", field(options, "root")) ?? context.host.sync("env.get", { name: "HARN_MEMORY_ROOT" });
  const folder =
    root === undefined || root.trim() === ""
      ? joinPath([await stateFolder(context), "memory"])
      : resolveFromRoot(context.host, root);
  return { namespace, path: logPath(folder, found.names) };
}

/** Id and moment of an event, as options give them or fresh. */
function stampOf(context: AsyncContext, builtin: string, options: Dict | undefined): { id: string; now: string } {
  return {
    id: optionalText(builtin, "id", field(options, "id")) ?? uuidV7(context),
    now: optionalText(builtin, "now", field(options, "now")) ?? isoText(clockOf(context).wallMs()),
  };
}

function recordValue(stored: MemoryRecord, score?: number): Dict {
  return record({
    _type: "memory_record",
    id: stored.id,
    namespace: stored.namespace,
    key: stored.key,
    value: share(stored.value),
    text: stored.text,
    tags: new List([...stored.tags]),
    stored_at: stored.storedAt,
    provenance: share(stored.provenance),
    ...(score === undefined ? {} : { score: new Float(score) }),
  });
}

function summaryValue(namespace: string, records: readonly MemoryRecord[]): Dict {
  let shown = "";
  for (const { tags, key, text: full } of records) {
    const line = `- [${tags.join(",")}] ${key}: ${full.split("\n", 1)[0]?.trim() ?? ""}\n`;
    if (shown.length + line.length > SUMMARY_LENGTH) break;
    shown += line;
  }
  return record({
    _type: "memory_summary",
    namespace,
    count: records.length,
    text: shown,
    records: new List(records.map((each) => recordValue(each))),
  });
}

/** The records that a window is about, oldest first. */
function inWindow(builtin: string, records: readonly MemoryRecord[], window: Value): MemoryRecord[] {
  if (window !== undefined && !isInt(window) && !(window instanceof Dict)) {
    throw thrown(`${builtin}: \`window\` must be nil, int, or dict, got ${typeName(window)}`);
  }
  const options = window instanceof Dict ? window : undefined;
  const limit = count(builtin, "limit", isInt(window) ? window : field(options, "limit"), SUMMARY_DEFAULT, SUMMARY_MAX);
  const query = optionalText(builtin, "query", field(options, "query")) ?? "";
  const tags = textsOf(builtin, "tags", field(options, "tags") ?? field(options, "tag"));
  const tagged = records.filter((each) => tags.length === 0 || tags.some((tag) => each.tags.includes(tag)));
  const chosen = new Set(
    rank(tagged, query)
      .slice(0, limit)
      .map(({ record: each }) => each),
  );
  return oldestFirst(records.filter((each) => chosen.has(each)));
}

const example = (lines: string): string => `import "std/memory"\n${lines}`;
const STORED = 'memory_store("team", "ada", "Ada likes short plans", ["profile"])\n';

export const memoryBuiltins: readonly Builtin[] = [
  effect(
    {
      signature:
        "__memory_store(namespace: string, key: string, value: any, tags?: string | list<string>, options?: dict) -> dict",
      summary:
        "Add an observation to a memory, for `std/memory`; options `root`, `id`, `now`, `provenance`. It is on disk when this returns",
      effects: ["fs", "env", "clock", "random"],
      errors:
        "Throws for a namespace that leads elsewhere, a value that is no data, a memory of more than 64 MiB, and when it cannot be written",
      example: example(`let stored = ${STORED}println(stored.text)`),
    },
    async ([givenNamespace, givenKey, value, tags, given], context) => {
      const builtin = "memory_store";
      const options = optionsArgument(builtin, given);
      const key = text(builtin, "key", givenKey);
      const provenance = field(options, "provenance");
      const words = typeof value === "string" ? value : dataText(builtin, value);
      const { namespace, path } = await placeOf(context, builtin, givenNamespace, options);
      const { id, now } = stampOf(context, builtin, options);
      const stored: MemoryRecord = {
        id,
        namespace,
        key,
        value,
        text: words,
        tags: textsOf(builtin, "tags", tags),
        storedAt: now,
        provenance,
      };
      await append(context, builtin, path, storeLine(builtin, stored));
      return recordValue(stored);
    },
  ),
  effect(
    {
      signature: "__memory_recall(namespace: string, query: string, k?: int, options?: dict) -> list<dict>",
      summary:
        "Give the records of a memory that have words of a query, best first, for `std/memory`; 5 unless told, 100 at most; option `root`",
      effects: ["fs", "env"],
      errors: "Throws for a namespace that leads elsewhere, and when the memory cannot be read or is damaged",
      example: example(`${STORED}println(memory_recall("team", "short plans")[0].key)`),
    },
    async ([givenNamespace, query, k, given], context) => {
      const builtin = "memory_recall";
      const wanted = text(builtin, "query", query);
      const limit = count(builtin, "k", k, RECALL_DEFAULT, RECALL_MAX);
      const { path } = await placeOf(context, builtin, givenNamespace, optionsArgument(builtin, given));
      const found = rank(await activeRecords(context, builtin, path), wanted).slice(0, limit);
      return new List(found.map(({ record: each, score }) => recordValue(each, score)));
    },
  ),
  effect(
    {
      signature: "__memory_summarize(namespace: string, window?: int | dict, options?: dict) -> dict",
      summary:
        "List the newest records of a memory, or those of a query or tag, as text and records, for `std/memory`; a window is how many (20 unless told, 200 at most) or `{limit, query, tags}`; option `root`",
      effects: ["fs", "env"],
      errors: "Throws for a namespace that leads elsewhere, and when the memory cannot be read or is damaged",
      example: example(`${STORED}print(memory_summarize("team", 10).text)`),
    },
    async ([givenNamespace, window, given], context) => {
      const builtin = "memory_summarize";
      const { namespace, path } = await placeOf(context, builtin, givenNamespace, optionsArgument(builtin, given));
      const records = await activeRecords(context, builtin, path);
      return summaryValue(namespace, inWindow(builtin, records, window));
    },
  ),
  effect(
    {
      signature: "__memory_forget(namespace: string, predicate: string | dict, options?: dict) -> dict",
      summary:
        "Let records of a memory count no more, for `std/memory`: those that have a text in them, or fit all of `{id, key, tags, query}`; the log keeps them. Options `root`, `id`, `now`",
      effects: ["fs", "env", "clock", "random"],
      errors: "Throws for a predicate that is none, and as storing and recalling do",
      example: example(`${STORED}println(memory_forget("team", {tags: "profile"}).forgotten)`),
    },
    async ([givenNamespace, predicate, given], context) => {
      const builtin = "memory_forget";
      const options = optionsArgument(builtin, given);
      const matches = matcher(builtin, predicate);
      const { namespace, path } = await placeOf(context, builtin, givenNamespace, options);
      const { id, now } = stampOf(context, builtin, options);
      let forgottenIds: readonly string[] = [];
      await decideAndAppend(context, builtin, path, (records) => {
        forgottenIds = records.filter(matches).map((each) => each.id);
        if (forgottenIds.length === 0) return undefined;
        const event: ForgetEvent = { id, namespace, predicate, forgottenIds, forgottenAt: now };
        return forgetLine(builtin, event);
      });
      return record({
        _type: "memory_forget",
        id,
        namespace,
        forgotten: forgottenIds.length,
        forgotten_ids: new List([...forgottenIds]),
        forgotten_at: now,
      });
    },
  ),
];
