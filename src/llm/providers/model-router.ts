/** The providers of a run as clients: by name, or all behind one client that looks at `input.provider`. */

import type { Host } from "../../base/index.ts";
import { createModelCatalog, type ModelCatalog } from "../catalog/model-catalog.ts";
import type { ModelClient } from "../spec/model.ts";
import { createHttpModelClient } from "./http-model-client.ts";

export interface ModelRouterOptions {
  /** Default: the built-in catalogue over the host's environment. */
  readonly catalog?: ModelCatalog;
  /** Clients that answer for a provider instead of HTTP, by name. */
  readonly clients?: Readonly<Record<string, ModelClient>>;
}

/**
 * The client of a provider, made when it is first asked for. Every name has one, registered or not: it speaks the format
 * that the provider's endpoint names, and a provider that is nowhere configured fails when it is called (PROV-05).
 */
export function createProviderClients(host: Host, options: ModelRouterOptions = {}): (provider: string) => ModelClient {
  const catalog = options.catalog ?? createModelCatalog(host);
  const clients = new Map<string, ModelClient>(Object.entries(options.clients ?? {}));
  return (provider) => {
    let client = clients.get(provider);
    if (!client) {
      client = createHttpModelClient({ host, catalog, provider });
      clients.set(provider, client);
    }
    return client;
  };
}

/** One client for all providers. This is what a host's `model.stream` effect calls. */
export function createModelRouter(host: Host, options: ModelRouterOptions = {}): ModelClient {
  const clientOf = createProviderClients(host, options);
  return {
    provider: "router",
    stream: (input, signal) => clientOf(input.provider).stream(input, signal),
  };
}
