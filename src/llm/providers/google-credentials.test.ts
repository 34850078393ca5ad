import { createVerify, generateKeyPairSync } from "node:crypto";
import { describe, expect, it } from "vitest";
import { CancelToken, type HttpRequest } from "../../base/index.ts";
import { cryptoHandlers } from "../../cli/node-host/signatures.ts";
import { countResources } from "../../testing/host-decorators.ts";
import { createVirtualHost, type ScriptedHttp, type VirtualHost } from "../../testing/virtual-host.ts";
import { createModelCatalog } from "../catalog/model-catalog.ts";
import type { ModelInput } from "../spec/model.ts";
import { foldModelStream, type ModelResult } from "../spec/model-result.ts";
import { createModelRouter } from "./model-router.ts";

const KEYS = generateKeyPairSync("rsa", { modulusLength: 2048 });
const PRIVATE_KEY = KEYS.privateKey.export({ type: "pkcs8", format: "pem" }) as string;

const SERVICE_ACCOUNT = {
  type: "service_account",
  project_id: "my-project",
  private_key_id: "key-7",
  private_key: PRIVATE_KEY,
  client_email: "robot@my-project.iam.gserviceaccount.com",
  token_uri: "https://oauth2.googleapis.com/token",
};
const USER = {
  type: "authorized_user",
  client_id: "client-id",
  client_secret: "client-secret-123",
  refresh_token: "refresh-token-123",
  quota_project_id: "paying-project",
};

const ANSWER: ScriptedHttp = {
  headers: { "content-type": "text/event-stream" },
  body: 'data: {"candidates":[{"content":{"parts":[{"text":"hi"}]},"finishReason":"STOP"}]}\n\n',
};

interface Setup {
  readonly host: VirtualHost;
  readonly live: () => object;
  /** Requests for tokens, and to the model. */
  readonly tokenRequests: () => readonly HttpRequest[];
  readonly modelRequests: () => readonly HttpRequest[];
  call(signal?: CancelToken): Promise<ModelResult>;
  start(signal?: CancelToken): Promise<ModelResult>;
}

const PATH = "/keys/google.json";
const QUIET = { effects: 0, streams: 0, listeners: 0 };

function setup(
  options: {
    readonly file?: unknown;
    readonly env?: Readonly<Record<string, string>>;
    readonly files?: Readonly<Record<string, string>>;
    readonly token?: (count: number) => ScriptedHttp;
    readonly model?: (count: number) => ScriptedHttp;
  } = {},
): Setup {
  let tokens = 0;
  let calls = 0;
  const isToken = (request: HttpRequest): boolean => request.url.includes("oauth2");
  const file = options.file ?? SERVICE_ACCOUNT;
  const host = createVirtualHost({
    env: options.env ?? { GOOGLE_APPLICATION_CREDENTIALS: PATH },
    files: options.files ?? { [PATH]: typeof file === "string" ? file : JSON.stringify(file) },
    crypto: cryptoHandlers,
    http: (request) =>
      isToken(request)
        ? (options.token?.(tokens++) ?? { body: `{"access_token":"token-number-${++tokens}","expires_in":3600}` })
        : (options.model?.(calls++) ?? ANSWER),
  });
  const counted = countResources(host);
  const router = createModelRouter(counted.host, { catalog: createModelCatalog(counted.host) });
  const input: ModelInput = {
    provider: "vertex",
    model: "gemini-2.5-pro",
    messages: [{ role: "user", content: "hi" }],
  };
  const start = (signal?: CancelToken) => foldModelStream(input, router.stream(input, signal));
  return {
    host,
    live: counted.live,
    tokenRequests: () => host.requests.http.filter(isToken),
    modelRequests: () => host.requests.http.filter((request) => !isToken(request)),
    start,
    call: (signal) => host.drive(start(signal)),
  };
}

const bearer = (request: HttpRequest | undefined) => request?.headers["authorization"];

describe("CONF-07: Google's credentials", () => {
  it("CONF-07: a service account signs an assertion that its public key confirms", async () => {
    const { call, tokenRequests, modelRequests } = setup();
    expect((await call()).text).toBe("hi");
    const [request] = tokenRequests();
    expect(request).toMatchObject({
      method: "POST",
      url: "https://oauth2.googleapis.com/token",
      headers: { "content-type": "application/x-www-form-urlencoded" },
      connectTimeoutMs: 10_000,
      totalTimeoutMs: 15_000,
      followRedirects: false,
    });
    const form = new URLSearchParams(request!.body as string);
    expect(form.get("grant_type")).toBe("urn:ietf:params:oauth:grant-type:jwt-bearer");
    const [head, claims, signature] = form.get("assertion")!.split(".");
    const json = (part: string | undefined) => JSON.parse(Buffer.from(part!, "base64url").toString()) as unknown;
    expect(json(head)).toEqual({ alg: "RS256", typ: "JWT", kid: "key-7" });
    const now = Date.UTC(2026, 0, 1) / 1000;
    expect(json(claims)).toEqual({
      iss: SERVICE_ACCOUNT.client_email,
      scope: "https://www.googleapis.com/auth/cloud-platform",
      aud: SERVICE_ACCOUNT.token_uri,
      iat: now,
      exp: now + 3600,
    });
    const verify = createVerify("RSA-SHA256").update(`${head}.${claims}`);
    expect(verify.verify(KEYS.publicKey, Buffer.from(signature!, "base64url"))).toBe(true);
    // The project of the file serves where none is configured.
    expect(modelRequests()[0]?.url).toContain("/projects/my-project/locations/us-central1/");
    expect(bearer(modelRequests()[0])).toBe("Bearer token-number-1");
  });

  it("CONF-07: a user's credentials in gcloud's own place are refreshed, and name who pays", async () => {
    const { call, tokenRequests, modelRequests } = setup({
      env: {},
      files: { "/home/harn/.config/gcloud/application_default_credentials.json": JSON.stringify(USER) },
    });
    await call();
    expect(Object.fromEntries(new URLSearchParams(tokenRequests()[0]!.body as string))).toEqual({
      grant_type: "refresh_token",
      client_id: "client-id",
      client_secret: "client-secret-123",
      refresh_token: "refresh-token-123",
    });
    expect(modelRequests()[0]?.headers["x-goog-user-project"]).toBe("paying-project");
    expect(modelRequests()[0]?.url).toContain("/projects/paying-project/");
  });

  it("CONF-07: a token of the environment wins, and no file is read", async () => {
    const { call, tokenRequests, modelRequests } = setup({
      env: { VERTEX_AI_ACCESS_TOKEN: "ready-made", VERTEX_AI_PROJECT: "p", GOOGLE_APPLICATION_CREDENTIALS: PATH },
      files: {},
    });
    await call();
    expect(tokenRequests()).toHaveLength(0);
    expect(bearer(modelRequests()[0])).toBe("Bearer ready-made");
  });

  it("CONF-07: without any credentials the names to set are told", async () => {
    const { call } = setup({ env: { VERTEX_AI_PROJECT: "p" }, files: {} });
    await expect(call()).rejects.toMatchObject({
      category: "auth",
      kind: "terminal",
      message: expect.stringContaining("VERTEX_AI_ACCESS_TOKEN, GOOGLE_OAUTH_ACCESS_TOKEN"),
    });
  });

  it.each<[string, unknown, RegExp]>([
    ["no JSON", "{ nonsense", /\/keys\/google\.json are not valid JSON$/],
    ["no object", "[]", /are not a JSON object$/],
    ["another type", { type: "external_account" }, /are of type "external_account"; expected "service_account"/],
    ["no key", { ...SERVICE_ACCOUNT, private_key: "" }, /lack `private_key`$/],
    ["no refresh token", { ...USER, refresh_token: undefined }, /lack `refresh_token`$/],
  ])("CONF-07: a file with %s is a terminal failure that names it", async (_, file, message) => {
    const { call, host, live } = setup({ file });
    await expect(call()).rejects.toMatchObject({
      category: "auth",
      kind: "terminal",
      message: expect.stringMatching(message),
    });
    expect(host.requests.http).toHaveLength(0);
    expect(live()).toEqual(QUIET);
  });

  it("CONF-07: a file that is named and missing is not passed over", async () => {
    await expect(setup({ files: {} }).call()).rejects.toThrow("/keys/google.json cannot be read");
  });

  it("a key that is none fails without showing it", async () => {
    const secret = "-----BEGIN PRIVATE KEY-----\nc2VjcmV0c2VjcmV0\n-----END PRIVATE KEY-----\n";
    const error = await setup({ file: { ...SERVICE_ACCOUNT, private_key: secret } })
      .call()
      .catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ name: "ModelError", kind: "terminal" });
    expect(String(error)).not.toContain("c2VjcmV0c2VjcmV0");
  });
});

describe("keeping a token", () => {
  it("serves many calls, and is renewed five minutes before its end", async () => {
    const { call, host, tokenRequests, modelRequests } = setup({
      token: (count) => ({ body: `{"access_token":"token-${count}-secret","expires_in":3600}` }),
    });
    await call();
    await host.drive(host.perform("sleep", { ms: 3_299_000 }));
    await call();
    expect(tokenRequests()).toHaveLength(1);
    await host.drive(host.perform("sleep", { ms: 2_000 }));
    await call();
    expect(tokenRequests()).toHaveLength(2);
    expect(modelRequests().map(bearer)).toEqual([
      "Bearer token-0-secret",
      "Bearer token-0-secret",
      "Bearer token-1-secret",
    ]);
  });

  it("is asked for once by calls at the same time", async () => {
    const { start, host, tokenRequests, modelRequests } = setup({
      token: () => ({ headAfterMs: 100, body: '{"access_token":"shared-token","expires_in":3600}' }),
    });
    await host.drive(Promise.all([start(), start(), start()]));
    expect(tokenRequests()).toHaveLength(1);
    expect(modelRequests().map(bearer)).toEqual(new Array(3).fill("Bearer shared-token"));
  });

  it("one that the service refused is not used again", async () => {
    const { call, tokenRequests } = setup({
      token: (count) => ({ body: `{"access_token":"token-${count}-secret","expires_in":3600}` }),
      model: (count) => (count === 0 ? { status: 401, body: "expired: token-0-secret" } : ANSWER),
    });
    await expect(call()).rejects.toMatchObject({ category: "auth", status: 401, body: "expired: [redacted]" });
    await call();
    expect(tokenRequests()).toHaveLength(2);
  });

  it("one that is still good is used while its renewal fails", async () => {
    const { call, host, modelRequests } = setup({
      token: (count) =>
        count === 0
          ? { body: '{"access_token":"first-token","expires_in":3600}' }
          : { status: 503, body: "try again later" },
    });
    await call();
    await host.drive(host.perform("sleep", { ms: 3_400_000 }));
    await call();
    expect(modelRequests().map(bearer)).toEqual(["Bearer first-token", "Bearer first-token"]);
    await host.drive(host.perform("sleep", { ms: 201_000 }));
    await expect(call()).rejects.toMatchObject({ category: "overloaded", kind: "transient", status: 503 });
  });

  it("a failure is not kept", async () => {
    const { call } = setup({
      token: (count) => (count === 0 ? { fail: "dns" } : { body: '{"access_token":"second-token","expires_in":3600}' }),
    });
    await expect(call()).rejects.toMatchObject({ category: "transient_network", kind: "transient" });
    expect((await call()).text).toBe("hi");
  });

  it.each<[string, ScriptedHttp, object]>([
    [
      "a refused grant",
      { status: 400, body: '{"error":"invalid_grant","error_description":"Invalid JWT Signature."}' },
      { category: "auth", kind: "terminal", status: 400, message: expect.stringContaining("Invalid JWT Signature.") },
    ],
    ["too many requests", { status: 429, body: "slow down" }, { category: "rate_limit", kind: "transient" }],
    ["an answer without a token", { body: '{"id_token":"x"}' }, { category: "auth", body: '{"id_token":"x"}' }],
    ["an answer that is no JSON", { body: "<html>" }, { category: "auth", body: "<html>" }],
  ])("%s is told in Google's words", async (_, answer, expected) => {
    const { call, live } = setup({ token: () => answer });
    await expect(call()).rejects.toMatchObject(expected);
    expect(live()).toEqual(QUIET);
  });

  it("credentials do not show in a failure", async () => {
    const { call } = setup({
      file: USER,
      env: { GOOGLE_APPLICATION_CREDENTIALS: PATH, VERTEX_AI_PROJECT: "p" },
      token: () => ({ status: 400, body: "bad refresh-token-123 of client-secret-123" }),
    });
    await expect(call()).rejects.toMatchObject({ body: "bad [redacted] of [redacted]" });
  });
});

describe("cancelling while a token is fetched", () => {
  const slow = () => ({ headAfterMs: 10_000, body: '{"access_token":"late-token","expires_in":3600}' });

  it("a single call ends the request for the token", async () => {
    const { start, host, live } = setup({ token: slow });
    const token = new CancelToken();
    const run = start(token);
    run.catch(() => {});
    await host.settle();
    token.cancel("user");
    await expect(run).rejects.toMatchObject({ category: "cancelled" });
    await host.settle();
    expect(live()).toEqual(QUIET);
    expect(token.listenerCount).toBe(0);
  });

  it("one of two leaves the other its token", async () => {
    const { start, host, live, tokenRequests } = setup({ token: slow });
    const token = new CancelToken();
    const leaving = start(token);
    leaving.catch(() => {});
    const staying = start();
    await host.settle();
    token.cancel("user");
    await expect(leaving).rejects.toMatchObject({ category: "cancelled" });
    expect((await host.drive(staying)).text).toBe("hi");
    expect(tokenRequests()).toHaveLength(1);
    expect(live()).toEqual(QUIET);
  });
});
