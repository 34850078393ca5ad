import type { LintRule } from "../lint-rule.ts";

/** Builtins that hand in data whose shape nobody has checked. */
const boundaries: ReadonlySet<string> = new Set([
  "host_call",
  "http_delete",
  "http_get",
  "http_patch",
  "http_post",
  "http_put",
  "http_request",
  "http_session_request",
  "json_extract",
  "json_parse",
  "llm_call",
  "llm_completion",
  "mcp_call",
  "sse_receive",
  "toml_parse",
  "websocket_receive",
  "yaml_parse",
]);

export const untypedDictAccess: LintRule = {
  name: "untyped-dict-access",
  code: "HARN-L030",
  docs: "Reports a field taken straight out of data from outside, before anything has checked its shape.",
  bad: `fn port(text) {
  return json_parse(text).port
}
`,
  fixed: `fn port(text) {
  let config: {port: int} = json_parse(text)
  return config.port
}
`,
  *check({ tree }) {
    for (const node of [...tree.all("Property"), ...tree.all("Index")]) {
      const { object } = node;
      if (object.kind !== "Call" || !boundaries.has(object.callee.name)) continue;
      yield {
        message: `The result of \`${object.callee.name}\` is used without a check of its shape`,
        span: node.span,
        hint: "Put it into a variable with a type, or check it with `schema_expect` first",
      };
    }
  },
};
