/** Sending a request: prepared answers first, then the network; again when that may help. */

import { type CancelSignal, HostError, type HostErrorKind, type HttpRequest } from "../../base/index.ts";
import { retryAfterOf } from "../../llm/index.ts";
import { type AsyncContext, type Dict, type NativeContext, record } from "../../vm/index.ts";
import { thrown } from "../arguments.ts";
import { clockOf } from "../time/run-clock.ts";
import { type PreparedAnswer, takeAnswer } from "./prepared-answers.ts";
import type { RequestPlan, RetryRules } from "./request-plan.ts";

/** No wait between attempts is longer, milliseconds. */
const MAX_DELAY_MS = 60_000;
/** Failures of a connection after which another attempt may succeed. */
const PASSING: readonly HostErrorKind[] = ["timeout", "connection_refused", "connection_reset", "dns"];
/** Statuses whose `retry-after` counts. */
const WAITING: readonly number[] = [429, 503];

export function isHttpUrl(url: string): boolean {
  return url.startsWith("http://") || url.startsWith("https://");
}

function bareRequest({ method, url, headers, body, limits }: RequestPlan): HttpRequest {
  return { method, url, headers, ...(body === undefined ? {} : { body }), ...limits };
}

/** For a body that is read piece by piece: a long one is no late one. */
export function streamRequest(plan: RequestPlan): HttpRequest {
  const { timeoutMs, totalMs } = plan.patience;
  return { ...bareRequest(plan), timeoutMs, ...(totalMs === undefined ? {} : { totalTimeoutMs: totalMs }) };
}

export function preparedAnswer(context: NativeContext, plan: RequestPlan): PreparedAnswer | undefined {
  return takeAnswer(context, { method: plan.method, url: plan.url, ...plan.noted });
}

interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

export async function sendRequest(context: AsyncContext, plan: RequestPlan): Promise<Dict> {
  const { retry } = plan;
  for (let attempt = 0; ; attempt++) {
    const mayRetry = attempt < retry.max && retry.methods.includes(plan.method.toUpperCase());
    let answer: Answer;
    try {
      answer = preparedAnswer(context, plan) ?? (await askNetwork(context, plan));
    } catch (error) {
      if (!(error instanceof HostError)) throw error;
      if (!mayRetry || !PASSING.includes(error.kind)) throw thrown(`http: request failed: ${error.message}`);
      await pause(context, delayMs(context, attempt, retry, undefined));
      continue;
    }
    if (mayRetry && retry.statuses.includes(answer.status)) {
      await pause(context, delayMs(context, attempt, retry, answer));
      continue;
    }
    return responseValue(answer.status, answer.headers, { body: answer.body });
  }
}

async function askNetwork({ host, signal }: AsyncContext, plan: RequestPlan): Promise<Answer> {
  const asked = { ...bareRequest(plan), totalTimeoutMs: plan.patience.timeoutMs };
  const { status, headers, body } = await host.perform("http.request", asked, signal);
  return { status, headers, body: bodyText(body, headers["content-type"]) };
}

/** In the encoding that the server names, else UTF-8; without a byte order mark. */
function bodyText(body: Uint8Array, contentType: string | undefined): string {
  const charset = /;\s*charset="?([^";\s]+)/i.exec(contentType ?? "")?.[1] ?? "utf-8";
  try {
    return new TextDecoder(charset).decode(body);
  } catch {
    return new TextDecoder().decode(body);
  }
}

/** Doubles from attempt to attempt, a quarter more or less; never less than the server asks for. */
function delayMs(context: AsyncContext, attempt: number, retry: RetryRules, answer: Answer | undefined): number {
  const jitter = 0.75 + 0.5 * context.host.sync("random.float", {});
  const backoff = Math.min(Math.trunc(retry.backoffMs * 2 ** Math.min(attempt, 30) * jitter), MAX_DELAY_MS);
  if (answer === undefined || !retry.respectRetryAfter || !WAITING.includes(answer.status)) return backoff;
  return Math.max(backoff, Math.min(retryAfterOf(answer.headers, "", clockOf(context).wallMs()) ?? 0, MAX_DELAY_MS));
}

/** A pinned clock jumps. */
async function pause(context: AsyncContext, ms: number): Promise<void> {
  const clock = clockOf(context);
  if (clock.isPinned) clock.advance(ms);
  else await sleep(context, ms, context.signal);
}

const sleep = ({ host }: AsyncContext, ms: number, signal: CancelSignal): Promise<undefined> =>
  host.perform("sleep", { ms }, signal);

/** `{status, headers, ok, …}` */
export function responseValue(
  status: number,
  headers: Readonly<Record<string, string>>,
  more: Parameters<typeof record>[0],
): Dict {
  return record({ status, headers: record(headers), ok: status >= 200 && status < 300, ...more });
}
