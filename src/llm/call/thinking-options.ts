/** `thinking`, `reasoning_effort`, `interleaved_thinking`, `anthropic_beta_features` (OPT-19, OPT-20). */

import { HarnError, isJsonObject } from "../../base/index.ts";
import type { ThinkingConfig } from "../spec/model.ts";
import type { ModelCapabilities } from "./catalog-view.ts";
import { typeName } from "./option-readers.ts";

type Options = Readonly<Record<string, unknown>>;

const optionError = (message: string): HarnError => new HarnError("llm.option", message);

/** What to ask of the model, and the option that asked, for messages. */
export interface ThinkingRequest {
  readonly config: ThinkingConfig;
  readonly option: "thinking" | "reasoning_effort";
}

export function readThinking(options: Options): ThinkingRequest {
  const effort = readEffort(options["reasoning_effort"]);
  const thinking = readThinkingValue(options["thinking"]);
  if (effort === undefined) return { config: thinking, option: "thinking" };
  if (thinking.mode !== "disabled") {
    throw optionError("reasoning_effort cannot be combined with a non-disabled thinking option");
  }
  return { config: { mode: "effort", level: effort }, option: "reasoning_effort" };
}

type Level = "low" | "medium" | "high";

function isLevel(value: unknown): value is Level {
  return value === "low" || value === "medium" || value === "high";
}

function readEffort(value: unknown): Level | undefined {
  if (value === undefined || value === null || value === false) return undefined;
  if (isLevel(value)) return value;
  const found = typeof value === "string" ? JSON.stringify(value) : typeName(value);
  throw optionError(`reasoning_effort: expected "low" | "medium" | "high", got ${found}`);
}

function readThinkingValue(value: unknown): ThinkingConfig {
  if (value === undefined || value === null || value === false) return { mode: "disabled" };
  if (value === true) return { mode: "enabled" };
  if (isLevel(value)) return { mode: "effort", level: value };
  if (isJsonObject(value)) return readThinkingDict(value);
  switch (value) {
    case "disabled":
    case "off":
    case "none":
      return { mode: "disabled" };
    case "enabled":
    case "on":
    case "true":
      return { mode: "enabled" };
    case "adaptive":
      return { mode: "adaptive" };
  }
  const found = typeof value === "string" ? JSON.stringify(value) : typeName(value);
  throw optionError(
    'thinking: expected bool, dict, or one of "enabled" | "adaptive" | "low" | "medium" | "high", got ' + found,
  );
}

function readThinkingDict(dict: Options): ThinkingConfig {
  if (dict["enabled"] === false) return { mode: "disabled" };
  const mode = dict["mode"] ?? "enabled";
  switch (mode) {
    case "disabled":
    case "off":
    case "none":
      return { mode: "disabled" };
    case "adaptive":
      return { mode: "adaptive" };
    case "enabled": {
      const budget = dict["budget_tokens"];
      if (budget === undefined || budget === null) return { mode: "enabled" };
      if (!Number.isSafeInteger(budget) || (budget as number) < 0) {
        throw optionError("thinking.budget_tokens: expected a non-negative int");
      }
      return { mode: "enabled", budgetTokens: budget as number };
    }
    case "effort": {
      const level = dict["level"];
      if (level === undefined || level === null) {
        throw optionError('thinking.level is required when thinking.mode is "effort"');
      }
      if (isLevel(level)) return { mode: "effort", level };
      throw optionError(`thinking.level: expected "low" | "medium" | "high", got ${JSON.stringify(level)}`);
    }
  }
  throw optionError(
    'thinking.mode: expected "disabled" | "enabled" | "adaptive" | "effort", got ' + JSON.stringify(mode),
  );
}

/** Whether a model can think in the asked way; `enabled` is served by models that decide themselves. */
export function supportsThinking(config: ThinkingConfig, capabilities: ModelCapabilities): boolean {
  const modes = capabilities.thinkingModes ?? [];
  switch (config.mode) {
    case "disabled":
      return true;
    case "enabled":
      return modes.includes("enabled") || modes.includes("adaptive");
    case "adaptive":
    case "effort":
      return modes.includes(config.mode);
  }
}

export const INTERLEAVED_THINKING_BETA = "interleaved-thinking-2025-05-14";

/** Names of beta features, without repetition; thinking brings its own where the model can interleave it. */
export function readBetaFeatures(
  options: Options,
  thinking: ThinkingConfig,
  capabilities: ModelCapabilities,
): readonly string[] {
  const value = options["anthropic_beta_features"];
  const names = new Set<string>();
  if (value !== undefined && value !== null && value !== false) {
    if (typeof value !== "string" && !Array.isArray(value)) {
      throw optionError(`anthropic_beta_features: expected string or list<string>, got ${typeName(value)}`);
    }
    for (const item of Array.isArray(value) ? (value as readonly unknown[]) : [value]) {
      if (typeof item !== "string") {
        throw optionError(`anthropic_beta_features: expected list<string>, got ${typeName(item)}`);
      }
      const name = item.trim();
      if (name === "") continue;
      if (!/^[A-Za-z0-9_-]+$/.test(name)) {
        throw optionError(
          `anthropic_beta_features: invalid beta feature name \`${name}\`; expected ASCII letters, digits, '-' or '_'`,
        );
      }
      names.add(name);
    }
  }
  const thinks = thinking.mode === "enabled" || thinking.mode === "adaptive";
  if (options["interleaved_thinking"] === true || (thinks && capabilities.interleavedThinking === true)) {
    names.add(INTERLEAVED_THINKING_BETA);
  }
  return [...names];
}
