/**
 * The checker's diagnostic codes. A code is permanent: it keeps its meaning for ever and is never given again.
 * `HARN-T0xx` are type errors, `HARN-T1xx` type warnings, `HARN-N0xx` errors about names.
 */

import type { Severity } from "../diagnostics/diagnostic.ts";

export interface CheckCode {
  readonly code: string;
  readonly severity: Severity;
  /** What it is about, for the reference page. */
  readonly about: string;
}

export type CheckRule =
  | "declaredMismatch"
  | "returnMismatch"
  | "argumentMismatch"
  | "assignmentMismatch"
  | "bindingConflict"
  | "typeArguments"
  | "operator"
  | "nonExhaustiveMatch"
  | "reachableUnreachable"
  | "interfaceNotSatisfied"
  | "varianceViolation"
  | "structFieldMismatch"
  | "enumPayloadMismatch"
  | "emitOutsideStream"
  | "yieldInStream"
  | "emitMismatch"
  | "streamReturnType"
  | "tryStarOutsideFunction"
  | "orPattern"
  | "maxConcurrent"
  | "argumentCount"
  | "unreachableCode"
  | "suspiciousComparison"
  | "patternMismatch"
  | "unknownVariant"
  | "variantArgumentCount"
  | "unknownField"
  | "missingField"
  | "unknownInterfaceMethod"
  | "immutableAssignment"
  | "unknownAttribute"
  | "misplacedAttribute"
  | "deprecatedCall"
  | "unknownNotExhausted"
  | "undefinedCall"
  | "unknownStruct";

export const CHECK_CODES: Readonly<Record<CheckRule, CheckCode>> = {
  declaredMismatch: error("HARN-T001", "A value does not fit the annotation of the variable or default it initialises"),
  returnMismatch: error("HARN-T002", "A returned value does not fit the declared return type"),
  argumentMismatch: error("HARN-T003", "An argument does not fit the parameter"),
  assignmentMismatch: error("HARN-T004", "An assigned value does not fit the variable"),
  bindingConflict: error("HARN-T005", "One type parameter would have to be two types"),
  typeArguments: error("HARN-T006", "Explicit type arguments in the wrong number, or where none are declared"),
  operator: error("HARN-T007", "An operator on operands it is not defined for"),
  nonExhaustiveMatch: error("HARN-T008", "A `match` that leaves out a case"),
  reachableUnreachable: error("HARN-T009", "`unreachable(x)` where `x` can still have a value"),
  interfaceNotSatisfied: error("HARN-T010", "A type that lacks what a `where` bound demands"),
  varianceViolation: error("HARN-T011", "An `in` or `out` type parameter used in a position it may not be in"),
  structFieldMismatch: error("HARN-T012", "A field value that does not fit the struct"),
  enumPayloadMismatch: error("HARN-T013", "A payload value that does not fit the enum variant"),
  emitOutsideStream: error("HARN-T014", "`emit` outside a `gen fn`"),
  yieldInStream: error("HARN-T015", "`yield` inside a `gen fn`"),
  emitMismatch: error("HARN-T016", "An emitted value that does not fit the stream"),
  streamReturnType: error("HARN-T017", "A `gen fn` declared to return something else than a stream"),
  tryStarOutsideFunction: error("HARN-T018", "`try*` with no enclosing function"),
  orPattern: error("HARN-T019", "An or-pattern alternative that is not a literal"),
  maxConcurrent: error("HARN-T020", "`max_concurrent` that is not an int"),
  argumentCount: warning("HARN-T101", "A call with too few or too many arguments"),
  unreachableCode: warning("HARN-T102", "Code after a statement that always leaves"),
  suspiciousComparison: warning("HARN-T103", "An ordering comparison that means little for these types"),
  patternMismatch: warning("HARN-T104", "A literal pattern that the matched value can never equal"),
  unknownVariant: warning("HARN-T105", "An enum variant that is not declared"),
  variantArgumentCount: warning("HARN-T106", "An enum variant built with the wrong number of values"),
  unknownField: warning("HARN-T107", "A struct field that is not declared"),
  missingField: warning("HARN-T108", "A required struct field that is not given"),
  unknownInterfaceMethod: warning("HARN-T109", "A method the bound interface does not have"),
  immutableAssignment: warning("HARN-T110", "Assignment to an immutable variable"),
  unknownAttribute: warning("HARN-T111", "An attribute nobody reads"),
  misplacedAttribute: warning("HARN-T112", "An attribute on a declaration it does not apply to"),
  deprecatedCall: warning("HARN-T113", "A call of a deprecated function"),
  unknownNotExhausted: warning("HARN-T114", "An `unknown` value not narrowed all the way"),
  undefinedCall: error("HARN-N001", "A call of a name that is not defined or imported"),
  unknownStruct: error("HARN-N002", "A struct literal of a struct that is not declared"),
};

function error(code: string, about: string): CheckCode {
  return { code, severity: "error", about };
}

function warning(code: string, about: string): CheckCode {
  return { code, severity: "warning", about };
}
