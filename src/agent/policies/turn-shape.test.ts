import { describe, expect, it } from "vitest";
import { DEFAULT_PROFILE, readProfile } from "./profiles.ts";
import { createSkillScope, isSkillToolAllowed, type Skill, scoreSkills, skillPrompt } from "./skills.ts";
import { actionNudge, cutProse, FREE_TURN, readTurnShape } from "./turn-shape.ts";

describe("turn policy", () => {
  it("POLICY-04 reads its fields with their defaults, and refuses others", () => {
    expect(readTurnShape({})).toEqual(FREE_TURN);
    expect(readTurnShape({ require_action_or_yield: true, allow_done_sentinel: false, max_prose_chars: 10 })).toEqual({
      requireActionOrYield: true,
      allowDoneSentinel: false,
      maxProseChars: 10,
    });
    expect(readTurnShape(undefined)).toBeUndefined();
    expect(() => readTurnShape({ max_prose: 1 })).toThrow(/Unknown key/);
    expect(() => readTurnShape({ max_prose_chars: -1 })).toThrow(/max_prose_chars/);
    expect(() => readTurnShape("strict")).toThrow(/a dict/);
  });

  it("POLICY-04 long prose is cut by characters, with a mark", () => {
    const shape = { ...FREE_TURN, maxProseChars: 3 };
    expect(cutProse("  🎉🎉🎉 ", shape)).toBe("🎉🎉🎉");
    expect(cutProse("🎉🎉🎉🎉", shape)).toMatch(/^🎉🎉🎉\n\n<assistant prose cut/);
    expect(cutProse(" as it is ", FREE_TURN)).toBe("as it is");
  });

  it("the action nudge names the channel, the limit and, where allowed, the way out", () => {
    const shape = { requireActionOrYield: true, allowDoneSentinel: true, maxProseChars: 50 };
    expect(actionNudge(FREE_TURN, "native", true, "##DONE##", false)).toBeUndefined();
    expect(actionNudge(shape, "native", true, "##DONE##", true)).toMatch(
      /at most 50 characters.*tool channel.*##DONE##.*mostly prose/,
    );
    expect(actionNudge({ ...shape, allowDoneSentinel: false }, "text", true, "##DONE##", false)).not.toContain("DONE");
    expect(actionNudge(shape, "text", false, "##DONE##", false)).toContain("make progress in your reply");
  });
});

describe("profiles", () => {
  it("AGENT-17 presets by name, seed values without one, an error for others", () => {
    expect(readProfile(undefined)).toEqual(DEFAULT_PROFILE);
    expect(DEFAULT_PROFILE).toEqual({
      maxIterations: 50,
      maxNudges: 3,
      toolRetries: 0,
      llmRetries: 3,
      schemaRetries: 0,
    });
    expect(readProfile("tool_using")).toEqual({
      maxIterations: 50,
      maxNudges: 8,
      toolRetries: 0,
      llmRetries: 2,
      schemaRetries: 0,
    });
    expect(readProfile("researcher")).toEqual({
      maxIterations: 30,
      maxNudges: 4,
      toolRetries: 0,
      llmRetries: 2,
      schemaRetries: 0,
    });
    expect(readProfile("verifier")).toEqual({
      maxIterations: 5,
      maxNudges: 0,
      toolRetries: 0,
      llmRetries: 2,
      schemaRetries: 3,
    });
    expect(readProfile("completer")).toEqual({
      maxIterations: 1,
      maxNudges: 0,
      toolRetries: 0,
      llmRetries: 2,
      schemaRetries: 0,
    });
    expect(() => readProfile("planner")).toThrow(
      "profile must be one of tool_using, researcher, verifier, completer; got `planner`",
    );
    expect(() => readProfile(5)).toThrow(/profile must be one of/);
  });
});

describe("skills", () => {
  const ship: Skill = {
    name: "ship",
    description: "Ship a production release",
    whenToUse: "release, deploy",
    allowedTools: ["deploy"],
    prompt: "Follow the runbook.",
  };
  const inspect: Skill = { name: "inspect", description: "Inspect metrics and dashboards", paths: ["infra/*"] };

  it("AGENT-22 ranks by shared words, by name and by working files", () => {
    const rank = (prompt: string, workingFiles: readonly string[] = []) =>
      scoreSkills({ prompt, workingFiles, candidates: [ship, inspect] }).map((candidate) => candidate.name);
    expect(rank("Please deploy the release")).toEqual(["ship"]);
    expect(rank("look at the dashboards, then ship")).toEqual(["ship", "inspect"]);
    expect(rank("hello", ["infra/a.tf"])).toEqual(["inspect"]);
    expect(rank("hello")).toEqual([]);
  });

  it("AGENT-22 active skills are in the prompt and narrow the tools, but not the runtime's own", () => {
    const scope = createSkillScope(
      { skills: [ship, inspect], namespaceOf: (tool) => (tool === "ls" ? "read" : undefined) },
      ["ship"],
    );
    expect(skillPrompt(scope)).toBe(
      "## Active skills\n\n### ship\nShip a production release\nWhen to use: release, deploy\nScoped tools: deploy\n\nFollow the runbook.",
    );
    expect(
      ["deploy", "other", "__harn_tool_search", "load_skill", "ledger"].map((tool) => isSkillToolAllowed(scope, tool)),
    ).toEqual([true, false, true, true, true]);
    scope.active = [{ ...ship, allowedTools: ["namespace:read"] }];
    expect([isSkillToolAllowed(scope, "ls"), isSkillToolAllowed(scope, "rm")]).toEqual([true, false]);
    scope.active = [ship, { ...inspect, allowedTools: ["*"] }];
    expect(isSkillToolAllowed(scope, "anything")).toBe(true);
    scope.active = [];
    expect(skillPrompt(scope)).toBeUndefined();
  });
});
