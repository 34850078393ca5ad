/**
 * Cells and maps that tasks share by address. A *snapshot* is a value with the version it was read at; compare-and-set
 * against a snapshot fails when anybody wrote in between, even if the value is the same again.
 */

import {
  Dict,
  dictOf,
  display,
  equal,
  isInt,
  List,
  type NativeContext,
  RuntimeError,
  record,
  share,
  type Value,
  type Vm,
} from "../../vm/index.ts";
import { type Builtin, pure, runState } from "../builtin.ts";
import { mailboxesOf, mailboxMetrics } from "./mailboxes.ts";
import { type Address, AddressMap, addressOf, handleOf, openAddress, resolveScope, textField } from "./shared-scope.ts";

interface Counters {
  version: number;
  reads: number;
  writes: number;
  casSuccesses: number;
  casFailures: number;
  staleReads: number;
}

interface Cell extends Counters {
  value: Value;
}

interface SharedMap extends Counters {
  readonly entries: Map<string, Value>;
}

interface SharedState {
  readonly cells: AddressMap<Cell>;
  readonly maps: AddressMap<SharedMap>;
}

const newCounters = (): Counters => ({
  version: 0,
  reads: 0,
  writes: 0,
  casSuccesses: 0,
  casFailures: 0,
  staleReads: 0,
});

const stateOf = (vm: Vm): SharedState =>
  runState(vm, "shared", () => ({ cells: new AddressMap<Cell>(), maps: new AddressMap<SharedMap>() }));

const cellAt = (vm: Vm, address: Address, value?: Value): Cell =>
  stateOf(vm).cells.open(address, () => ({ ...newCounters(), value: share(value) }));

const mapAt = (vm: Vm, address: Address, entries?: Dict): SharedMap =>
  stateOf(vm).maps.open(address, () => ({
    ...newCounters(),
    entries: new Map([...(entries?.map ?? [])].map(([key, value]) => [key, share(value)])),
  }));

function snapshot(value: Value, version: number): Dict {
  return record({ _type: "shared_snapshot", value: share(value), version });
}

/** What compare-and-set expects: a bare value, or one read at a version. */
function expectation(expected: Value): { readonly value: Value; readonly version: number | undefined } {
  if (!(expected instanceof Dict) || expected.map.get("_type") !== "shared_snapshot") {
    return { value: expected, version: undefined };
  }
  const version = expected.map.get("version");
  return { value: expected.map.get("value"), version: isInt(version) && version >= 0 ? Number(version) : undefined };
}

function compareAndSet(counters: Counters, current: Value, expected: Value, write: () => void): boolean {
  const { value, version } = expectation(expected);
  const stale = version !== undefined && version !== counters.version;
  if (stale) counters.staleReads += 1;
  if (stale || !equal(current, value)) {
    counters.casFailures += 1;
    return false;
  }
  write();
  wrote(counters);
  counters.casSuccesses += 1;
  return true;
}

function wrote(counters: Counters): void {
  counters.version += 1;
  counters.writes += 1;
}

function metrics(counters: Counters): Record<string, Value> {
  return {
    version: counters.version,
    read_count: counters.reads,
    write_count: counters.writes,
    cas_success_count: counters.casSuccesses,
    cas_failure_count: counters.casFailures,
    stale_read_count: counters.staleReads,
  };
}

function metricsOf(target: Value, context: NativeContext): Value {
  const { cells, maps } = stateOf(context.vm);
  const mailboxes = mailboxesOf(context.vm);
  if (target instanceof Dict) {
    const kind = textField(target, "_type");
    if (kind === undefined) throw new RuntimeError("runtime", "shared_metrics: handle missing _type");
    const address = addressOf(target, kind, context, "shared_metrics");
    if (kind === "mailbox") return record(mailboxMetrics(mailboxes.get(address)));
    return record(metrics((kind === "shared_map" ? maps : cells).get(address) ?? newCounters()));
  }
  const row = (kind: string, address: Address, fields: Record<string, Value>): Dict =>
    record({ ...fields, _type: kind, scope: address.scope, key: address.key });
  return new List([
    ...cells.entries().map(({ address, item }) => row("shared_cell", address, metrics(item))),
    ...maps.entries().map(({ address, item }) => row("shared_map", address, metrics(item))),
    ...mailboxes.entries().map(({ address, item }) => row("mailbox", address, mailboxMetrics(item))),
  ]);
}

const ERRORS = "A handle of another kind, an empty name, missing arguments";

/** A builtin on a cell or map; `example` may use `cell` or `memo`. */
function on<T>(
  kind: "shared_cell" | "shared_map",
  at: (vm: Vm, address: Address) => T,
  spec: {
    readonly signature: string;
    readonly summary: string;
    readonly example: string;
    readonly needs?: [number, string];
  },
  impl: (item: T, args: readonly Value[]) => Value,
): Builtin {
  const builtin = spec.signature.slice(0, spec.signature.indexOf("("));
  const opened =
    kind === "shared_cell" ? 'let cell = shared_cell("n", 1)' : 'let memo = shared_map({key: "memo", initial: {a: 1}})';
  return pure(
    {
      signature: spec.signature,
      summary: spec.summary,
      effects: ["state"],
      errors: ERRORS,
      example: `${opened}\n${spec.example}`,
    },
    (args, context) => {
      const [count, what] = spec.needs ?? [1, "handle is required"];
      if (args.length < count) throw new RuntimeError("runtime", `${builtin}: ${what}`);
      return impl(at(context.vm, addressOf(args[0], kind, context, builtin)), args);
    },
  );
}

const cellBuiltins: readonly Builtin[] = [
  pure(
    {
      signature: "shared_cell(key: string | dict, initial?: any) -> dict",
      summary: "Open a value that tasks share: by key, or `{key, scope?, initial?}`",
      effects: ["state"],
      errors: "No key, a scope that is not known here",
      example: 'println(shared_get(shared_cell("n", 1)))',
    },
    (args, context) => {
      const { address, options } = openAddress(args, context, "shared_cell", "key");
      cellAt(context.vm, address, options?.map.has("initial") ? options.map.get("initial") : args[1]);
      return handleOf("shared_cell", address);
    },
  ),
  on(
    "shared_cell",
    cellAt,
    {
      signature: "shared_get(cell: dict | string) -> any",
      summary: "Read a shared value",
      example: "println(shared_get(cell))",
    },
    (cell) => {
      cell.reads += 1;
      return share(cell.value);
    },
  ),
  on(
    "shared_cell",
    cellAt,
    {
      signature: "shared_snapshot(cell: dict | string) -> dict",
      summary: "Read a shared value with its version, for `shared_cas`",
      example: "println(shared_snapshot(cell).version)",
    },
    (cell) => {
      cell.reads += 1;
      return snapshot(cell.value, cell.version);
    },
  ),
  on(
    "shared_cell",
    cellAt,
    {
      signature: "shared_set(cell: dict | string, value: any) -> any",
      summary: "Write a shared value and give back the old one",
      example: "println(shared_set(cell, 2))",
    },
    (cell, [, value]) => {
      const old = cell.value;
      cell.value = share(value);
      wrote(cell);
      return old;
    },
  ),
  on(
    "shared_cell",
    cellAt,
    {
      signature: "shared_cas(cell: dict | string, expected: any, value: any) -> bool",
      summary: "Write a shared value if it is still as expected (a value or a snapshot)",
      example: "println(shared_cas(cell, 1, 2))",
      needs: [3, "requires handle, expected, and new value"],
    },
    (cell, [, expected, value]) =>
      compareAndSet(cell, cell.value, expected, () => {
        cell.value = share(value);
      }),
  ),
];

const mapBuiltins: readonly Builtin[] = [
  pure(
    {
      signature: "shared_map(key: string | dict, initial?: dict) -> dict",
      summary: "Open a map that tasks share: by key, or `{key, scope?, initial?}`",
      effects: ["state"],
      errors: "No key, a scope that is not known here",
      example: 'println(shared_map_get(shared_map("memo", {a: 1}), "a"))',
    },
    (args, context) => {
      const { address, options } = openAddress(args, context, "shared_map", "key");
      const initial = options?.map.get("initial") ?? args[1];
      mapAt(context.vm, address, initial instanceof Dict ? initial : undefined);
      return handleOf("shared_map", address);
    },
  ),
  on(
    "shared_map",
    mapAt,
    {
      signature: "shared_map_get(map: dict | string, key: string, fallback?: any) -> any",
      summary: "Read an entry of a shared map",
      example: 'println(shared_map_get(memo, "b", 0))',
      needs: [2, "requires handle and key"],
    },
    (map, [, key, fallback]) => {
      map.reads += 1;
      const name = display(key);
      return share(map.entries.has(name) ? map.entries.get(name) : fallback);
    },
  ),
  on(
    "shared_map",
    mapAt,
    {
      signature: "shared_map_snapshot(map: dict | string, key: string) -> dict",
      summary: "Read an entry with the map's version, for `shared_map_cas`",
      example: 'println(shared_map_snapshot(memo, "a").value)',
      needs: [2, "requires handle and key"],
    },
    (map, [, key]) => {
      map.reads += 1;
      return snapshot(map.entries.get(display(key)), map.version);
    },
  ),
  on(
    "shared_map",
    mapAt,
    {
      signature: "shared_map_entries(map: dict | string) -> dict",
      summary: "Copy a shared map as a dict",
      example: "println(shared_map_entries(memo))",
    },
    (map) => {
      map.reads += 1;
      return dictOf(new Map(map.entries));
    },
  ),
  on(
    "shared_map",
    mapAt,
    {
      signature: "shared_map_set(map: dict | string, key: string, value: any) -> any",
      summary: "Write an entry of a shared map and give back the old value",
      example: 'println(shared_map_set(memo, "a", 2))',
      needs: [3, "requires handle, key, and value"],
    },
    (map, [, key, value]) => {
      const name = display(key);
      const old = map.entries.get(name);
      map.entries.set(name, share(value));
      wrote(map);
      return old;
    },
  ),
  on(
    "shared_map",
    mapAt,
    {
      signature: "shared_map_delete(map: dict | string, key: string) -> any",
      summary: "Remove an entry of a shared map and give back its value",
      example: 'println(shared_map_delete(memo, "a"))',
      needs: [2, "requires handle and key"],
    },
    (map, [, key]) => {
      const name = display(key);
      const old = map.entries.get(name);
      if (map.entries.delete(name)) wrote(map);
      return old;
    },
  ),
  on(
    "shared_map",
    mapAt,
    {
      signature: "shared_map_cas(map: dict | string, key: string, expected: any, value: any) -> bool",
      summary: "Write an entry if it is still as expected (a value or a snapshot); nil removes it",
      example: 'println(shared_map_cas(memo, "a", 1, 2))',
      needs: [4, "requires handle, key, expected, and new value"],
    },
    (map, [, key, expected, value]) => {
      const name = display(key);
      return compareAndSet(map, map.entries.get(name), expected, () => {
        if (value === undefined) map.entries.delete(name);
        else map.entries.set(name, share(value));
      });
    },
  ),
];

export const sharedStateBuiltins: readonly Builtin[] = [
  pure(
    {
      signature: "shared_scope_id(scope?: string, options?: dict) -> string",
      summary: "The scope a name stands for here",
      effects: ["state"],
      errors: "A scope that is not known here",
      example: 'println(shared_scope_id("process"))',
    },
    ([scope, options], context) =>
      resolveScope(
        context,
        scope === undefined ? undefined : display(scope),
        options instanceof Dict ? options : undefined,
        "shared_scope_id",
      ),
  ),
  ...cellBuiltins,
  ...mapBuiltins,
  pure(
    {
      signature: "shared_metrics(handle?: dict) -> dict | list",
      summary: "Counters of one shared thing, or of all",
      effects: ["state"],
      errors: ERRORS,
      example: 'let cell = shared_cell("n", 1)\nshared_set(cell, 2)\nprintln(shared_metrics(cell).write_count)',
    },
    ([handle], context) => metricsOf(handle, context),
  ),
];
