import type { NodeOf } from "../../syntax/ast.ts";
import type { Finding, LintRule } from "../lint-rule.ts";
import { type DeclaredPersonas, declaredPersonas, matchesPersona } from "../personas.ts";

export const personaHookTarget: LintRule = {
  name: "persona-hook-target",
  code: "HARN-L034",
  severity: "error",
  docs: "Reports a hook for a persona that is not declared, or for a step that no such persona takes: it would never run.",
  bad: `@step
fn plan() {
  return 1
}

@persona(name: "writer")
fn write() {
  return plan()
}

register_step_hook("writer", "plann", "PreStep", { e -> log(e) })
`,
  fixed: `@step
fn plan() {
  return 1
}

@persona(name: "writer")
fn write() {
  return plan()
}

register_step_hook("writer", "plan", "PreStep", { e -> log(e) })
`,
  *check({ module, tree }) {
    const declared = declaredPersonas(module);
    // Personas may come with an import; then this file alone cannot tell.
    if (declared.personas.length === 0 && tree.all("ImportDecl").length > 0) return;
    for (const call of tree.all("Call")) {
      const { name } = call.callee;
      if (name === "register_persona_hook" || name === "register_step_hook") yield* checkTarget(call, declared);
    }
  },
};

function* checkTarget(call: NodeOf<"Call">, declared: DeclaredPersonas): Generator<Finding> {
  const [pattern, step] = call.args;
  if (pattern?.kind !== "StringLiteral") return;
  const matching = declared.personas.filter((persona) => matchesPersona(pattern.value, persona.name));
  // `*` also stands for work outside any persona.
  const matchesNobody = pattern.value === "*";
  if (matching.length === 0 && !matchesNobody) {
    yield {
      message: `No persona matches \`${pattern.value}\``,
      span: pattern.span,
      hint: declaredNames(
        "Declared are",
        declared.personas.map((persona) => persona.name),
      ),
    };
    return;
  }
  if (call.callee.name !== "register_step_hook" || step?.kind !== "StringLiteral") return;
  const steps = new Set(matching.flatMap((persona) => [...persona.steps]));
  if (steps.has(step.value) || (matchesNobody && declared.steps.has(step.value))) return;
  yield {
    message: `No persona that matches \`${pattern.value}\` has a step \`${step.value}\``,
    span: step.span,
    hint: declaredNames("Its steps are", [...steps]),
  };
}

function declaredNames(lead: string, names: readonly string[]): string {
  if (names.length === 0) return "Declare one, or remove the hook";
  return `${lead} ${names.map((name) => `\`${name}\``).join(", ")}`;
}
