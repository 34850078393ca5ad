// Bare `fetch`: the measure of all others.
import { runConversation } from "./raw-loop.mjs";

export function createClient(baseUrl) {
  const post = async (body, feed) => {
    const response = await fetch(`${baseUrl}/chat/completions`, {
      method: "POST",
      headers: { "content-type": "application/json", authorization: "Bearer key" },
      body,
    });
    const decoder = new TextDecoder();
    for await (const bytes of response.body) feed(decoder.decode(bytes, { stream: true }));
  };
  return { run: ({ model, onText }) => runConversation(post, model, onText) };
}
