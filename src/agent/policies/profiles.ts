/** Named presets for common shapes of loops (AGENT-17); options that are given win over them. */

import { isAbsent, optionError } from "./read-options.ts";

export interface LoopProfile {
  readonly maxIterations: number;
  readonly maxNudges: number;
  readonly toolRetries: number;
  readonly llmRetries: number;
  readonly schemaRetries: number;
}

export type ProfileName = "tool_using" | "researcher" | "verifier" | "completer";

const PROFILES: Readonly<Record<ProfileName, LoopProfile>> = {
  tool_using: { maxIterations: 50, maxNudges: 8, toolRetries: 0, llmRetries: 2, schemaRetries: 0 },
  researcher: { maxIterations: 30, maxNudges: 4, toolRetries: 0, llmRetries: 2, schemaRetries: 0 },
  verifier: { maxIterations: 5, maxNudges: 0, toolRetries: 0, llmRetries: 2, schemaRetries: 3 },
  completer: { maxIterations: 1, maxNudges: 0, toolRetries: 0, llmRetries: 2, schemaRetries: 0 },
};

/** Without a profile: the defaults of the first releases (AGENT-01, AGENT-03, AGENT-05, AGENT-13). */
export const DEFAULT_PROFILE: LoopProfile = {
  maxIterations: 50,
  maxNudges: 3,
  toolRetries: 0,
  llmRetries: 3,
  schemaRetries: 0,
};

/** @throws HarnError `agent.option` for an unknown name */
export function readProfile(value: unknown, fn = "agent_loop"): LoopProfile {
  if (isAbsent(value)) return DEFAULT_PROFILE;
  const name = (Object.keys(PROFILES) as ProfileName[]).find((candidate) => candidate === value);
  if (name !== undefined) return PROFILES[name];
  throw optionError(`${fn}: profile must be one of ${Object.keys(PROFILES).join(", ")}; got \`${String(value)}\``);
}
