import type { Attribute } from "../../syntax/ast.ts";
import type { LintRule } from "../lint-rule.ts";

export const deprecatedCall: LintRule = {
  name: "deprecated-call",
  code: "HARN-L024",
  docs: "Reports a call of a function of this file that is marked `@deprecated`.",
  bad: `/** Everything at once, however much it is. */
@deprecated(since: "2.0", use: "load")
pub fn fetch_all() {
  return []
}

log(fetch_all())
`,
  fixed: `/** Everything at once, however much it is. */
@deprecated(since: "2.0", use: "load")
pub fn fetch_all() {
  return []
}

log(load())
`,
  *check({ tree }) {
    const deprecated = new Map<string, Attribute>();
    for (const node of tree.all("AttributedDecl")) {
      const attribute = node.attributes.find((one) => one.name === "deprecated");
      if (attribute !== undefined && node.decl.kind === "FnDecl") deprecated.set(node.decl.name.name, attribute);
    }
    for (const call of tree.all("Call")) {
      const attribute = deprecated.get(call.callee.name);
      if (attribute === undefined) continue;
      const since = stringArgument(attribute, "since");
      const use = stringArgument(attribute, "use");
      yield {
        message: `Function \`${call.callee.name}\` is deprecated${since === undefined ? "" : ` since ${since}`}`,
        span: call.callee.span,
        ...(use === undefined ? {} : { hint: `Use \`${use}\` instead` }),
      };
    }
  },
};

function stringArgument(attribute: Attribute, name: string): string | undefined {
  const value = attribute.args.find((arg) => arg.name === name)?.value;
  return value?.kind === "StringLiteral" ? value.value : undefined;
}
