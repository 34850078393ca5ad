/** Small questions to a provider beside the calls: is it there, what does it serve (HTTP-03). */

import { type CancelSignal, CancelToken, type Host, HostError, type HttpResponse } from "../../base/index.ts";
import { UTILITY_HTTP } from "../providers/http-timing.ts";

export interface UtilityRequest {
  readonly method: string;
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  /** Milliseconds for the whole exchange; default that of {@link UTILITY_HTTP}. */
  readonly timeoutMs?: number;
}

/** Throws a `HostError`; `timeout` when the whole exchange took too long, whatever the host does about it. */
export async function utilityRequest(
  host: Pick<Host, "perform">,
  request: UtilityRequest,
  signal: CancelSignal = new CancelToken(),
): Promise<HttpResponse> {
  const timeoutMs = request.timeoutMs ?? UTILITY_HTTP.totalTimeoutMs ?? 15_000;
  const { token, release } = CancelToken.childOf(signal);
  const late = new HostError("timeout", "http.request", `No answer within ${timeoutMs / 1000}s`);
  const deadline = host.perform("sleep", { ms: timeoutMs }, token).then((): never => {
    throw late;
  });
  deadline.catch(() => {});
  const answer = host.perform(
    "http.request",
    {
      method: request.method,
      url: request.url,
      headers: request.headers ?? {},
      ...(request.body === undefined ? {} : { body: request.body }),
      connectTimeoutMs: UTILITY_HTTP.connectTimeoutMs,
      keepAlive: UTILITY_HTTP.keepAlive,
    },
    token,
  );
  answer.catch(() => {});
  try {
    return await Promise.race([answer, deadline]);
  } finally {
    release();
    token.cancel("answered");
  }
}

export function bodyText(response: HttpResponse): string {
  return new TextDecoder().decode(response.body);
}

/** The body as JSON; undefined when it is none. */
export function bodyJson(response: HttpResponse): unknown {
  try {
    return JSON.parse(bodyText(response));
  } catch {
    return undefined;
  }
}
