/**
 * Skills: a prompt and a set of tools that come into play when the conversation is about them (AGENT-22).
 *
 * Before the first iteration, and before every other one unless matching is sticky, skills are ranked against the last
 * user message and the working files; the best become active. Active skills add to the system prompt, and where they
 * name tools, only those are offered. A model can also load a skill by name.
 */

import type { JsonObject } from "../../base/index.ts";
import type { ToolSpec } from "../../llm/index.ts";
import type { RecordedMessage } from "../context/recorded-message.ts";
import { bm25Terms } from "../tools/bm25.ts";
import { thrownText, toolFailure, toolSuccess } from "../tools/outcome.ts";
import type { Awaitable, Policy } from "../turn/policy.ts";
import type { TurnState } from "../turn/turn-state.ts";
import type { Recorder } from "./recorder.ts";
import { matchesAny } from "./wildcard.ts";

export interface Skill {
  readonly name: string;
  readonly description: string;
  readonly whenToUse?: string;
  readonly prompt?: string;
  /** Wildcards over working files. */
  readonly paths?: readonly string[];
  /** Tool names, `namespace:<tag>`, or `*`. Empty: the skill does not narrow the tools. */
  readonly allowedTools?: readonly string[];
  /** Neither matched nor loadable by the model. */
  readonly disableModelInvocation?: boolean;
  readonly onActivate?: () => Awaitable<unknown>;
  readonly onDeactivate?: () => Awaitable<unknown>;
}

export interface SkillOptions {
  readonly skills: readonly Skill[];
  readonly workingFiles?: readonly string[];
  /** How many may be active. Default 1. */
  readonly topN?: number;
  /** The first match stays for the whole loop. Default true. */
  readonly sticky?: boolean;
  /** Ranks instead of us (`skill/match`); when it fails, we do. */
  readonly match?: (question: SkillQuestion) => Awaitable<readonly SkillCandidate[]>;
  /** Body of a skill that the model asks for; absent: its prompt. May refuse by throwing. */
  readonly load?: (name: string) => Awaitable<string>;
  /** Namespace tag of a tool, for `namespace:` entries. */
  readonly namespaceOf?: (tool: string) => string | undefined;
}

export interface SkillQuestion {
  readonly prompt: string;
  readonly workingFiles: readonly string[];
  readonly candidates: readonly Skill[];
}

export interface SkillCandidate {
  readonly name: string;
  readonly score: number;
  readonly reason: string;
}

/** The skills in play, shared by the policy and whoever builds prompts. */
export interface SkillScope {
  active: Skill[];
  /** Loaded by the model; the text is what it got. */
  loaded: { readonly skill: Skill; readonly prompt: string }[];
  readonly namespaceOf: (tool: string) => string | undefined;
}

export const LOAD_SKILL_TOOL: ToolSpec = {
  name: "load_skill",
  description: "Loads the instructions of a skill by its name.",
  inputSchema: { type: "object", properties: { name: { type: "string" } }, required: ["name"] },
};

export function createSkillScope(options?: SkillOptions, resumed: readonly string[] = []): SkillScope {
  const active = (options?.skills ?? []).filter((skill) => resumed.includes(skill.name));
  return { active, loaded: [], namespaceOf: options?.namespaceOf ?? (() => undefined) };
}

/** Tools of the runtime itself are never narrowed away. */
export function isSkillToolAllowed(scope: SkillScope, tool: string): boolean {
  const allowed = [...scope.active, ...scope.loaded.map((entry) => entry.skill)].flatMap(
    (skill) => skill.allowedTools ?? [],
  );
  if (allowed.length === 0 || allowed.includes("*") || allowed.includes(tool)) return true;
  if (tool.startsWith("__harn_") || tool === LOAD_SKILL_TOOL.name || tool === "ledger") return true;
  const namespace = scope.namespaceOf(tool);
  return namespace !== undefined && allowed.includes(`namespace:${namespace}`);
}

/** The section of the system prompt; undefined when no skill is active. */
export function skillPrompt(scope: SkillScope): string | undefined {
  const loadedNames = scope.loaded.map((entry) => entry.skill.name);
  const shown = [
    ...scope.active
      .filter((skill) => !loadedNames.includes(skill.name))
      .map((skill) => ({ skill, prompt: skill.prompt ?? "" })),
    ...scope.loaded,
  ];
  if (shown.length === 0) return undefined;
  const sections = shown.map(({ skill, prompt }) => {
    const lines = [`### ${skill.name}`];
    if (skill.description.trim() !== "") lines.push(skill.description.trim());
    if (skill.whenToUse?.trim()) lines.push(`When to use: ${skill.whenToUse.trim()}`);
    if (skill.allowedTools && skill.allowedTools.length > 0)
      lines.push(`Scoped tools: ${skill.allowedTools.join(", ")}`);
    if (prompt.trim() !== "") lines.push("", prompt.trim());
    return lines.join("\n");
  });
  return ["## Active skills", ...sections].join("\n\n");
}

export function skillPolicy(options: SkillOptions, scope: SkillScope, recorder: Recorder): Policy {
  const { sticky = true } = options;
  const resumed = scope.active.length > 0;
  return {
    name: "skills",
    async prepare(turn) {
      const isFirst = turn.stepIndex === 0;
      if (isFirst ? !(resumed && sticky) : !sticky) await matchSkills(options, scope, recorder, turn);
      return undefined;
    },
    async gate(_turn, call) {
      if (call.name !== LOAD_SKILL_TOOL.name) return undefined;
      const input = call.input as JsonObject | null;
      const name = typeof input?.["name"] === "string" ? input["name"].trim() : "";
      const skill = options.skills.find((candidate) => candidate.name === name);
      const refusal =
        skill === undefined
          ? `skill_not_found: there is no skill '${name}'`
          : skill.disableModelInvocation
            ? `skill_model_invocation_disabled: skill '${name}' is for users to start`
            : undefined;
      if (skill === undefined || refusal !== undefined)
        return { kind: "answer", outcome: toolFailure("NotFound", refusal ?? "") };
      try {
        const prompt = options.load === undefined ? (skill.prompt ?? "") : await options.load(name);
        recorder.transcript({
          kind: "skill.loaded",
          role: "system",
          visibility: "internal",
          text: name,
          metadata: { skill_id: name },
        });
        scope.loaded = [...scope.loaded.filter((entry) => entry.skill.name !== name), { skill, prompt }];
        return { kind: "answer", outcome: toolSuccess(prompt) };
      } catch (thrown) {
        return { kind: "answer", outcome: toolFailure("Runtime", thrownText(thrown)) };
      }
    },
  };
}

async function matchSkills(
  options: SkillOptions,
  scope: SkillScope,
  recorder: Recorder,
  turn: TurnState,
): Promise<void> {
  const candidates = options.skills.filter((skill) => skill.disableModelInvocation !== true);
  if (options.skills.length === 0) return;
  const question: SkillQuestion = {
    prompt: lastUserText(turn.history),
    workingFiles: options.workingFiles ?? [],
    candidates,
  };
  const { ranked, strategy } = await rankSkills(options, question, turn);
  const iteration = turn.stepIndex;
  recorder.transcript({
    kind: "skill_matched",
    role: "system",
    visibility: "internal",
    text: "",
    metadata: {
      strategy,
      iteration,
      reassess: iteration > 0,
      candidates: ranked.map(({ name, score, reason }) => ({ name, score, reason })),
      working_files: question.workingFiles,
    },
  });
  const chosen = ranked
    .filter((candidate) => strategy === "host" || candidate.score > 0)
    .slice(0, Math.max(1, options.topN ?? 1));
  const next = chosen.flatMap(({ name }) => candidates.find((skill) => skill.name === name) ?? []);
  for (const skill of scope.active.filter((old) => !next.includes(old))) await deactivate(skill, recorder, iteration);
  for (const skill of next.filter((fresh) => !scope.active.includes(fresh))) {
    const candidate = chosen.find(({ name }) => name === skill.name)!;
    await activate(skill, candidate, recorder, iteration);
  }
  scope.active = next;
}

async function rankSkills(
  options: SkillOptions,
  question: SkillQuestion,
  turn: TurnState,
): Promise<{ ranked: readonly SkillCandidate[]; strategy: "host" | "metadata" }> {
  if (options.match !== undefined) {
    try {
      const ranked = (await options.match(question)).toSorted((a, b) => b.score - a.score);
      return { ranked, strategy: "host" };
    } catch (thrown) {
      const fields = { error: thrownText(thrown) };
      turn.harness.host.sync("log.write", {
        level: "warn",
        message: "Skill matching by the host failed; matching by metadata",
        fields,
      });
    }
  }
  return { ranked: scoreSkills(question), strategy: "metadata" };
}

const NAME_SCORE = 2;
const PATH_SCORE = 1.5;

/** Shared words, weighted by how few skills have them; a name in the prompt and a matching file count extra. */
export function scoreSkills({ prompt, workingFiles, candidates }: SkillQuestion): readonly SkillCandidate[] {
  const words = new Set(bm25Terms(prompt));
  const texts = candidates.map((skill) => new Set(bm25Terms(`${skill.description} ${skill.whenToUse ?? ""}`)));
  const scored = candidates.map((skill, index): SkillCandidate => {
    const reasons: string[] = [];
    let score = 0;
    const hits = [...texts[index]!].filter((word) => words.has(word) && word.length > 2);
    for (const word of hits) score += Math.log(1 + candidates.length / texts.filter((text) => text.has(word)).length);
    if (hits.length > 0) reasons.push(`words: ${hits.sort().join(", ")}`);
    if (bm25Terms(skill.name).every((word) => words.has(word))) {
      score += NAME_SCORE;
      reasons.push("named");
    }
    const file = workingFiles.find((path) => matchesAny(skill.paths ?? [], path));
    if (file !== undefined) {
      score += PATH_SCORE;
      reasons.push(`path: ${file}`);
    }
    return { name: skill.name, score, reason: reasons.join("; ") };
  });
  return scored.filter(({ score }) => score > 0).sort((a, b) => b.score - a.score || (a.name < b.name ? -1 : 1));
}

async function activate(
  skill: Skill,
  { score, reason }: SkillCandidate,
  recorder: Recorder,
  iteration: number,
): Promise<void> {
  const allowed = skill.allowedTools ?? [];
  await recorder.live({ type: "skill_activated", skill_name: skill.name, iteration, reason });
  note(recorder, "skill_activated", skill.name, {
    name: skill.name,
    description: skill.description,
    iteration,
    score,
    reason,
    allowed_tools: allowed,
  });
  if (allowed.length > 0) {
    await recorder.live({ type: "skill_scope_tools", skill_name: skill.name, allowed_tools: allowed });
    note(recorder, "skill_scope_tools", skill.name, { name: skill.name, allowed_tools: allowed });
  }
  await skill.onActivate?.();
}

async function deactivate(skill: Skill, recorder: Recorder, iteration: number): Promise<void> {
  await recorder.live({ type: "skill_deactivated", skill_name: skill.name, iteration });
  note(recorder, "skill_deactivated", skill.name, { name: skill.name, iteration });
  await skill.onDeactivate?.();
}

function note(recorder: Recorder, kind: string, text: string, metadata: JsonObject): void {
  recorder.transcript({ kind, role: "system", visibility: "internal", text, metadata });
}

function lastUserText(history: readonly RecordedMessage[]): string {
  return history.findLast((message) => message.role === "user")?.content ?? "";
}
