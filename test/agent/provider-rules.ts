/**
 * What each family of providers demands of a conversation, from their published references and the refusals they are
 * known to answer with. Written against the request bodies alone: it knows nothing of how we make them.
 *
 * Vocabulary: a *call* is what the model asked for, a *result* what became of it, whatever the family calls them.
 */

import type { ApiStyle } from "../../src/llm/providers/wire-format.ts";

type Dict = Readonly<Record<string, unknown>>;
type Complain = (words: string) => void;

/** What a provider of this family would refuse in the body; empty when it would take it. */
export function brokenProviderRules(style: ApiStyle, body: unknown): readonly string[] {
  const broken: string[] = [];
  RULES[style](dict(body), (words) => broken.push(`${style}: ${words}`));
  return broken;
}

const RULES: Readonly<Record<ApiStyle, (body: Dict, complain: Complain) => void>> = {
  anthropic: anthropicRules,
  "openai-chat": chatRules,
  "openai-responses": responsesRules,
  gemini: geminiRules,
  bedrock: bedrockRules,
  ollama: ollamaRules,
};

// ---- Anthropic messages ----------------------------------------------------------------------------------------------

function anthropicRules(body: Dict, complain: Complain): void {
  const messages = turnsOf(body["messages"], ["user", "assistant"], complain);
  const everyId = new Set<string>();
  const thinks = dict(body["thinking"])["type"] === "enabled";
  let open: string[] = [];
  let usesTools = false;
  for (const [at, message] of messages.entries()) {
    const role = message["role"];
    const content = message["content"];
    const blocks = typeof content === "string" ? [{ type: "text", text: content }] : list(content).map(dict);
    if (blocks.length === 0) complain(`messages.${at}: content is empty`);
    const results: string[] = [];
    for (const [index, block] of blocks.entries()) {
      const where = `messages.${at}.content.${index}`;
      switch (block["type"]) {
        case "text":
          if (isBlank(block["text"])) complain(`${where}: text must contain non-whitespace text`);
          break;
        case "thinking":
          if (role !== "assistant") complain(`${where}: thinking outside an assistant message`);
          if (isBlank(block["signature"])) complain(`${where}: thinking without its signature`);
          break;
        case "redacted_thinking":
          if (isBlank(block["data"])) complain(`${where}: redacted thinking without data`);
          break;
        case "image":
        case "document":
          break;
        case "tool_use":
          usesTools = true;
          if (role !== "assistant") complain(`${where}: tool_use outside an assistant message`);
          if (!/^[a-zA-Z0-9_-]+$/.test(String(block["id"]))) complain(`${where}: tool_use.id has a wrong shape`);
          if (!/^[a-zA-Z0-9_-]{1,128}$/.test(String(block["name"])))
            complain(`${where}: tool_use.name has a wrong shape`);
          if (everyId.has(String(block["id"]))) complain(`${where}: tool_use ids must be unique`);
          everyId.add(String(block["id"]));
          if (!isDict(block["input"])) complain(`${where}: tool_use.input is no object`);
          break;
        case "tool_result":
          usesTools = true;
          if (role !== "user") complain(`${where}: tool_result outside a user message`);
          if (index !== results.length) complain(`${where}: tool_result blocks must come first`);
          results.push(String(block["tool_use_id"]));
          for (const part of list(block["content"]).map(dict)) {
            if (part["type"] === "text" && isBlank(part["text"])) complain(`${where}: blank text in a tool result`);
          }
          break;
        default:
          complain(`${where}: unknown block ${String(block["type"])}`);
      }
    }
    samePairs(open, results, `messages.${at}`, complain);
    open = blocks.filter((block) => block["type"] === "tool_use").map((block) => String(block["id"]));
    const last = blocks.at(-1)?.["type"];
    if (last === "thinking" || last === "redacted_thinking") complain(`messages.${at}: the final block is thinking`);
    const thought = blocks.findLastIndex((block) => String(block["type"]).endsWith("thinking"));
    const firstCall = blocks.findIndex((block) => block["type"] === "tool_use");
    if (firstCall >= 0 && thought > firstCall) complain(`messages.${at}: thinking comes after tool_use`);
  }
  if (open.length > 0) complain(`calls ${open.join(", ")} at the end have no result`);
  if (usesTools && list(body["tools"]).length === 0) complain("tool blocks, but no tools are defined");
  const final = messages.at(-1);
  if (final?.["role"] === "assistant" && thinks) complain("thinking cannot be combined with a prefill");
}

// ---- OpenAI chat completions -------------------------------------------------------------------------------------------

const OPENAI_NAME = /^[a-zA-Z0-9_-]{1,64}$/;

function chatRules(body: Dict, complain: Complain): void {
  const messages = list(body["messages"]).map(dict);
  if (messages.length === 0) complain("messages is empty");
  let open: string[] = [];
  for (const [at, message] of messages.entries()) {
    const where = `messages.${at}`;
    if (message["role"] === "tool") {
      const id = String(message["tool_call_id"]);
      if (!open.includes(id)) complain(`${where}: a tool message must answer a preceding call, ${id} is none`);
      open = open.filter((other) => other !== id);
      if (typeof message["content"] !== "string") complain(`${where}: content of a tool message is no text`);
      continue;
    }
    if (open.length > 0) complain(`${where}: calls ${open.join(", ")} have no tool message yet`);
    open = [];
    switch (message["role"]) {
      case "system":
        if (at > 0) complain(`${where}: a system message that is not the first`);
        break;
      case "user":
        hasChatContent(message["content"], where, complain);
        break;
      case "assistant": {
        const calls = list(message["tool_calls"]).map(dict);
        if (calls.length === 0) hasChatContent(message["content"], where, complain);
        for (const call of calls) {
          const { name, arguments: text } = dict(call["function"]);
          const id = String(call["id"]);
          if (isBlank(call["id"])) complain(`${where}: a call without id`);
          if (open.includes(id)) complain(`${where}: the id ${id} twice`);
          open.push(id);
          if (!OPENAI_NAME.test(String(name))) complain(`${where}: function.name has a wrong shape`);
          if (!isJson(text)) complain(`${where}: arguments are not JSON text`);
        }
        break;
      }
      default:
        complain(`${where}: unknown role ${String(message["role"])}`);
    }
  }
  if (open.length > 0) complain(`calls ${open.join(", ")} at the end have no tool message`);
}

function hasChatContent(content: unknown, where: string, complain: Complain): void {
  if (typeof content === "string") {
    if (content === "") complain(`${where}: content is empty`);
    return;
  }
  const parts = list(content).map(dict);
  if (parts.length === 0) complain(`${where}: content is empty`);
  for (const part of parts)
    if (part["type"] === "text" && part["text"] === "") complain(`${where}: an empty text part`);
}

// ---- OpenAI responses --------------------------------------------------------------------------------------------------

function responsesRules(body: Dict, complain: Complain): void {
  const items = list(body["input"]).map(dict);
  if (items.length === 0) complain("input is empty");
  const calls = new Set<string>();
  const results = new Set<string>();
  for (const [at, item] of items.entries()) {
    const where = `input.${at}`;
    switch (item["type"] ?? "message") {
      case "message":
        if (list(item["content"]).length === 0) complain(`${where}: content is empty`);
        for (const part of list(item["content"]).map(dict)) {
          if (part["text"] === "") complain(`${where}: an empty text part`);
        }
        break;
      case "reasoning": {
        const next = items[at + 1];
        const follows =
          next?.["type"] === "function_call" || next?.["type"] === "reasoning" || next?.["role"] === "assistant";
        if (!follows) complain(`${where}: reasoning was provided without its required following item`);
        break;
      }
      case "function_call": {
        const id = String(item["call_id"]);
        if (isBlank(item["call_id"]) || id.length > 64) complain(`${where}: call_id has a wrong length`);
        if (calls.has(id)) complain(`${where}: call_id ${id} twice`);
        calls.add(id);
        if (!OPENAI_NAME.test(String(item["name"]))) complain(`${where}: name has a wrong shape`);
        if (!isJson(item["arguments"])) complain(`${where}: arguments are not JSON text`);
        break;
      }
      case "function_call_output": {
        const id = String(item["call_id"]);
        if (!calls.has(id)) complain(`${where}: no tool call found for output ${id}`);
        if (results.has(id)) complain(`${where}: output ${id} twice`);
        results.add(id);
        break;
      }
      default:
        complain(`${where}: unknown item ${String(item["type"])}`);
    }
  }
  for (const id of calls) if (!results.has(id)) complain(`no tool output found for call ${id}`);
}

// ---- Gemini ------------------------------------------------------------------------------------------------------------

function geminiRules(body: Dict, complain: Complain): void {
  const contents = turnsOf(body["contents"], ["user", "model"], complain);
  let open: string[] = [];
  for (const [at, content] of contents.entries()) {
    const where = `contents.${at}`;
    const parts = list(content["parts"]).map(dict);
    if (parts.length === 0) complain(`${where}: parts is empty`);
    const calls: string[] = [];
    const results: string[] = [];
    for (const part of parts) {
      const data = ["text", "inlineData", "fileData", "functionCall", "functionResponse"].filter((key) => key in part);
      if (data.length !== 1) complain(`${where}: a part must have exactly one datum`);
      if (part["text"] === "") complain(`${where}: an empty text part`);
      const call = dict(part["functionCall"]);
      if ("functionCall" in part) {
        calls.push(String(call["name"]));
        if (content["role"] !== "model") complain(`${where}: a function call outside a model turn`);
        if (!/^[a-zA-Z_][a-zA-Z0-9_.:-]{0,63}$/.test(String(call["name"])))
          complain(`${where}: name has a wrong shape`);
        if (!isDict(call["args"])) complain(`${where}: args is no object`);
      }
      if ("functionResponse" in part) {
        const response = dict(part["functionResponse"]);
        results.push(String(response["name"]));
        if (content["role"] !== "user") complain(`${where}: a function response outside a user turn`);
        if (!isDict(response["response"])) complain(`${where}: response is no object`);
      }
    }
    if (open.length !== results.length) {
      complain(`${where}: ${results.length} function responses for ${open.length} function calls of the turn before`);
    } else if (open.some((name, index) => name !== results[index])) {
      complain(`${where}: function responses ${results.join()} for calls ${open.join()}`);
    }
    open = calls;
  }
  if (open.length > 0) complain(`function calls ${open.join(", ")} at the end have no response`);
}

// ---- Bedrock converse --------------------------------------------------------------------------------------------------

function bedrockRules(body: Dict, complain: Complain): void {
  const messages = turnsOf(body["messages"], ["user", "assistant"], complain);
  let open: string[] = [];
  let usesTools = false;
  for (const [at, message] of messages.entries()) {
    const blocks = list(message["content"]).map(dict);
    if (blocks.length === 0) complain(`messages.${at}: content is empty`);
    const calls: string[] = [];
    const results: string[] = [];
    const names = new Set<string>();
    for (const [index, block] of blocks.entries()) {
      const where = `messages.${at}.content.${index}`;
      if (Object.keys(block).length !== 1) complain(`${where}: a block is exactly one thing`);
      if ("text" in block && isBlank(block["text"])) complain(`${where}: the text field is blank`);
      if ("document" in block) {
        const name = String(dict(block["document"])["name"]);
        if (names.has(name)) complain(`${where}: two documents of the name ${name}`);
        names.add(name);
        if (!blocks.some((other) => "text" in other)) complain(`${where}: a document without a text beside it`);
      }
      if ("reasoningContent" in block) {
        const { reasoningText, redactedContent } = dict(block["reasoningContent"]);
        if (redactedContent === undefined && isBlank(dict(reasoningText)["signature"]))
          complain(`${where}: reasoning without its signature`);
        if (index === blocks.length - 1) complain(`${where}: the final block is reasoning`);
        if (calls.length > 0) complain(`${where}: reasoning comes after toolUse`);
      }
      if ("toolUse" in block) {
        usesTools = true;
        const { toolUseId, name, input } = dict(block["toolUse"]);
        if (message["role"] !== "assistant") complain(`${where}: toolUse outside an assistant message`);
        if (!/^[a-zA-Z0-9_-]{1,64}$/.test(String(toolUseId))) complain(`${where}: toolUseId has a wrong shape`);
        if (!/^[a-zA-Z0-9_-]{1,64}$/.test(String(name))) complain(`${where}: toolUse.name has a wrong shape`);
        if (calls.includes(String(toolUseId))) complain(`${where}: toolUseId ${String(toolUseId)} twice`);
        calls.push(String(toolUseId));
        if (!isDict(input)) complain(`${where}: toolUse.input is no object`);
      }
      if ("toolResult" in block) {
        usesTools = true;
        if (message["role"] !== "user") complain(`${where}: toolResult outside a user message`);
        results.push(String(dict(block["toolResult"])["toolUseId"]));
      }
    }
    samePairs(open, results, `messages.${at}`, complain);
    open = calls;
  }
  if (open.length > 0) complain(`calls ${open.join(", ")} at the end have no result`);
  if (usesTools && list(dict(body["toolConfig"])["tools"]).length === 0) {
    complain("toolConfig must be defined when using toolUse and toolResult content blocks");
  }
}

// ---- Ollama ------------------------------------------------------------------------------------------------------------

function ollamaRules(body: Dict, complain: Complain): void {
  const messages = list(body["messages"]).map(dict);
  if (messages.length === 0) complain("messages is empty");
  let open: string[] = [];
  for (const [at, message] of messages.entries()) {
    const where = `messages.${at}`;
    if (typeof message["content"] !== "string") complain(`${where}: content is no text`);
    if ("images" in message && list(message["images"]).some((image) => typeof image !== "string"))
      complain(`${where}: images are no texts`);
    const calls = list(message["tool_calls"]).map((call) => dict(dict(call)["function"]));
    switch (message["role"]) {
      case "tool": {
        const found = open.indexOf(String(message["tool_name"]));
        if (found < 0) complain(`${where}: a result of ${String(message["tool_name"])} that nobody called`);
        else open.splice(found, 1);
        continue;
      }
      case "system":
        if (at > 0) complain(`${where}: a system message that is not the first`);
        break;
      case "user":
        if (message["content"] === "" && !("images" in message)) complain(`${where}: an empty message`);
        break;
      case "assistant":
        if (message["content"] === "" && calls.length === 0) complain(`${where}: an empty message`);
        break;
      default:
        complain(`${where}: unknown role ${String(message["role"])}`);
    }
    if (open.length > 0) complain(`${where}: calls ${open.join(", ")} have no result yet`);
    open = calls.map((call) => String(call["name"]));
    for (const call of calls) if (!isDict(call["arguments"])) complain(`${where}: arguments is no object`);
  }
  if (open.length > 0) complain(`calls ${open.join(", ")} at the end have no result`);
}

// ---- What they have in common ------------------------------------------------------------------------------------------

/** Turns that alternate and begin with the user's. */
function turnsOf(value: unknown, roles: readonly [string, string], complain: Complain): readonly Dict[] {
  const turns = list(value).map(dict);
  if (turns.length === 0) complain("there are no messages");
  for (const [at, turn] of turns.entries()) {
    if (turn["role"] !== roles[at % 2]) complain(`turn ${at} is of ${String(turn["role"])}, expected ${roles[at % 2]}`);
  }
  return turns;
}

/** Every call of the turn before has one result, and there is no other. */
function samePairs(calls: readonly string[], results: readonly string[], where: string, complain: Complain): void {
  for (const id of calls)
    if (!results.includes(id)) complain(`${where}: the call ${id} has no result at its beginning`);
  for (const id of results)
    if (!calls.includes(id)) complain(`${where}: the result ${id} belongs to no call before it`);
  if (new Set(results).size !== results.length) complain(`${where}: a result twice`);
}

function dict(value: unknown): Dict {
  return isDict(value) ? value : {};
}

function isDict(value: unknown): value is Dict {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function list(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

function isBlank(value: unknown): boolean {
  return typeof value !== "string" || value.trim() === "";
}

function isJson(text: unknown): boolean {
  if (typeof text !== "string") return false;
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
