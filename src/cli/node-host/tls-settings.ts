/** Trust and identity of a request, read from the files it names. */

import { createHash, X509Certificate } from "node:crypto";
import { readFile } from "node:fs/promises";
import type { AgentOptions } from "node:https";
import { resolve } from "node:path";
import { checkServerIdentity, createSecureContext, type PeerCertificate, rootCertificates } from "node:tls";
import { HostError, type HttpTls } from "../../base/index.ts";
import { toHostError } from "./host-failure.ts";

export interface TlsSettings {
  /** The same for settings that may share a connection. */
  readonly key: string;
  readonly options: Pick<AgentOptions, "ca" | "cert" | "key" | "checkServerIdentity">;
}

/** @param cwd folder that relative paths count from */
export async function readTlsSettings(tls: HttpTls, cwd: string, effect: string): Promise<TlsSettings> {
  const read = async (what: string, path: string): Promise<string> => {
    try {
      return await readFile(resolve(cwd, path), "utf8");
    } catch (error) {
      throw toHostError(error, effect, `Cannot read the ${what} ${path}`);
    }
  };
  const { caPath, certPath, keyPath, pinnedSha256 = [] } = tls;
  const ca = caPath === undefined ? undefined : await read("certificates", caPath);
  const cert = certPath === undefined ? undefined : await read("certificate", certPath);
  const key = keyPath === undefined ? cert : await read("key", keyPath);
  const check = (attempt: () => unknown, problem: string): void => {
    try {
      attempt();
    } catch (error) {
      throw new HostError("invalid_input", effect, `${problem}; expected PEM text`, { cause: error });
    }
  };
  if (ca !== undefined) check(() => new X509Certificate(ca), `No certificate could be read in ${caPath}`);
  if (cert !== undefined) {
    check(() => new X509Certificate(cert), `No certificate could be read in ${certPath}`);
    const problem = `No key of the certificate ${certPath} could be read in ${keyPath ?? certPath}`;
    check(() => createSecureContext({ cert, key }), problem);
  }
  const pins = pinnedSha256.map(normalizedPin);
  return {
    key: JSON.stringify([caPath, certPath, keyPath, pins]),
    options: {
      ...(ca !== undefined && { ca: [...rootCertificates, ca] }),
      ...(cert !== undefined && { cert, key }),
      ...(pins.length > 0 && {
        checkServerIdentity: (host, peer) => checkServerIdentity(host, peer) ?? pinProblem(peer, pins),
      }),
    },
  };
}

/** `sha256/…` and `sha256:…` may stand before it; hex in any case, with or without colons. */
function normalizedPin(pin: string): string {
  const bare = pin.trim().replace(/^sha256[/:]/, "");
  const compact = bare.replaceAll(":", "");
  return /^[0-9a-f]{64}$/i.test(compact) ? compact.toLowerCase() : bare;
}

function pinProblem(peer: PeerCertificate, pins: readonly string[]): Error | undefined {
  const publicKey = new X509Certificate(peer.raw).publicKey.export({ type: "spki", format: "der" });
  const digest = createHash("sha256").update(publicKey).digest();
  const forms = [digest.toString("hex"), digest.toString("base64"), digest.toString("base64url")];
  if (pins.some((pin) => forms.includes(pin))) return undefined;
  return Object.assign(new Error("TLS SPKI pin mismatch"), { code: "ERR_TLS_PIN_MISMATCH" });
}
