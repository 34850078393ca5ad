/** Version numbers in model ids, so that a capability can begin with a generation. */

export type ModelVersion = readonly [major: number, minor: number];

/**
 * `claude-opus-4-7`, `anthropic/claude-sonnet-4.6-fast`, `claude-haiku-4-5-20251001`, `gpt-5.4-preview`,
 * `openai/gpt-5-4`. A date is no minor version: `claude-sonnet-4-20250514` is 4.0. Other shapes have none.
 */
export function modelVersion(modelId: string): ModelVersion | undefined {
  return claudeVersion(modelId) ?? gptVersion(modelId);
}

export function claudeVersion(modelId: string): ModelVersion | undefined {
  const lower = modelId.toLowerCase();
  if (!/(?:^|\/)claude-/.test(lower)) return undefined;
  return versionAfter(/(?:opus|sonnet|haiku)-(\d+)(?:[.-](\d+))?/.exec(lower));
}

export function gptVersion(modelId: string): ModelVersion | undefined {
  const name = modelId.toLowerCase().split("/").at(-1) ?? "";
  return versionAfter(/gpt-(\d+)(?![\da-z])(?:[.-](\d+))?/.exec(name));
}

/** Whether a version is at least another. */
export function atLeast(version: ModelVersion | undefined, minimum: ModelVersion): boolean {
  if (!version) return false;
  return version[0] > minimum[0] || (version[0] === minimum[0] && version[1] >= minimum[1]);
}

function versionAfter(match: RegExpExecArray | null): ModelVersion | undefined {
  if (!match) return undefined;
  const minor = Number(match[2] ?? 0);
  return [Number(match[1]), minor >= 1000 ? 0 : minor];
}
