import { walkItems } from "../../syntax/visit-children.ts";
import type { LintRule } from "../lint-rule.ts";
import { declaredPersonas } from "../personas.ts";

export const personaStepOnly: LintRule = {
  name: "persona-step-only",
  code: "HARN-L036",
  severity: "error",
  docs: "Reports a persona that calls a function that is no step, in projects that ask for strict personas.",
  bad: `fn helper() {
  return 1
}

@persona
fn write() {
  return helper()
}
`,
  fixed: `@step
fn helper() {
  return 1
}

@persona
fn write() {
  return helper()
}
`,
  *check({ module, options }) {
    const { strictPersonas } = options;
    if (strictPersonas === undefined) return;
    const allowed = new Set(strictPersonas.allowedHelpers);
    const { personas, stepFunctions } = declaredPersonas(module);
    for (const persona of personas) {
      for (const node of walkItems(persona.fn.body.items)) {
        if (node.kind !== "Call") continue;
        const { name } = node.callee;
        if (stepFunctions.has(name) || allowed.has(name) || strictPersonas.standardNames.has(name)) continue;
        yield {
          message: `Persona \`${persona.name}\` calls \`${name}\`, which is not a step`,
          span: node.callee.span,
          hint: `Mark \`${name}\` with \`@step\`, or list it in \`persona_step_allowlist\``,
        };
      }
    }
  },
};
