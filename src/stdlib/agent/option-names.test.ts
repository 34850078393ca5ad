/** What the builtins of agents say they read, against what they read. */

import { describe, expect, it } from "vitest";
import { askedKeys, askedMapKeys } from "../../../test/support/recorded-options.ts";
import { soundProgram } from "../../../test/support/run-harn.ts";
import { COMPACTION_OPTION_NAMES, compactsByModel, LOOP_OPTION_NAMES, strategyFor } from "../../agent/index.ts";
import { CALL_OPTION_NAMES } from "../../llm/index.ts";
import { startProgram } from "../../runtime/index.ts";
import { createVirtualHost } from "../../testing/index.ts";
import { Dict, type Value } from "../../vm/index.ts";
import { standardBuiltins } from "../index.ts";

/** Options of a builtin that a program calls once, read through a map that notes what is asked of it. */
async function askedInProgram(builtin: string, source: string): Promise<readonly string[]> {
  // A program begins as soon as it is started; asleep it lets us step in between.
  const program = soundProgram(`sleep(1ms)\n${source}`);
  return askedMapKeys<Value>([{}], async (recording) => {
    const host = createVirtualHost();
    const { vm, outcome } = startProgram(program, { host });
    const plain = vm.calls.contextOf.bind(vm.calls);
    vm.calls.contextOf = (task, call) => {
      const options = call.args.at(-1);
      if (call.native.name === builtin && options instanceof Dict) {
        for (const [key, value] of options.map) (recording as Map<string, Value>).set(key, value);
        Object.defineProperty(options, "map", { value: recording });
      }
      return plain(task, call);
    };
    expect((await host.drive(outcome)).status).toBe("ok");
  });
}

function optionsOf(builtin: string): readonly string[] {
  return standardBuiltins.find(({ native }) => native.name === builtin)?.options ?? [];
}

describe("names of options", () => {
  it("AGENT-23 agent_loop lists its own besides those of the loop and of model calls, and no others", async () => {
    const source = [
      'let skills = skill_define(skill_registry(), "s", {description: "d"})',
      'agent_loop("x", nil, {provider: "mock", skills: skills, tools: tool_registry()})',
    ];
    const own = await askedInProgram("agent_loop", source.join("\n"));
    expect(own).toEqual(["command_policy", "policy", "skill_match", "skills", "tools", "working_files"]);
    expect(optionsOf("agent_loop")).toEqual([...new Set([...CALL_OPTION_NAMES, ...LOOP_OPTION_NAMES, ...own])].sort());
  });

  it("llm_healthcheck lists what it reads", async () => {
    expect(await askedInProgram("llm_healthcheck", 'llm_healthcheck("nobody", {warm: false})')).toEqual(
      optionsOf("llm_healthcheck").filter((name) => name !== "provider"),
    );
  });

  it("COMPACT-02 those of compaction are what is read", async () => {
    const read = (options: Readonly<Record<string, unknown>>) => [compactsByModel(options), strategyFor(options)];
    expect(await askedKeys([{}, { strategy: "truncate" }], read)).toEqual(COMPACTION_OPTION_NAMES);
    expect(optionsOf("transcript_auto_compact")).toEqual(expect.arrayContaining([...COMPACTION_OPTION_NAMES]));
  });

  it.each(["sub_agent_run", "spawn_agent", "daemon_spawn"])("%s takes every option of a loop", (builtin) => {
    const names = optionsOf(builtin);
    expect(names).toEqual(expect.arrayContaining([...optionsOf("agent_loop")]));
    expect(names).toEqual([...new Set(names)].sort());
  });
});
