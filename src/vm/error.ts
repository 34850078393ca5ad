/** Errors inside a running program, and what a `catch` sees of them. */

import { HarnError } from "../base/index.ts";
import type { ErrorKind } from "../bytecode/index.ts";
import { display } from "./value/display.ts";
import { whatIsTooLarge } from "./value/size-limits.ts";
import { Dict, EnumValue, Opaque, StructValue, type Value } from "./value/value.ts";

/** A frame of a Harn stack trace. */
export interface TraceFrame {
  readonly function: string;
  readonly file: string;
  /** 1-based; 0 where the place is not known. */
  readonly line: number;
  /** 1-based, in code points; 0 where the place is not known. */
  readonly column: number;
  /** How many frames between this one and the next were left out; absent: none. */
  readonly omitted?: number;
}

/** Anything that unwinds a task. Never a user's JavaScript stack trace: only Harn frames are kept. */
export abstract class HarnFailure {
  /** Innermost first; filled while the failure leaves its first frames. */
  trace: readonly TraceFrame[] | undefined = undefined;
  /** What a `catch` binds. */
  abstract readonly value: Value;
  /** The message as programs and tests know it. */
  abstract display(): string;
  /** For layers that report whatever was thrown at them. */
  toString(): string {
    return this.display();
  }
}

/** A value the program threw. */
export class Thrown extends HarnFailure {
  readonly value: Value;
  constructor(value: Value) {
    super();
    this.value = value;
  }
  display(): string {
    return `Thrown: ${display(this.value)}`;
  }
}

/** An error the VM or a builtin raised. */
export class RuntimeError extends HarnFailure {
  readonly kind: ErrorKind;
  readonly message: string;
  constructor(kind: ErrorKind, message: string) {
    super();
    this.kind = kind;
    this.message = message;
  }
  get value(): Value {
    return this.display();
  }
  display(): string {
    switch (this.kind) {
      case "type":
        return `Type error: ${this.message}`;
      case "runtime":
        return `Runtime error: ${this.message}`;
      case "undefined-variable":
        return `Undefined variable: ${this.message}`;
      case "undefined-builtin":
        return `Undefined builtin: ${this.message}`;
      case "immutable":
        return `Cannot assign to immutable binding: ${this.message}`;
      case "division":
      case "overflow":
        return this.message;
    }
  }
}

/** An error with a category of the taxonomy (`timeout`, `rate_limit` …). */
export class CategorizedError extends HarnFailure {
  readonly category: string;
  readonly message: string;
  constructor(category: string, message: string) {
    super();
    this.category = category;
    this.message = message;
  }
  get value(): Value {
    return this.display();
  }
  display(): string {
    return `Error [${this.category}]: ${this.message}`;
  }
}

/** The task was cancelled from outside: `finally` and `defer` run, `catch` does not see it. */
export class Cancelled extends HarnFailure {
  readonly reason: string;
  constructor(reason: string) {
    super();
    this.reason = reason;
  }
  get value(): Value {
    return this.display();
  }
  display(): string {
    return this.reason;
  }
}

/** The run was ended from outside, and no part of the program may see it; see `Vm.halt`. */
export class Halted extends HarnFailure {
  readonly cause: unknown;
  constructor(cause: unknown) {
    super();
    this.cause = cause;
  }
  get value(): Value {
    return this.display();
  }
  display(): string {
    return this.cause instanceof Error ? this.cause.message : String(this.cause);
  }
}

/** A caught error on its way through `finally` or into a `catch`. Never seen by a program. */
export class CaughtFailure extends Opaque {
  readonly typeName = "failure";
  readonly failure: HarnFailure;
  constructor(failure: HarnFailure) {
    super();
    this.failure = failure;
  }
  display(): string {
    return this.failure.display();
  }
}

/** Whatever a builtin threw, as a failure of the program. JavaScript's own errors lose their stack here. */
export function toFailure(thrown: unknown): HarnFailure {
  if (thrown instanceof HarnFailure) return thrown;
  if (thrown instanceof RangeError && /call stack/i.test(thrown.message)) {
    return new RuntimeError("overflow", "Stack overflow: value is nested too deeply");
  }
  const size = thrown instanceof RangeError ? whatIsTooLarge(thrown) : undefined;
  if (size !== undefined) return new RuntimeError("runtime", `Value is too large: ${size}`);
  if (thrown instanceof HarnError) return new RuntimeError("runtime", thrown.message);
  const message = thrown instanceof Error ? `${thrown.name}: ${thrown.message}` : String(thrown);
  return new RuntimeError("runtime", `Internal error, please report it (${message})`);
}

/** What programs see when a task is asked to stop while it runs or waits. */
export const CANCELLED_MESSAGE = "kind:cancelled:VM cancelled by host";

/** The type name a typed `catch (e: Name)` compares with. */
export function errorTypeName(value: Value): string | undefined {
  if (value instanceof EnumValue) return value.type.name;
  if (value instanceof StructValue) return value.type.name;
  if (value instanceof Dict) {
    const type = value.map.get("type") ?? value.map.get("name");
    return typeof type === "string" ? type : undefined;
  }
  return undefined;
}
