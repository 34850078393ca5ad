import type { LintRule } from "../lint-rule.ts";

/** Position of the system prompt among the arguments of `llm_call`. */
const systemArgument = 1;

export const promptInjectionRisk: LintRule = {
  name: "prompt-injection-risk",
  code: "HARN-L029",
  docs: "Reports data interpolated into the system prompt of `llm_call`: it may carry instructions of others.",
  bad: `fn ask(role) {
  return llm_call("Hello", "You are \${role}", {})
}
`,
  fixed: `fn ask(role) {
  return llm_call("Act as \${role}: hello", "You are helpful", {})
}
`,
  *check({ tree }) {
    for (const call of tree.all("Call")) {
      const system = call.args[systemArgument];
      if (call.callee.name !== "llm_call" || system?.kind !== "InterpolatedString") continue;
      yield {
        message: "Data interpolated into a system prompt can carry instructions",
        span: system.span,
        hint: "Keep the system prompt fixed and put the data into the user prompt",
      };
    }
  },
};
