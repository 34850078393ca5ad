/**
 * Where a run waits for people. A request is *open* from the moment it is made until somebody has answered it, its time
 * is up, or whoever asked has gone. Answers come from the *port* (the host that shows requests, a script in tests) or
 * later, by id, through `respond`.
 */

import { type CancelSignal, CancelToken, HarnError, type Host, type Json, type JsonObject } from "../../base/index.ts";
import { sha256Hex, uuidV7 } from "../../llm/index.ts";
import { CANCELLED, orCancelled, pause } from "../cancel/cancellation.ts";
import type { ApprovalRecord, HumanRequest, HumanRequestKind, HumanResponse } from "./human-request.ts";

/** Milliseconds that people get when nobody says otherwise: a day. */
export const PEOPLE_TIMEOUT_MS: number = 24 * 60 * 60 * 1000;

/**
 * Contract: called once per request. Resolves with the answers there are, several of them for an approval; with undefined
 * when nobody is there to answer now, and the request then stays open. Should stop when the signal fires.
 */
export type HumanPort = (request: HumanRequest, signal: CancelSignal) => Promise<readonly HumanResponse[] | undefined>;

/** A refusal or a silence, as programs catch it. Code `agent.human.<kind>`. */
export class HumanError extends HarnError {
  /** `{name, category, message, request_id, …}` */
  readonly dict: JsonObject;

  constructor(kind: "timeout" | "denied", dict: JsonObject) {
    super(`agent.human.${kind}`, String(dict["message"]));
    this.name = String(dict["name"]);
    this.dict = dict;
  }
}

export interface AskOptions {
  readonly kind: HumanRequestKind;
  readonly prompt: string;
  readonly agent?: string;
  readonly approvers?: readonly string[];
  /** Made from what is known of the request: its id and when it was made. */
  readonly payload: (id: string, requestedAt: string) => JsonObject;
  /** Milliseconds; absent: as long as it takes. */
  readonly timeoutMs?: number;
  readonly port?: HumanPort;
  readonly signal?: CancelSignal;
}

export interface PendingFilter {
  /** RFC 3339, both inclusive. */
  readonly since?: string;
  readonly until?: string;
  readonly kinds?: readonly string[];
  readonly agent?: string;
  /** Default 500, at most 5,000. */
  readonly limit?: number;
}

export interface HumanDesk {
  readonly host: Host;
  /** The value that answers. @throws HumanError `timeout` */
  ask(options: AskOptions): Promise<Json>;
  /** @throws HumanError `timeout`, or `denied` by the first refusal */
  approve(options: AskOptions & { readonly quorum: number }): Promise<{ id: string; record: ApprovalRecord }>;
  /** Waits until somebody takes over; a timeout is unusual here. */
  escalate(options: AskOptions): Promise<{ request: HumanRequest; response: HumanResponse }>;
  /** Open requests, newest first. */
  pending(filter?: PendingFilter): readonly HumanRequest[];
  /** False when nobody waits for that id. */
  respond(id: string, response: HumanResponse): boolean;
}

interface OpenRequest {
  readonly request: HumanRequest;
  readonly take: (response: HumanResponse) => void;
}

/** Where questions, approvals and escalations wait until people answer them. */
export function createHumanDesk(host: Host): HumanDesk {
  const open = new Map<string, OpenRequest>();

  /**
   * Opens a request and feeds `take` with responses until it gives a result.
   *
   * @param take undefined: not decided yet. What it throws ends the wait
   */
  async function wait<T>(
    options: AskOptions,
    take: (response: HumanResponse, request: HumanRequest) => T | undefined,
  ): Promise<{ request: HumanRequest; result: T }> {
    const request = createRequest(host, options);
    let resolve: (result: T) => void = () => {};
    let reject: (error: unknown) => void = () => {};
    const promise = new Promise<T>((fulfil, refuse) => {
      resolve = fulfil;
      reject = refuse;
    });
    // Nobody may be waiting any more when a late answer is refused.
    promise.catch(() => {});
    const feed = (response: HumanResponse) => {
      try {
        const result = take(response, request);
        if (result !== undefined) resolve(result);
      } catch (thrown) {
        reject(thrown);
      }
    };
    const { token, release } =
      options.signal === undefined
        ? { token: new CancelToken(), release: () => {} }
        : CancelToken.childOf(options.signal);
    open.set(request.id, { request, take: feed });
    try {
      options.port?.(request, token).then((responses) => responses?.forEach(feed), reject);
      if (options.timeoutMs !== undefined) {
        void pause(host, options.timeoutMs, token).then((elapsed) => elapsed && reject(timeoutError(request)), reject);
      }
      const result = await orCancelled(promise, options.signal);
      if (result === CANCELLED) throw new HarnError("agent.human.cancelled", `${request.kind} was cancelled`);
      return { request, result };
    } finally {
      open.delete(request.id);
      token.cancel("settled");
      release();
    }
  }

  return {
    host,
    async ask(options) {
      const { result } = await wait(options, ({ answer }) => ({ answer: answer ?? null }));
      return result.answer;
    },
    async approve(options) {
      const { request, result } = await wait(options, quorumOf(host, options.quorum));
      return { id: request.id, record: result };
    },
    async escalate(options) {
      const { request, result } = await wait(options, (response) => response);
      return { request, response: result };
    },
    pending(filter = {}) {
      const limit = Math.min(filter.limit ?? 500, 5000);
      return [...open.values()]
        .map(({ request }) => request)
        .filter((request) => concerns(filter, request))
        .reverse()
        .slice(0, limit);
    },
    respond(id, response) {
      const found = open.get(id);
      found?.take(response);
      return found !== undefined;
    },
  };
}

function createRequest(host: Host, { kind, prompt, agent = "", approvers = [], payload }: AskOptions): HumanRequest {
  const id = `hitl_${kind}_${uuidV7(host)}`;
  const requestedAt = now(host);
  return {
    id,
    kind,
    agent,
    traceId: `trace_${uuidV7(host)}`,
    requestedAt,
    prompt,
    approvers,
    payload: payload(id, requestedAt),
  };
}

const now = (host: Host): string => new Date(host.sync("clock.now", {})).toISOString();

function concerns({ since, until, kinds, agent }: PendingFilter, request: HumanRequest): boolean {
  const at = Date.parse(request.requestedAt);
  return (
    (since === undefined || at >= Date.parse(since)) &&
    (until === undefined || at <= Date.parse(until)) &&
    (kinds === undefined || kinds.includes(request.kind)) &&
    (agent === undefined || agent === request.agent)
  );
}

/** Counts each approver once; those that were not asked do not count. */
function quorumOf(host: Host, quorum: number) {
  const signatures: { reviewer: string; signed_at: string; signature: string }[] = [];
  let reason: string | null = null;
  return (response: HumanResponse, request: HumanRequest): ApprovalRecord | undefined => {
    const { reviewer = "" } = response;
    if (request.approvers.length > 0 && !request.approvers.includes(reviewer)) return undefined;
    if (response.approved !== true) throw denialError(request, response);
    if (signatures.some((signed) => signed.reviewer === reviewer)) return undefined;
    const signedAt = response.respondedAt ?? now(host);
    signatures.push({
      reviewer,
      signed_at: signedAt,
      signature: response.signature ?? receipt(request, response, signedAt),
    });
    reason = response.reason ?? reason;
    if (signatures.length < quorum) return undefined;
    return {
      approved: true,
      reviewers: signatures.map((signed) => signed.reviewer).sort(),
      approved_at: signedAt,
      reason,
      signatures,
    };
  };
}

/** Says later who approved what, when nobody else signed it. */
function receipt({ id }: HumanRequest, { reviewer = "", reason = "" }: HumanResponse, signedAt: string): string {
  const lines = ["harn-approval-1", id, reviewer, signedAt, "approved", reason];
  return `sha256:${sha256Hex(lines.map((line) => `${line}\n`).join(""))}`;
}

function timeoutError({ id, kind }: HumanRequest): HumanError {
  return new HumanError("timeout", {
    name: "HumanTimeoutError",
    category: "timeout",
    message: `${kind} timed out`,
    request_id: id,
    kind,
  });
}

function denialError({ id }: HumanRequest, { reason, reviewer }: HumanResponse): HumanError {
  return new HumanError("denied", {
    name: "ApprovalDeniedError",
    category: "generic",
    message: reason ?? "approval was denied",
    request_id: id,
    reviewers: reviewer === undefined ? [] : [reviewer],
    reason: reason ?? null,
  });
}
