/** Signatures of Amazon's services (version 4), and where the keys for them are found. */

import type { Host } from "../../base/index.ts";
import { hmacSha256, sha256Hex, toHex } from "../wire/sha256.ts";

export interface AwsCredentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
}

export interface AwsRequest extends AwsCredentials {
  readonly region: string;
  readonly service: string;
  readonly method: string;
  readonly url: string;
  readonly body: string;
  /** Wall clock, milliseconds since the epoch. */
  readonly nowMs: number;
}

const encoder = (text: string): Uint8Array => new TextEncoder().encode(text);

/** The headers that sign a request with a body and no query. */
export function signAwsRequest(request: AwsRequest): Readonly<Record<string, string>> {
  const url = new URL(request.url);
  const timestamp = new Date(request.nowMs).toISOString().replace(/[-:]|\.\d{3}/g, "");
  const day = timestamp.slice(0, 8);
  const bodyHash = sha256Hex(request.body);
  const headers: Record<string, string> = {
    host: url.host,
    "x-amz-content-sha256": bodyHash,
    "x-amz-date": timestamp,
    ...(request.sessionToken === undefined ? {} : { "x-amz-security-token": request.sessionToken }),
  };
  const names = Object.keys(headers).sort();
  // Paths of services other than storage are encoded once more.
  const path = url.pathname.split("/").map(encodeURIComponent).join("/");
  const canonical = [
    request.method,
    path,
    "",
    ...names.map((name) => `${name}:${headers[name]}`),
    "",
    names.join(";"),
    bodyHash,
  ].join("\n");
  const scope = `${day}/${request.region}/${request.service}/aws4_request`;
  const toSign = ["AWS4-HMAC-SHA256", timestamp, scope, sha256Hex(canonical)].join("\n");
  const key = [request.region, request.service, "aws4_request"].reduce(
    (signingKey, part) => hmacSha256(signingKey, encoder(part)),
    hmacSha256(encoder(`AWS4${request.secretAccessKey}`), encoder(day)),
  );
  const signature = toHex(hmacSha256(key, encoder(toSign)));
  const { host: _, ...sent } = headers;
  return {
    ...sent,
    authorization: `AWS4-HMAC-SHA256 Credential=${request.accessKeyId}/${scope}, SignedHeaders=${names.join(";")}, Signature=${signature}`,
  };
}

/** The environment, then the selected profile of the shared credentials file. */
export async function resolveAwsCredentials(
  host: Host,
  env: (name: string) => string | undefined,
): Promise<AwsCredentials | undefined> {
  const accessKeyId = env("AWS_ACCESS_KEY_ID");
  const secretAccessKey = env("AWS_SECRET_ACCESS_KEY");
  const sessionToken = env("AWS_SESSION_TOKEN");
  if (accessKeyId !== undefined && secretAccessKey !== undefined) {
    return { accessKeyId, secretAccessKey, ...(sessionToken === undefined ? {} : { sessionToken }) };
  }
  const path = env("AWS_SHARED_CREDENTIALS_FILE") ?? `${host.sync("system.info", {}).home}/.aws/credentials`;
  try {
    const text = new TextDecoder().decode(await host.perform("fs.read", { path }));
    return readProfile(text, env("AWS_PROFILE") ?? "default");
  } catch {
    return undefined;
  }
}

function readProfile(text: string, profile: string): AwsCredentials | undefined {
  const values: Record<string, string> = {};
  let current = "";
  for (const line of text.split(/\r?\n/)) {
    const section = /^\s*\[([^\]]+)\]/.exec(line)?.[1];
    if (section !== undefined) current = section.trim();
    const pair = /^\s*([\w]+)\s*=\s*(\S+)\s*$/.exec(line);
    if (pair && current === profile) values[pair[1]!] = pair[2]!;
  }
  const accessKeyId = values["aws_access_key_id"];
  const secretAccessKey = values["aws_secret_access_key"];
  const sessionToken = values["aws_session_token"];
  if (accessKeyId === undefined || secretAccessKey === undefined) return undefined;
  return { accessKeyId, secretAccessKey, ...(sessionToken === undefined ? {} : { sessionToken }) };
}
