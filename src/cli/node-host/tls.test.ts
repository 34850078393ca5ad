/** Whom the host trusts: real servers with certificates of a test authority (`__fixtures__/tls`, valid for a century). */

import { createHash, X509Certificate } from "node:crypto";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createServer, type Server, type ServerOptions } from "node:https";
import type { AddressInfo } from "node:net";
import type { TLSSocket } from "node:tls";
import { fileURLToPath } from "node:url";
import { afterEach, describe, expect, it } from "vitest";
import { HostError, type HttpTls } from "../../base/index.ts";
import { createConnections } from "./connections.ts";
import { createHttpHandlers } from "./http.ts";
import { readTlsSettings } from "./tls-settings.ts";

const FOLDER = fileURLToPath(new URL("__fixtures__/tls/", import.meta.url));
const pem = (name: string): string => readFileSync(FOLDER + name, "utf8");
const TRUSTED: HttpTls = { caPath: `${FOLDER}ca.pem` };

const open: { close: () => void }[] = [];

afterEach(() => {
  for (const resource of open.splice(0)) resource.close();
});

/** Answers with the name of the client's certificate, `nobody` without one. */
async function serve(identity: string, options: ServerOptions = {}): Promise<{ url: string; answered: () => number }> {
  let answered = 0;
  const server: Server = createServer(
    { cert: pem(`${identity}.pem`), key: pem(`${identity}.key`), ...options },
    (request, response) => {
      answered += 1;
      const client = (request.socket as TLSSocket).getPeerCertificate();
      response.end(client.subject === undefined ? "nobody" : client.subject.CN);
    },
  );
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  open.push({
    close: () => {
      server.closeAllConnections();
      server.close();
    },
  });
  return { url: `https://127.0.0.1:${(server.address() as AddressInfo).port}/`, answered: () => answered };
}

/** The body of the answer, or `[kind, message]` of the failure. */
async function ask(url: string, tls?: HttpTls): Promise<unknown> {
  const connections = createConnections(() => ({}));
  open.push({ close: () => connections.close() });
  const asked = { method: "GET", url, headers: {}, ...(tls === undefined ? {} : { tls }) };
  try {
    return Buffer.from((await createHttpHandlers(connections).request(asked)).body).toString();
  } catch (error) {
    return error instanceof HostError ? [error.kind, error.message] : error;
  }
}

const pinOf = (identity: string): string => {
  const key = new X509Certificate(pem(`${identity}.pem`)).publicKey.export({ type: "spki", format: "der" });
  return createHash("sha256").update(key).digest("hex");
};

describe("the certificate of a server", () => {
  it("of an authority that the request names is trusted", async () => {
    const { url } = await serve("server");
    expect(await ask(url, TRUSTED)).toBe("nobody");
  });

  it.each([
    ["of an authority that nobody named", "server", {}, "UNABLE_TO_VERIFY_LEAF_SIGNATURE", "NODE_EXTRA_CA_CERTS"],
    ["that has expired", "expired", TRUSTED, "CERT_HAS_EXPIRED", "expired"],
    ["of another host", "elsewhere", TRUSTED, "ERR_TLS_CERT_ALTNAME_INVALID", "another host"],
    [
      "of another key than the pinned one",
      "server",
      { ...TRUSTED, pinnedSha256: [pinOf("elsewhere")] },
      "ERR_TLS_PIN_MISMATCH",
      "pinned",
    ],
  ])("%s is refused, and nothing is sent", async (_what, identity, tls, code, hint) => {
    const { url, answered } = await serve(identity);
    const failure = await ask(url, tls);
    expect(failure).toEqual(["tls", expect.stringContaining(`(${code})`)]);
    expect(failure).toEqual(["tls", expect.stringContaining(hint)]);
    expect(answered()).toBe(0);
  });

  it("of the pinned key is accepted, and the pin replaces no authority", async () => {
    const { url } = await serve("server");
    const pinnedSha256 = [pinOf("server")];
    expect(await ask(url, { ...TRUSTED, pinnedSha256 })).toBe("nobody");
    expect(await ask(url, { pinnedSha256 })).toEqual(["tls", expect.stringContaining("UNABLE_TO_VERIFY")]);
  });
});

describe("the certificate of a client", () => {
  const asking: ServerOptions = { requestCert: true, rejectUnauthorized: true, ca: pem("ca.pem") };

  it("is shown to a server that asks for it", async () => {
    const { url } = await serve("server", asking);
    expect(await ask(url, { ...TRUSTED, certPath: `${FOLDER}client.pem` })).toBe("a client");
  });

  it("that is missing is a failure and no answer", async () => {
    const { url, answered } = await serve("server", asking);
    expect(await ask(url, TRUSTED)).toEqual([expect.stringMatching(/^(tls|connection_reset)$/), expect.any(String)]);
    expect(answered()).toBe(0);
  });

  it.each([
    ["that is none", { certPath: "server.key" }, "No certificate could be read in server.key"],
    ["without its key", { certPath: "server.pem" }, "No key of the certificate server.pem could be read in server.pem"],
    [
      "with the key of another",
      { certPath: "server.pem", keyPath: "elsewhere.key" },
      "No key of the certificate server.pem could be read in elsewhere.key",
    ],
    ["of an authority that is none", { caPath: "server.key" }, "No certificate could be read in server.key"],
  ])("%s is refused before anything is sent", async (_what, tls, problem) => {
    const refused = readTlsSettings(tls, FOLDER, "http.request");
    await expect(refused).rejects.toMatchObject({ kind: "invalid_input", message: `${problem}; expected PEM text` });
  });
});
