/** Tools made from a description; see the agent layer's `synthesized-tool.ts`. */

import {
  checkSynthesizedCall,
  describeSynthesizedTool,
  previewSynthesizedCall,
  type SynthesizedTool,
  synthesizeTool,
} from "../../agent/index.ts";
import type { Json } from "../../base/index.ts";
import {
  type AsyncContext,
  type Control,
  type ControlNative,
  List,
  type NativeContext,
  NativeRef,
  type Routine,
  Thrown,
  type Value,
} from "../../vm/index.ts";
import { type Builtin, effect, pure, runState } from "../builtin.ts";
import { hostBridge } from "../host/host-state.ts";
import { jsonToValue, valueToJson } from "../json/convert.ts";
import { guarded, guardedSync } from "../llm/run-state.ts";

/** Tools synthesized in this run, by id. */
function synthesized({ vm }: Pick<NativeContext, "vm">): Map<string, SynthesizedTool> {
  return runState(vm, "tools.synthesized", () => new Map());
}

const plain = (value: Value): Json => (value === undefined ? null : valueToJson(value));

async function invoke(id: string, input: Json, context: AsyncContext): Promise<Json> {
  const tool = synthesized(context).get(id);
  if (tool === undefined) {
    throw new Thrown(
      `tool_synth_invoke: unknown synthesis id ${JSON.stringify(id)}; synthesize the tool in this run first`,
    );
  }
  checkSynthesizedCall(tool, input);
  switch (tool.executor.kind) {
    case "dry_run":
      return previewSynthesizedCall(tool, input);
    case "host_bridge": {
      const call = hostBridge(context)?.callTool;
      if (call !== undefined) return call(tool.executor.hostTool, input, context.signal);
      throw new Thrown("tool_synth_invoke: no host bridge is attached");
    }
    case "mcp_server":
      throw new Thrown("tool_synth_invoke: mcp_server synthesized tools require mcp_client in the synthesis config");
  }
}

const invokeBuiltin: Builtin = effect(
  {
    signature: "tool_synth_invoke(id: string, args?: dict) -> any",
    summary: "Call a synthesized tool by its id",
    effects: ["state"],
    errors: "Throws for an unknown id, a missing argument, and without the backend that the tool names",
    example:
      'let t = tool_synthesize({description: "look it up"})\nprintln(tool_synth_invoke(tool_synthesis_cache()[0].id).status)',
  },
  ([id, input], context) =>
    guarded(async () => {
      if (typeof id !== "string" || id === "") throw new Thrown("tool_synth_invoke: synthesis id is required");
      return jsonToValue(await invoke(id, plain(input), context));
    }),
);

/** A function of the program that stands for the tool. */
function callable(tool: SynthesizedTool, { vm }: NativeContext): Value {
  const invokeRef = vm.nativeRef(invokeBuiltin.native);
  const routine: Routine = { name: tool.name, resume: (_state, value, control) => control.done(value) };
  const native: ControlNative = {
    kind: "control",
    name: tool.name,
    isClosure: true,
    routine,
    start: ([input], control: Control) => control.call(undefined, invokeRef, [tool.id, input]),
  };
  return new NativeRef(native);
}

export const synthesisBuiltins: readonly Builtin[] = [
  pure(
    {
      signature: "tool_synthesize(config: dict) -> closure",
      summary: "Make a callable tool from a description; its calls are previews unless a backend is named",
      effects: ["state"],
      errors: "Throws for a handler, a missing description and names that are no identifiers",
      example:
        'let find = tool_synthesize({description: "find a book", parameters: {title: "string"}})\nprintln(find({title: "Emma"}).status)',
    },
    ([config], context) =>
      guardedSync(() => {
        const tool = synthesizeTool(plain(config));
        synthesized(context).set(tool.id, tool);
        return callable(tool, context);
      }),
  ),
  invokeBuiltin,
  pure(
    {
      signature: "tool_synthesis_cache() -> list",
      summary: "List the tools synthesized in this run, by id",
      effects: ["state"],
      example: "println(tool_synthesis_cache())",
    },
    (_args, context) =>
      new List(
        [...synthesized(context).values()]
          .sort((a, b) => (a.id < b.id ? -1 : 1))
          .map((tool) => jsonToValue(describeSynthesizedTool(tool))),
      ),
  ),
  pure(
    {
      signature: "tool_synthesis_clear()",
      summary: "Forget the tools synthesized in this run",
      effects: ["state"],
      example: "tool_synthesis_clear()",
    },
    (_args, context) => {
      synthesized(context).clear();
      return undefined;
    },
  ),
];
