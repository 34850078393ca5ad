/** Model calls of the command line: the providers of the built-in catalogue over the host's HTTP, loaded when first called. */

import type { CancelSignal, Host, Json } from "../base/index.ts";
import { deferredStream } from "../web/index.ts";
import { ownPart } from "./own-files.ts";

type ModelStream = (input: Json, signal: CancelSignal | undefined, host: Host) => AsyncIterable<Json>;

/** For one host: the clients, with their rate limits and connections, live as long as it does. */
export function createModelTraffic(): ModelStream {
  let serving: Promise<(input: Json, signal: CancelSignal | undefined) => AsyncIterable<Json>> | undefined;
  return (input, signal, host) =>
    deferredStream(async () => {
      serving ??= ownPart(import("../llm/index.ts")).then(({ createModelRouter, serveModelStream }) => {
        const router = createModelRouter(host);
        return (request, stop) => serveModelStream(router, request, stop);
      });
      return (await serving)(input, signal);
    });
}
