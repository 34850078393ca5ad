/** Attributes: which names mean something, and on what. */

import { table } from "../../base/index.ts";
import { closestName } from "../diagnostics/suggest.ts";
import type { Attribute, AttributedDecl, Decl, FnDecl } from "../syntax/ast.ts";
import { type Checker, report } from "./checker.ts";
import { containsYield } from "./exits.ts";
import { checkStepAttribute } from "./step-attributes.ts";

interface AttributeRule {
  /** The declarations it applies to; absent for any. */
  readonly on?: readonly Decl["kind"][];
  /** How a message calls those. */
  readonly what?: string;
}

const FUNCTIONS: AttributeRule = { on: ["FnDecl"], what: "function declarations" };

const RULES: Readonly<Record<string, AttributeRule>> = table({
  deprecated: {},
  complexity: {},
  test: { on: ["PipelineDecl"], what: "pipeline declarations" },
  bench: { on: ["PipelineDecl"], what: "pipeline declarations" },
  acp_tool: FUNCTIONS,
  acp_skill: FUNCTIONS,
  step: FUNCTIONS,
  persona: FUNCTIONS,
  invariant: { on: ["FnDecl", "ToolDecl", "PipelineDecl"], what: "function, tool, or pipeline declarations" },
  deterministic: FUNCTIONS,
  semantic: FUNCTIONS,
  archivist: FUNCTIONS,
  retroactive: FUNCTIONS,
});

export function checkAttributes(checker: Checker, attributed: AttributedDecl): void {
  for (const attribute of attributed.attributes) checkAttribute(checker, attribute, attributed.decl);
}

function isGenerator(decl: FnDecl): boolean {
  return decl.isStream || containsYield(decl.body);
}

function checkAttribute(checker: Checker, attribute: Attribute, decl: Decl): void {
  const { name, span } = attribute;
  const rule = Object.hasOwn(RULES, name) ? RULES[name] : undefined;
  if (rule === undefined) {
    const suggestion = closestName(name, Object.keys(RULES));
    report(checker, "unknownAttribute", span, `unknown attribute \`@${name}\``, {
      hint: suggestion === undefined ? "Remove it; nothing reads it" : `Did you mean \`@${suggestion}\`?`,
    });
  } else if (rule.on !== undefined && !rule.on.includes(decl.kind)) {
    report(checker, "misplacedAttribute", span, `\`@${name}\` only applies to ${rule.what}`, {
      hint: "Move it to such a declaration, or remove it",
    });
  } else if (name === "step" && decl.kind === "FnDecl" && isGenerator(decl)) {
    report(checker, "misplacedAttribute", span, "`@step` has no effect on a generator: iterating is not one call", {
      hint: "Mark the function that iterates instead",
    });
  } else checkStepAttribute(checker, attribute);
}
