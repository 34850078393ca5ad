// A model server that answers at once: OpenAI-compatible chat streaming, in a process of its own so that its work is
// not counted. Prints its port, then serves until its parent closes its input.
//
// The model's name says what it does: `gpt-turns-20` calls the tool `lookup` twenty times, then answers; `gpt-hello` answers
// with a few words; `gpt-deltas-50000` with as many pieces of text. Bodies are made ahead; only the response id differs
// from request to request, because some clients take messages with one id for one message.

import { createServer } from "node:http";

const ID_DIGITS = 12;
const idOf = (number) => `chatcmpl-${String(number).padStart(ID_DIGITS, "0")}`;

/** How many pieces of text a body of `gpt-deltas-…` has, and what each is. */
const WORD = "word ";
const event = (id, choices, rest = {}) =>
  `data: ${JSON.stringify({ id, object: "chat.completion.chunk", created: 1_700_000_000, model: "bench", choices, ...rest })}\n\n`;
const delta = (id, fields, finishReason = null) =>
  event(id, [{ index: 0, delta: fields, finish_reason: finishReason }]);
const ending = (id, finishReason, tokens) =>
  delta(id, {}, finishReason) +
  event(id, [], { usage: { prompt_tokens: 100, completion_tokens: tokens, total_tokens: 100 + tokens } }) +
  "data: [DONE]\n\n";

function textBody(id, pieces) {
  return (
    delta(id, { role: "assistant", content: "" }) +
    pieces.map((content) => delta(id, { content })).join("") +
    ending(id, "stop", pieces.length)
  );
}

/** A call whose arguments come in two pieces and are never the same twice in a conversation. */
function callBody(id, step) {
  const call = (fields) => ({ tool_calls: [{ index: 0, ...fields }] });
  const args = JSON.stringify({ key: `item-${step}` });
  return (
    delta(id, { role: "assistant", content: null }) +
    delta(id, call({ id: `call_${id}`, type: "function", function: { name: "lookup", arguments: "" } })) +
    delta(id, call({ function: { arguments: args.slice(0, 6) } })) +
    delta(id, call({ function: { arguments: args.slice(6) } })) +
    ending(id, "tool_calls", 12)
  );
}

/** A body whose response id can be written over. */
function template(make) {
  const placeholder = idOf(0);
  const bytes = Buffer.from(make(placeholder));
  const places = [];
  for (let at = bytes.indexOf(placeholder); at >= 0; at = bytes.indexOf(placeholder, at + 1)) {
    places.push(at + placeholder.length - ID_DIGITS);
  }
  return (number) => {
    const body = Buffer.from(bytes);
    const digits = Buffer.from(String(number).padStart(ID_DIGITS, "0"));
    for (const place of places) digits.copy(body, place);
    return body;
  };
}

const hello = template((id) => textBody(id, ["Hello", " from", " the", " server", "."]));
const done = template((id) => textBody(id, ["All", " done", "."]));
const calls = Array.from({ length: 64 }, (_, step) => template((id) => callBody(id, step)));
const longBodies = new Map();
let requests = 0;

function bodyFor(model, toolResults) {
  const number = ++requests;
  if (model === "gpt-hello") return hello(number);
  const count = Number(model.slice(model.lastIndexOf("-") + 1));
  if (model.startsWith("gpt-turns-")) return toolResults < count ? calls[toolResults](number) : done(number);
  // Ten megabytes: made at the first request, which is a warm-up, and with one id in each process.
  let body = longBodies.get(count);
  if (body === undefined) {
    body = Buffer.from(textBody(idOf(number), new Array(count).fill(WORD)));
    longBodies.set(count, body);
  }
  return body;
}

function countOf(text, part) {
  let count = 0;
  for (let at = text.indexOf(part); at >= 0; at = text.indexOf(part, at + part.length)) count++;
  return count;
}

const server = createServer((request, response) => {
  const parts = [];
  request.on("data", (part) => parts.push(part));
  request.on("end", () => {
    const text = Buffer.concat(parts).toString("latin1");
    const model = /"model":"(gpt-[a-z]+(?:-\d+)?)"/.exec(text)?.[1];
    if (model === undefined) {
      response.writeHead(400, { "content-type": "application/json" });
      response.end('{"error":{"message":"Expected a model of this server"}}');
      return;
    }
    const body = bodyFor(model, countOf(text, '"role":"tool"'));
    response.writeHead(200, { "content-type": "text/event-stream", "cache-control": "no-cache" });
    response.end(body);
  });
});
server.keepAliveTimeout = 120_000;
for (const count of [5_000, 50_000]) bodyFor(`gpt-deltas-${count}`, 0);
server.listen(0, "127.0.0.1", 1024, () => console.log(server.address().port));
process.stdin.on("end", () => process.exit(0)).resume();
