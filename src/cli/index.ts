// Node as a host, for programs of their own

export { openJournalFolder } from "./journal/journal-folder.ts";
export { type DurableOptions, runDurably } from "./journal/run-durably.ts";
export { openSqlite } from "./journal/sqlite.ts";
export { createModelTraffic } from "./model-traffic.ts";
export { createNodeHost, type NodeHost, type NodeHostOptions } from "./node-host/node-host.ts";
export { createScopeCarrier } from "./node-host/scope-carrier.ts";
