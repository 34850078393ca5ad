/** What a program may do with its steps and personas beside declaring them. */

import {
  activeStep,
  completedStepToJson,
  HOOK_EVENTS,
  type HookBuiltin,
  personaName,
  readHookArguments,
} from "../../steps/index.ts";
import { List, record, type Value } from "../../vm/index.ts";
import { type Builtin, type BuiltinDoc, pure, stringArgument } from "../builtin.ts";
import { answerValue } from "../llm/answer-value.ts";
import { harnValues } from "./harn-values.ts";
import { stepRuntime, stepScope } from "./step-state.ts";

function hookBuiltin(name: HookBuiltin, doc: BuiltinDoc): Builtin {
  return pure({ ...doc, effects: ["state"] }, (args, { vm }) => {
    stepRuntime(vm).hooks.register(readHookArguments<Value>(name, args, harnValues));
    return undefined;
  });
}

const EVENTS = HOOK_EVENTS.map((event) => `\`${event}\``).join(", ");
const declared = "@step\nfn plan(goal) {\n  return goal\n}\n";

export const stepBuiltins: readonly Builtin[] = [
  hookBuiltin("register_persona_hook", {
    signature: "register_persona_hook(persona_pattern: string, event: string, handler: closure)",
    summary: `Call a function at an event of the personas that a pattern names, and of their steps: ${EVENTS}`,
    errors: "Throws for an event that does not exist",
    example: `${declared}register_persona_hook("*", "PostStep", { e -> {output: "done: " + e.output} })\nprintln(plan("x"))`,
  }),
  hookBuiltin("register_step_hook", {
    signature: "register_step_hook(persona_pattern: string, step: string, event: string, handler: closure)",
    summary: `Call a function at an event of one step: ${EVENTS}`,
    errors: "Throws for an event that does not exist",
    example: `${declared}register_step_hook("*", "plan", "PreStep", { e -> {args: ["y"]} })\nprintln(plan("x"))`,
  }),
  pure(
    {
      signature: "clear_persona_hooks()",
      summary: "Forget the hooks of personas and steps",
      effects: ["state"],
      example: "clear_persona_hooks()",
    },
    (_args, { vm }) => {
      stepRuntime(vm).hooks.clear();
      return undefined;
    },
  ),
  pure(
    {
      signature: "completed_steps(drain?: bool) -> list",
      summary: "List the steps that have ended, with status and usage; `true` empties the list",
      effects: ["state"],
      example: `${declared}let _p = plan("x")\nprintln(completed_steps()[0].status)`,
    },
    ([drain], { vm }) => {
      const { log } = stepRuntime(vm);
      const records = drain === true ? log.drain() : log.peek();
      return new List(records.map((record) => answerValue(completedStepToJson(record))));
    },
  ),
  pure(
    {
      signature: "current_step() -> string | nil",
      summary: "Name the step that is charged for what the caller does",
      effects: ["state"],
      example: '@step(name: "outline")\nfn plan() {\n  return current_step()\n}\nprintln(plan())',
    },
    (_args, context) => activeStep(stepScope(context))?.definition.name,
  ),
  pure(
    {
      signature: "current_persona() -> string | nil",
      summary: "Name the persona whose function is running",
      effects: ["state"],
      example: '@persona(name: "captain")\nfn lead() {\n  return current_persona()\n}\nprintln(lead())',
    },
    (_args, context) => personaName(stepScope(context)),
  ),
  pure(
    {
      signature: "persona_output_style(function?: string) -> dict | nil",
      summary: "Show the output style of the running persona, or of the persona that a function declares",
      effects: ["state"],
      example:
        '@persona(output_style: terse)\nfn lead() {\n  return persona_output_style()\n}\nprintln(lead())\nprintln(persona_output_style("lead").name)',
    },
    ([name], context) => {
      const style =
        name === undefined
          ? stepScope(context).persona?.outputStyle
          : stepRuntime(context.vm).registry.outputStyleOf(stringArgument("persona_output_style", "function", name));
      return style === undefined ? undefined : record({ name: style.name, instructions: style.instructions });
    },
  ),
];
