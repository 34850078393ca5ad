/** When a child is started again, and after how long: the part of supervision that needs no task. */

import {
  Dict,
  display,
  Float,
  isInt,
  milliseconds,
  RuntimeError,
  toDouble,
  typeName,
  type Value,
} from "../../../vm/index.ts";

const MODES = ["never", "on_failure", "always"] as const;
type RestartMode = (typeof MODES)[number];

export interface RestartPolicy {
  /** Default `on_failure`. */
  readonly mode: RestartMode;
  /** Restarts within the window; Infinity by default. */
  readonly maxRestarts: number;
  /** Milliseconds, 60,000 by default; 0: the whole life of the supervisor. */
  readonly windowMs: number;
  /** Milliseconds before the first restart, 0 by default; each further one waits `factor` times as long. */
  readonly backoffMs: number;
  /** 30,000 by default. */
  readonly maxBackoffMs: number;
  /** At least 1; 2 by default. */
  readonly factor: number;
  /** Up to so many milliseconds more, so that siblings do not all start at once; the same in every run. */
  readonly jitterMs: number;
  /** A child that has had all its restarts gets new ones after this time; undefined: it stays down. */
  readonly circuitOpenMs: number | undefined;
}

export type RestartDecision =
  | { readonly kind: "leave" }
  | { readonly kind: "restart"; readonly afterMs: number }
  /** Too many restarts; another try after the time, if there is one. */
  | { readonly kind: "suppress"; readonly afterMs: number | undefined };

/** @param restartsMs when the child was restarted before, oldest first, on the clock of `nowMs` */
export function decideRestart(
  policy: RestartPolicy,
  failed: boolean,
  restartsMs: readonly number[],
  nowMs: number,
  childIndex: number,
): RestartDecision {
  if (policy.mode === "never" || (policy.mode === "on_failure" && !failed)) return { kind: "leave" };
  const recent = policy.windowMs === 0 ? restartsMs : restartsMs.filter((at) => nowMs - at <= policy.windowMs);
  if (recent.length >= policy.maxRestarts) return { kind: "suppress", afterMs: policy.circuitOpenMs };
  return { kind: "restart", afterMs: restartDelayMs(policy, restartsMs.length, childIndex) };
}

export function restartDelayMs(policy: RestartPolicy, restarts: number, childIndex: number): number {
  const longest = Math.max(policy.maxBackoffMs, policy.backoffMs);
  const backoff = Math.min(Math.round(policy.backoffMs * policy.factor ** restarts), longest);
  return backoff + ((childIndex * 7919 + restarts * 104_729) % (policy.jitterMs + 1));
}

/** @param value a mode, or a dict of the fields above in snake case; nil: all defaults */
export function readRestartPolicy(value: Value): RestartPolicy {
  if (value !== undefined && typeof value !== "string" && !(value instanceof Dict)) {
    throw failure(`restart policy must be a string or dict, got ${typeName(value)}`);
  }
  const fields = value instanceof Dict ? value.map : new Map<string, Value>();
  const field = (...names: readonly string[]): Value => {
    const name = names.find((each) => fields.get(each) !== undefined);
    return name === undefined ? undefined : fields.get(name);
  };
  const time = (...names: readonly string[]): number | undefined =>
    readMilliseconds(names[0] as string, field(...names));
  const maxRestarts = field("max_restarts", "max");
  const factor = field("factor", "backoff_factor");
  return {
    mode: readMode(typeof value === "string" ? value : field("mode", "policy")),
    maxRestarts: isInt(maxRestarts) ? Math.max(0, toDouble(maxRestarts)) : Number.POSITIVE_INFINITY,
    windowMs: time("window_ms", "window") ?? 60_000,
    backoffMs: time("backoff_ms", "backoff", "initial_backoff_ms") ?? 0,
    maxBackoffMs: time("max_backoff_ms", "max_backoff") ?? 30_000,
    factor: isInt(factor) || factor instanceof Float ? Math.max(1, toDouble(factor)) : 2,
    jitterMs: time("jitter_ms", "jitter") ?? 0,
    circuitOpenMs: time("circuit_open_ms", "circuit_open"),
  };
}

function readMode(value: Value): RestartMode {
  if (value === undefined) return "on_failure";
  const name = normalize(display(value));
  const mode = MODES.find((each) => each === name);
  if (mode === undefined) throw failure(`unknown restart mode '${name}' (one of ${MODES.join(", ")})`);
  return mode;
}

function readMilliseconds(name: string, value: Value): number | undefined {
  const ms = milliseconds(value);
  if (value !== undefined && ms === undefined) {
    throw failure(`${name} must be a duration or an int of milliseconds, got ${typeName(value)}`);
  }
  return ms;
}

/** `On-Failure` means `on_failure`. */
export function normalize(name: string): string {
  return name.trim().toLowerCase().replaceAll(/[- ]/g, "_");
}

export function failure(problem: string): RuntimeError {
  return new RuntimeError("runtime", `supervisor_start: ${problem}`);
}
