import { isJsonObject, type Json } from "../../base/index.ts";
import { scrubSecrets } from "../errors/scrub-secrets.ts";

/** Keys whose values are credentials whatever they look like. */
const SECRET_KEYS =
  /^(?:authorization|proxy-authorization|cookie|set-cookie|x-api-key|api[-_]?key|secret|password|token|access[-_]?token)$/i;

const REDACTED = "[redacted]";

/** A copy of `value` that is safe to log: key-shaped strings, known secrets and credential fields are blanked. */
export function redact(value: Json, secrets: readonly string[] = []): Json {
  if (typeof value === "string") return scrubSecrets(value, secrets);
  if (Array.isArray(value)) return value.map((item) => redact(item, secrets));
  if (!isJsonObject(value)) return value;
  const out: Record<string, Json> = {};
  for (const [key, item] of Object.entries(value)) {
    if (item === undefined) continue;
    out[key] = SECRET_KEYS.test(key) && typeof item === "string" ? REDACTED : redact(item, secrets);
  }
  return out;
}
