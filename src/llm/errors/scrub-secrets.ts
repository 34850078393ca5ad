/** Keeps credentials out of errors, logs and journals: providers like to quote the key they refuse. */

const REDACTED = "[redacted]";

/** Shapes of keys in the wild; each keeps its prefix, so a reader still sees which key was meant. */
const SECRET_SHAPES: readonly RegExp[] = [
  /\b(sk-(?:ant-|or-|proj-)?)[A-Za-z0-9_*-]{8,}/g,
  /\b(AIza)[A-Za-z0-9_-]{16,}/g,
  /\b(gsk_|hf_|fw_|xai-|ya29\.)[A-Za-z0-9_-]{8,}/g,
  /\b(Bearer\s+)[A-Za-z0-9._~+/=-]{8,}/gi,
  /([?&](?:key|api[-_]?key|access_token)=)[^&\s"']+/gi,
  /\b(AKIA|ASIA)[A-Z0-9]{12,}/g,
];

/** @param secrets values known to be secret in this call; those shorter than 6 characters are left alone */
export function scrubSecrets(text: string, secrets: readonly string[] = []): string {
  let clean = text;
  for (const secret of secrets) {
    if (secret.length >= 6) clean = clean.replaceAll(secret, REDACTED);
  }
  for (const shape of SECRET_SHAPES) clean = clean.replace(shape, `$1${REDACTED}`);
  return clean;
}
