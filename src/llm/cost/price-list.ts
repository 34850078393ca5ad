/** A maintained list of model prices, loaded when somebody wants it: reading it costs some fifty milliseconds. */

import type { PriceBook, TokenRates } from "./pricing.ts";

/**
 * @param nowMs wall clock, milliseconds since the epoch: prices change with time
 * @returns prices by provider and model; of tiered prices the first tier
 */
export async function loadPriceList(nowMs: number): Promise<PriceBook> {
  const { calcPrice } = await import("@pydantic/genai-prices");
  const timestamp = new Date(nowMs);
  const known = new Map<string, TokenRates | undefined>();

  const lookUp = (model: string, providerId: string | undefined): TokenRates | undefined => {
    try {
      const found = calcPrice({}, model, { timestamp, ...(providerId === undefined ? {} : { providerId }) });
      return found === null ? undefined : ratesOf(found.model_price);
    } catch {
      return undefined;
    }
  };

  return {
    rates(provider, model) {
      const key = `${provider}\n${model}`;
      if (!known.has(key)) known.set(key, lookUp(model, provider) ?? lookUp(model, undefined));
      return known.get(key);
    },
  };
}

function ratesOf(price: Readonly<Record<string, unknown>>): TokenRates | undefined {
  const input = perMillion(price["input_mtok"]);
  const output = perMillion(price["output_mtok"]);
  if (input === undefined || output === undefined) return undefined;
  const cacheRead = perMillion(price["cache_read_mtok"]);
  const cacheWrite = perMillion(price["cache_write_mtok"]);
  return {
    input,
    output,
    ...(cacheRead === undefined ? {} : { cacheRead }),
    ...(cacheWrite === undefined ? {} : { cacheWrite }),
  };
}

function perMillion(value: unknown): number | undefined {
  if (typeof value === "number") return value;
  const base = typeof value === "object" && value !== null && "base" in value ? value.base : undefined;
  return typeof base === "number" ? base : undefined;
}
