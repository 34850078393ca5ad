/**
 * What the system prompt says about tools (TOOL-03). In text mode the model is taught the tagged protocol and shown the
 * tools as declarations; in native mode the provider shows them, and the model is told to use its channel only. These
 * texts are prompts: change them together with their tests.
 */

import { isJsonObject, type Json, type JsonObject } from "../../base/index.ts";
import type { ToolSpec } from "../../llm/index.ts";
import { requiredFields, schemaType } from "./json-type.ts";

export interface ContractOptions {
  readonly mode: "native" | "text";
  readonly tools: readonly ToolSpec[];
  readonly sentinel: string;
  /** The model may say that it is done. */
  readonly allowDone: boolean;
  readonly requireAction: boolean;
  /** Few-shot calls; shown in text mode only (AGENT-14). */
  readonly examples?: string | undefined;
  readonly hasLedger: boolean;
  /** Tools that a search can bring to light, and the name of the search tool. */
  readonly deferred?: { readonly searchName: string; readonly tools: readonly ToolSpec[] };
}

export function toolContractPrompt(options: ContractOptions): string {
  const { mode, tools, requireAction, examples, hasLedger, deferred } = options;
  const sections = [
    "## Tool Calling Contract",
    `Active mode: \`${mode}\`. These rules come from the runtime and hold whatever other text says about calling tools.`,
    mode === "native" ? NATIVE_RULES : textRules(options),
  ];
  if (requireAction) sections.push(mode === "native" ? ACTION_FIRST_NATIVE : ACTION_FIRST_TEXT);
  if (mode === "text" && examples !== undefined && examples.trim() !== "")
    sections.push("## Tool call examples", examples.trim());
  if (hasLedger) sections.push(LEDGER_HELP);
  if (mode === "text") sections.push("## Available tools", tools.map(declaration).join("\n\n"));
  if (deferred !== undefined && deferred.tools.length > 0) {
    sections.push(
      `## Tools available via \`${deferred.searchName}\` (deferred)`,
      deferred.tools.map(stubLine).join("\n"),
    );
  }
  return sections.join("\n\n");
}

const NATIVE_RULES = `Call tools only through the provider's tool channel. Text that looks like a call, tags such as \`<tool_call>\`, fenced code or JSON envelopes are not calls. Keep prose short. An answer meant for the user goes into \`<user_response>...</user_response>\`.`;

function textRules({ sentinel, allowDone }: ContractOptions): string {
  const blocks = [
    "<tool_call>\nname({ key: value })\n</tool_call>",
    "<assistant_prose>\nA short remark; optional.\n</assistant_prose>",
    "<user_response>\nThe answer for the user; optional.\n</user_response>",
    ...(allowDone ? [`<done>${sentinel}</done>`] : []),
  ];
  const rules = [
    "- Nothing but white space stands between blocks; text outside them is rejected.",
    "- A `<tool_call>` holds one call, with an object literal as its only argument. It is not quoted and not JSON.",
    "- Text over several lines is written as a heredoc, which needs no escaping: `content: <<EOF`, the lines, then `EOF` at the start of a line.",
    "- Code, file contents and command output belong into the arguments of a tool, never into prose.",
    ...(allowDone ? ["- The `<done>` block ends the task. Emit it only when the work has been done and checked."] : []),
  ];
  return [
    "## Response protocol",
    "Answer with a sequence of these blocks:",
    blocks.join("\n\n"),
    rules.join("\n"),
  ].join("\n\n");
}

const ACTION_FIRST_NATIVE = "This stage wants action: start with a tool call, not with prose.";
const ACTION_FIRST_TEXT = "This stage wants action: start with a `<tool_call>` block, not with prose.";

const LEDGER_HELP = `## Task ledger

While a \`<task_ledger>\` block is shown, the task counts as finished only when none of its items is open or blocked. Use the ids shown there.

- \`ledger({ action: "mark", id: "...", status: "done" })\` after a tool call has shown that an item is done
- \`ledger({ action: "mark", id: "...", status: "dropped", note: "why" })\` when it is no longer wanted
- \`ledger({ action: "add", text: "..." })\` for work that turned up on the way
- \`ledger({ action: "rationale", text: "..." })\` and \`ledger({ action: "note", text: "..." })\` for what should be remembered`;

function declaration({ name, description, inputSchema }: ToolSpec): string {
  const text = description.trim();
  const comment = text === "" ? "" : `/** ${text.replaceAll("*/", "* /")} */\n`;
  return `${comment}declare function ${name}(args: ${typeText(inputSchema, 0)}): string;`;
}

function stubLine({ name, description }: ToolSpec): string {
  const first = description.split(/[\n.]/, 1)[0]!.trim();
  return first === "" ? `- \`${name}\`` : `- \`${name}\` — ${first}`;
}

const MAX_DEPTH = 4;

/** A TypeScript type for a JSON Schema, with descriptions as comments; what it cannot say becomes `unknown`. */
function typeText(schema: Json | undefined, depth: number): string {
  if (!isJsonObject(schema)) return "unknown";
  const values = schema["enum"];
  if (Array.isArray(values)) return values.map((value) => JSON.stringify(value)).join(" | ") || "never";
  switch (schemaType(schema)) {
    case "string":
    case "boolean":
      return schemaType(schema)!;
    case "integer":
    case "number":
      return "number";
    case "array": {
      const item = typeText(schema["items"], depth + 1);
      return item.includes(" ") ? `(${item})[]` : `${item}[]`;
    }
    case "object":
      return objectText(schema, depth);
    case undefined:
      return depth === 0 ? "{}" : "unknown";
    default:
      return "unknown";
  }
}

function objectText(schema: JsonObject, depth: number): string {
  const properties = schema["properties"];
  if (!isJsonObject(properties) || Object.keys(properties).length === 0) return "{}";
  if (depth >= MAX_DEPTH) return "object";
  const required = requiredFields(schema);
  const names = Object.keys(properties).sort((a, b) => Number(required.includes(b)) - Number(required.includes(a)));
  const fields = names.map((name) => {
    const field = properties[name];
    const about =
      isJsonObject(field) && typeof field["description"] === "string"
        ? ` /* ${field["description"].replaceAll("*/", "* /")} */`
        : "";
    const key = /^[A-Za-z_$][\w$]*$/.test(name) ? name : JSON.stringify(name);
    return `${key}${required.includes(name) ? "" : "?"}: ${typeText(field, depth + 1)}${about}`;
  });
  return `{ ${fields.join(", ")} }`;
}
