import { RuntimeError } from "../error.ts";
import type { Native } from "../native.ts";
import { NativeRef, share, type Value } from "../value/value.ts";

/** Builtins and globals as values. */
export class Names {
  readonly #globals: Readonly<Record<string, () => Value>>;
  readonly #values = new Map<string, Value>();
  readonly #nativeRefs = new Map<Native, NativeRef>();

  /** `globals`: names with a value rather than a call (`pi`), made on first use. */
  constructor(globals: Readonly<Record<string, () => Value>>) {
    this.#globals = globals;
  }

  /** Globals that have been used. */
  get values(): ReadonlyMap<string, Value> {
    return this.#values;
  }

  /** Takes over what a snapshot kept. */
  load(values: ReadonlyMap<string, Value>): void {
    for (const [name, value] of values) this.#values.set(name, value);
  }

  /** @throws RuntimeError for a name that is neither; `closest` is what may have been meant. */
  valueOf(name: string, native: Native | undefined, closest: string | undefined): Value {
    if (native) return this.nativeRef(native);
    const known = this.#values.get(name);
    if (known !== undefined) return share(known);
    const make = Object.hasOwn(this.#globals, name) ? this.#globals[name] : undefined;
    if (!make) {
      const hint = closest === undefined ? "" : ` (did you mean \`${closest}\`?)`;
      throw new RuntimeError("undefined-variable", `${name}${hint}`);
    }
    const value = make();
    this.#values.set(name, value);
    return share(value);
  }

  /** A builtin as a value: the same one each time. */
  nativeRef(native: Native): NativeRef {
    let ref = this.#nativeRefs.get(native);
    if (!ref) {
      ref = new NativeRef(native);
      this.#nativeRefs.set(native, ref);
    }
    return ref;
  }
}
