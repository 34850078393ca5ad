// The web platform as a host: pages, workers, and whatever else has `fetch`

export { createWebHost, type FileHandlers, type WebHost, type WebHostOptions } from "./web-host.ts";

// What hosts are made of

export { deferredStream } from "./deferred-stream.ts";
export { createRandomBytes } from "./random-bytes.ts";
export { abortable, nextTurn, sleep, timeLimit } from "./timers.ts";
