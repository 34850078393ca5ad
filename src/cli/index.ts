// Node as a host, for programs of their own
export { createModelTraffic } from "./model-traffic.ts";
export { createNodeHost, type NodeHost, type NodeHostOptions } from "./node-host/node-host.ts";
export { createScopeCarrier } from "./node-host/scope-carrier.ts";
