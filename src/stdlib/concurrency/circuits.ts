/**
 * Circuit breakers by name. *closed*: calls may go; after `threshold` failures in a row *open*: they should not; after
 * the reset time *half_open*: one may try, and its outcome closes or opens the circuit again.
 */

import { display, isInt, milliseconds, type Value, type Vm } from "../../vm/index.ts";
import { type Builtin, pure, runState } from "../builtin.ts";

interface Circuit {
  readonly threshold: number;
  readonly resetMs: number;
  failures: number;
  /** Monotonic milliseconds; undefined: closed. */
  openedMs: number | undefined;
}

const DEFAULT_THRESHOLD = 5;
const DEFAULT_RESET_MS = 30_000;

const circuitsOf = (vm: Vm): Map<string, Circuit> => runState(vm, "circuits", () => new Map());

const nameOf = (value: Value): string => (value === undefined ? "default" : display(value));

function stateOf(circuit: Circuit | undefined, nowMs: number): "closed" | "open" | "half_open" {
  if (circuit?.openedMs === undefined) return "closed";
  return nowMs - circuit.openedMs >= circuit.resetMs ? "half_open" : "open";
}

function recordFailure(circuit: Circuit, nowMs: number): boolean {
  const state = stateOf(circuit, nowMs);
  circuit.failures += 1;
  const opens = state === "half_open" || (state === "closed" && circuit.failures >= circuit.threshold);
  if (opens) circuit.openedMs = nowMs;
  return opens;
}

function close(circuit: Circuit | undefined): undefined {
  if (!circuit) return;
  circuit.failures = 0;
  circuit.openedMs = undefined;
}

const MAKE = 'circuit_breaker("api", 1, 1000)';

export const circuitBuiltins: readonly Builtin[] = [
  pure(
    {
      signature: "circuit_breaker(name: string, threshold?: int, reset_ms?: int) -> string",
      summary: "Make a circuit breaker (5 failures, 30 seconds) and give back its name",
      effects: ["state"],
      example: `println(${MAKE})`,
    },
    ([name, threshold, reset], { vm }) => {
      circuitsOf(vm).set(nameOf(name), {
        threshold: isInt(threshold) ? Number(threshold) : DEFAULT_THRESHOLD,
        resetMs: milliseconds(reset) ?? DEFAULT_RESET_MS,
        failures: 0,
        openedMs: undefined,
      });
      return nameOf(name);
    },
  ),
  pure(
    {
      signature: "circuit_check(name: string) -> string",
      summary: "`closed`, `open` or `half_open`; closed when there is no such circuit",
      effects: ["state", "clock"],
      example: `${MAKE}\nprintln(circuit_check("api"))`,
    },
    ([name], { vm }) => stateOf(circuitsOf(vm).get(nameOf(name)), vm.timers.now()),
  ),
  pure(
    {
      signature: "circuit_record_failure(name: string) -> bool",
      summary: "Count a failure; true when it opens the circuit",
      effects: ["state", "clock"],
      example: `${MAKE}\nprintln(circuit_record_failure("api"))`,
    },
    ([name], { vm }) => {
      const circuit = circuitsOf(vm).get(nameOf(name));
      return circuit ? recordFailure(circuit, vm.timers.now()) : false;
    },
  ),
  ...(
    [
      ["circuit_record_success", "Close a circuit because a call went well"],
      ["circuit_reset", "Close a circuit"],
    ] as const
  ).map(([name, summary]) =>
    pure(
      {
        signature: `${name}(name: string)`,
        summary,
        effects: ["state"],
        example: `${MAKE}\ncircuit_record_failure("api")\n${name}("api")\nprintln(circuit_check("api"))`,
      },
      ([circuit], { vm }) => close(circuitsOf(vm).get(nameOf(circuit))),
    ),
  ),
];
