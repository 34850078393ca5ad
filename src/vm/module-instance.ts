/** A module at run time: its slots, its types, its code with constants turned into values and builtins looked up. */

import type { Constant, FunctionProto, ModuleCode, TypeTest } from "../bytecode/index.ts";
import { RuntimeError } from "./error.ts";
import type { Native } from "./native.ts";
import { int } from "./value/numbers.ts";
import {
  Closure,
  Dict,
  Duration,
  type EnumType,
  Float,
  type LinkedFunction,
  List,
  Opaque,
  resultType,
  type StructType,
  share,
  type Value,
} from "./value/value.ts";

/** Stands in a slot or cell that has not been set. Never seen by a program. */
class Unset extends Opaque {
  readonly typeName = "unset";
  display(): string {
    return "<unset>";
  }
}
export const UNSET: Unset = new Unset();

/** A variable shared by late binding: a local function's name, or a name that a closure mentions before it is set. */
export class Cell extends Opaque {
  readonly typeName = "cell";
  value: Value = UNSET;
  display(): string {
    return "<cell>";
  }
}

/** A compile-time type for `CheckParam`, kept in the constant table. */
export class TypeValue extends Opaque {
  readonly typeName = "type";
  readonly type: TypeTest;
  constructor(type: TypeTest) {
    super();
    this.type = type;
  }
  display(): string {
    return "<type>";
  }
}

/** A struct type in the constant table. */
export class StructTypeValue extends Opaque {
  readonly typeName = "struct_type";
  readonly type: StructType;
  constructor(type: StructType) {
    super();
    this.type = type;
  }
  display(): string {
    return `<struct ${this.type.name}>`;
  }
}

/** Hoisted functions are in their slots as soon as it is made; everything else is set while the module runs. */
export class ModuleInstance {
  readonly code: ModuleCode;
  readonly slots: Value[];
  readonly structTypes: Map<string, StructType> = new Map();
  readonly enumTypes: Map<string, EnumType> = new Map([["Result", resultType]]);
  readonly main: LinkedFunction;
  readonly #natives: ReadonlyMap<string, Native>;

  constructor(code: ModuleCode, natives: ReadonlyMap<string, Native>) {
    this.code = code;
    this.slots = code.slotNames.map(() => UNSET);
    this.#natives = natives;
    this.main = this.#link(code.main);
    for (const { slot, index } of code.hoisted) {
      const fn = this.main.functions[index];
      if (fn) this.slots[slot] = new Closure(fn, []);
    }
  }

  /**
   * Takes over what the modules it imports from have exported so far.
   *
   * @throws RuntimeError if `must` and a module has no such export
   */
  bindImports(modules: ReadonlyMap<string, ModuleInstance>, must: boolean): void {
    for (const { module, name, slot } of this.code.imports) {
      const source = modules.get(module);
      const exported = source?.code.exports.find((each) => each.name === name);
      const value = exported && source ? source.slots[exported.slot] : UNSET;
      if (value !== UNSET) this.slots[slot] = share(value);
      else if (must && !exported) {
        throw new RuntimeError("runtime", `Import error: '${name}' is not defined in ${source?.code.file ?? module}`);
      }
    }
  }

  #link(proto: FunctionProto): LinkedFunction {
    return {
      proto,
      name: proto.name,
      module: this,
      code: proto.code,
      constants: proto.constants.map((constant) => this.#constant(constant)),
      functions: proto.functions.map((child) => this.#link(child)),
      natives: proto.natives.map((name) => this.#natives.get(name)),
      paramCount: proto.paramNames.length,
      registerCount: proto.registerCount,
      captures: proto.captures,
      isPlain: proto.kind === "plain",
      hasRest: proto.hasRest,
    };
  }

  structType(name: string, fields: readonly string[]): StructType {
    let type = this.structTypes.get(name);
    if (!type) {
      type = { name, fields, methods: new Map() };
      this.structTypes.set(name, type);
    }
    return type;
  }

  enumType(name: string): EnumType {
    let type = this.enumTypes.get(name);
    if (!type) {
      type = { name, methods: new Map() };
      this.enumTypes.set(name, type);
    }
    return type;
  }

  /** Containers are born shared: the constant table holds them, and every load is another holder. */
  #constant(constant: Constant): Value {
    switch (constant.kind) {
      case "nil":
        return undefined;
      case "bool":
      case "string":
        return constant.value;
      case "int":
        return int(constant.value);
      case "float":
        return new Float(constant.value);
      case "duration":
        return new Duration(Number(int(constant.ms)));
      case "list": {
        const list = new List(constant.items.map((item) => this.#constant(item)));
        list.shared = true;
        return list;
      }
      case "dict": {
        const dict = new Dict(new Map(constant.entries.map(([key, value]) => [key, this.#constant(value)])));
        dict.shared = true;
        return dict;
      }
      case "struct":
        return new StructTypeValue(this.structType(constant.name, constant.fields));
      case "type":
        return new TypeValue(constant.type);
    }
  }
}
