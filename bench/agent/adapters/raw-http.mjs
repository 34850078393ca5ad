// The same over `node:http` with kept connections.
import { Agent, request } from "node:http";
import { StringDecoder } from "node:string_decoder";
import { runConversation } from "./raw-loop.mjs";

export function createClient(baseUrl) {
  const agent = new Agent({ keepAlive: true });
  const { hostname, port, pathname } = new URL(`${baseUrl}/chat/completions`);
  const headers = { "content-type": "application/json", authorization: "Bearer key" };
  const post = (body, feed) =>
    new Promise((resolve, reject) => {
      const options = { agent, hostname, port, path: pathname, method: "POST" };
      const asked = request({ ...options, headers: { ...headers, "content-length": Buffer.byteLength(body) } });
      asked.on("error", reject);
      asked.on("response", (response) => {
        const decoder = new StringDecoder("utf8");
        response.on("data", (bytes) => feed(decoder.write(bytes)));
        response.on("end", resolve);
        response.on("error", reject);
      });
      asked.end(body);
    });
  return { run: ({ model, onText }) => runConversation(post, model, onText) };
}
