/**
 * A world for the agent loop in which everything between loop and provider is real but the network: requests are encoded,
 * answers are decoded from the provider's own bytes, and the provider refuses what its rules forbid, with a 400 as they
 * all do. Every request is also held against the rules of every other family, as if the model had been switched.
 *
 * A *point* is a moment at which something happens that the loop can notice: an effect that takes time begins or ends, a piece of an
 * answer arrives, an event is told. A run can be cancelled at any of them, by number.
 */

import { CancelToken, type Host } from "../../src/base/index.ts";
import { lookupCapabilities } from "../../src/llm/catalog/capabilities.ts";
import { decodeCatalogConfig } from "../../src/llm/catalog/catalog-config.ts";
import { createModelCatalog } from "../../src/llm/catalog/model-catalog.ts";
import type { ModelClient, ModelInput } from "../../src/llm/index.ts";
import { createModelRouter } from "../../src/llm/providers/model-router.ts";
import type { ApiStyle } from "../../src/llm/providers/wire-format.ts";
import { WIRE_FORMATS } from "../../src/llm/providers/wire-formats.ts";
import { createVirtualHost, type VirtualHost } from "../../src/testing/virtual-host.ts";
import { renderMessages, type ServedAnswer, STREAM_TYPES } from "../model-server/render-answer.ts";
import { brokenProviderRules } from "./provider-rules.ts";

export interface Family {
  readonly style: ApiStyle;
  readonly provider: string;
  readonly model: string;
}

/** One of each family, and those of a family that differ in what they want back. */
export const FAMILIES: readonly Family[] = [
  { style: "anthropic", provider: "anthropic", model: "claude-sonnet-4-5" },
  { style: "openai-chat", provider: "openai", model: "gpt-4o" },
  { style: "openai-chat", provider: "deepseek", model: "deepseek-reasoner" },
  { style: "openai-chat", provider: "openrouter", model: "anthropic/claude-sonnet-4.5" },
  { style: "openai-responses", provider: "responses", model: "gpt-5" },
  { style: "gemini", provider: "gemini", model: "gemini-2.5-pro" },
  { style: "bedrock", provider: "bedrock", model: "anthropic.claude-sonnet-4-5-v1:0" },
  { style: "ollama", provider: "ollama", model: "llama3.1" },
];

/** The first family of each style: a run speaks to one of these. */
export const WIRES: readonly Family[] = FAMILIES.filter(
  (family, at) => FAMILIES.findIndex((other) => other.style === family.style) === at,
);

export const URL = "http://model.test";
/** What the providers' clients read from the environment when all of them live at one address. */
export function environmentOf(url: string): Readonly<Record<string, string>> {
  return {
    ANTHROPIC_BASE_URL: url,
    ANTHROPIC_API_KEY: "key",
    OPENAI_BASE_URL: `${url}/v1`,
    OPENAI_API_KEY: "key",
    OLLAMA_HOST: url,
    GEMINI_BASE_URL: url,
    GEMINI_API_KEY: "key",
    BEDROCK_BASE_URL: url,
    AWS_REGION: "eu-central-1",
    AWS_ACCESS_KEY_ID: "AKIDEXAMPLE",
    AWS_SECRET_ACCESS_KEY: "key",
  };
}

export const CONFIG = (url: string): object => ({
  providers: { responses: { base_url: url, chat_endpoint: "/v1/responses", auth_env: "OPENAI_API_KEY" } },
});

/** What the model answers to its n-th request, from zero. */
export type Respond = (call: number, body: string) => ServedAnswer;

export interface WireWorld {
  readonly family: Family;
  readonly host: Host;
  readonly virtual: VirtualHost;
  readonly model: ModelClient;
  readonly request: { readonly provider: string; readonly model: string };
  /** What any provider would refuse of any request so far. */
  readonly refusals: readonly string[];
  readonly requests: number;
  /** Points since the last `arm`. */
  readonly points: number;
  /** Counts a point of the test's own. */
  point(): void;
  /** A signal that fires at that point, counted from here; undefined: never. */
  arm(point?: number): CancelToken;
}

export function createWireWorld(family: Family, respond: Respond): WireWorld {
  const refusals: string[] = [];
  let requests = 0;
  let points = 0;
  let cancelAt: number | undefined;
  let token = new CancelToken();
  const point = (): void => {
    if (points++ === cancelAt) token.cancel("cancelled by the test");
  };

  const virtual = createVirtualHost({
    env: environmentOf(URL),
    http(request) {
      const text = typeof request.body === "string" ? request.body : new TextDecoder().decode(request.body);
      const broken = brokenProviderRules(family.style, JSON.parse(text));
      if (broken.length > 0) {
        refusals.push(...broken);
        return { status: 400, body: JSON.stringify({ error: { message: broken.join("; ") } }) };
      }
      const answer = respond(requests++, text);
      return {
        headers: { "content-type": STREAM_TYPES[family.style] },
        body: renderMessages(family.style, answer).map((item) => ({ item })),
      };
    },
  });
  const host = hostWithPoints(virtual, point);
  const catalog = createModelCatalog(host, [decodeCatalogConfig(CONFIG(URL))]);
  const router = createModelRouter(host, { catalog });
  return {
    family,
    host,
    virtual,
    model: {
      provider: family.provider,
      stream(input, signal) {
        refusals.push(...refusedAnywhere(input));
        return router.stream(input, signal);
      },
    },
    request: { provider: family.provider, model: family.model },
    refusals,
    get requests() {
      return requests;
    },
    get points() {
      return points;
    },
    point,
    arm(at) {
      points = 0;
      cancelAt = at;
      token = new CancelToken();
      return token;
    },
  };
}

/** What the families would refuse of the same conversation. */
export function refusedAnywhere(input: ModelInput): readonly string[] {
  return FAMILIES.flatMap(({ style, provider, model }) => {
    const context = { capabilities: lookupCapabilities(provider, model), env: () => undefined };
    const { body } = WIRE_FORMATS[style].encode({ ...input, provider, model }, context);
    return brokenProviderRules(style, body).map((words) => `as ${provider}: ${words}`);
  });
}

function hostWithPoints(inner: Host, point: () => void): Host {
  return {
    sync: (kind, args) => inner.sync(kind, args),
    async perform(kind, args, signal) {
      point();
      try {
        return await inner.perform(kind, args, signal);
      } finally {
        point();
      }
    },
    async *stream(kind, args, signal) {
      point();
      for await (const item of inner.stream(kind, args, signal)) {
        point();
        yield item;
      }
      point();
    },
  };
}
