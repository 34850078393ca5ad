/** Asking people. Requests go to the answers that a test has prepared, then to the program that embeds the run. */

import {
  type ApprovalQuestion,
  askQuestion,
  createHumanDesk,
  escalateTo,
  type HumanDesk,
  HumanError,
  type HumanPort,
  type PendingFilter,
  readHumanResponse,
  requestApproval,
  requestDualControl,
} from "../../agent/index.ts";
import type { Json, JsonObject } from "../../base/index.ts";
import {
  type AsyncContext,
  Closure,
  Dict,
  Duration,
  display,
  Float,
  type HarnFailure,
  isCallable,
  isInt,
  List,
  type NativeContext,
  RuntimeError,
  share,
  Thrown,
  toDouble,
  typeName,
  type Value,
} from "../../vm/index.ts";
import { loopScope } from "../agent/run-state.ts";
import { field, intField, stringField } from "../arguments.ts";
import { type Builtin, effect, pure, runState } from "../builtin.ts";
import { hostBridge, preparedAnswer } from "../host/host-state.ts";
import { dictToJson, jsonToDict, jsonToValue, valueToJson } from "../json/convert.ts";
import { answerValue } from "../llm/answer-value.ts";
import { canonicalSchema } from "../schema/canonical.ts";
import { validate } from "../schema/validate.ts";
import { fireHooks, pausedFor } from "../steps/fire-hooks.ts";

export const PEOPLE_STATE = "people";

export function humanDesk({ vm, host }: Pick<NativeContext, "vm" | "host">): HumanDesk {
  return runState(vm, PEOPLE_STATE, () => createHumanDesk(host));
}

/** Who asks, and who answers. */
function asker(context: AsyncContext): { agent: string; port: HumanPort; signal: AsyncContext["signal"] } {
  return { agent: loopScope(context)?.sessionId ?? "", port: humanPort(context), signal: context.signal };
}

function humanPort(context: AsyncContext): HumanPort {
  return async (request, signal) => {
    const params: JsonObject = { ...request.payload, request_id: request.id };
    const prepared = preparedAnswer(context, "hitl", request.kind, jsonToDict(params));
    if (prepared !== undefined) return readResponses(request.kind, valueToJson(prepared.result));
    const answered = await hostBridge(context)?.call?.("hitl", request.kind, params, signal);
    return answered === undefined ? undefined : readResponses(request.kind, answered);
  };
}

function readResponses(kind: string, given: Json) {
  return (Array.isArray(given) ? (given as readonly Json[]) : [given]).map((item) => {
    const response = readHumanResponse(item);
    if (response !== undefined) return response;
    throw new RuntimeError("runtime", `The answer to a ${kind} must be a dict or a list of dicts`);
  });
}

/** Runs something that waits for people; their silence and refusals become dicts that a program catches. */
async function withPeople<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof HumanError) throw new Thrown(jsonToValue(error.dict));
    throw error;
  }
}

const fault = (message: string): HarnFailure => new RuntimeError("runtime", message);

function text(builtin: string, args: readonly Value[], index: number): string {
  const shown = index < args.length ? display(args[index]) : "";
  if (shown === "") throw fault(`${builtin}: expected string argument at ${index}`);
  return shown;
}

function optionsArgument(builtin: string, value: Value): Dict | undefined {
  if (value === undefined || value instanceof Dict) return value;
  throw fault(`${builtin}: options must be a dict`);
}

/** Milliseconds. */
function durationField(options: Dict | undefined, name: string): number | undefined {
  const value = field(options, name);
  if (value === undefined) return undefined;
  const ms = value instanceof Duration ? value.ms : isInt(value) || value instanceof Float ? toDouble(value) : -1;
  if (ms < 0) throw fault("expected a duration or millisecond count");
  return ms;
}

function texts(builtin: string, value: Value): readonly string[] {
  if (value === undefined) return [];
  if (value instanceof List) return value.items.map(display);
  throw fault(`${builtin}: expected list<string>`);
}

function positiveInt(builtin: string, args: readonly Value[], index: number): number {
  const value = args[index];
  if (!isInt(value)) throw fault(`${builtin}: expected int argument at ${index}`);
  if (value <= 0) throw fault(`${builtin}: expected a positive int at ${index}`);
  return toDouble(value);
}

const jsonOf = (value: Value): Json | undefined => (value === undefined ? undefined : valueToJson(value));

const given = <K extends string, V>(key: K, value: V | undefined): { [P in K]?: V } =>
  (value === undefined ? {} : { [key]: value }) as { [P in K]?: V };

// ---- questions -------------------------------------------------------------------------------------------------------

async function ask(args: readonly Value[], context: AsyncContext): Promise<Value> {
  const prompt = text("ask_user", args, 0);
  const options = optionsArgument("ask_user", args[1]);
  const schema = field(options, "schema");
  const fallback = field(options, "default");
  try {
    const question = {
      ...asker(context),
      prompt,
      ...given("schema", jsonOf(schema)),
      ...given("default", jsonOf(fallback)),
      ...given("timeoutMs", durationField(options, "timeout")),
    };
    const answer = await pausedFor(context, "question", { prompt }, () => askQuestion(humanDesk(context), question));
    return readAnswer(jsonToValue(answer), schema, fallback);
  } catch (error) {
    if (error instanceof HumanError && fallback !== undefined) return share(fallback);
    throw error;
  }
}

function readAnswer(answer: Value, schema: Value, fallback: Value): Value {
  if (!(schema instanceof Dict)) return fallback === undefined ? answer : likeDefault(answer, fallback);
  const { value, errors } = validate(answer, canonicalSchema(schema), true);
  if (errors.length > 0) throw new Thrown(`ask_user: the answer does not fit the schema: ${errors.join("; ")}`);
  return value;
}

/** People answer in text: read as what the default is, or the default itself where that cannot be done. */
function likeDefault(answer: Value, fallback: Value): Value {
  if (typeof fallback === "string") return display(answer);
  if (typeName(answer) === typeName(fallback)) return answer;
  if (isInt(fallback)) {
    const number = answer instanceof Float ? Math.trunc(answer.value) : wholeNumber(answer);
    return number ?? fallback;
  }
  if (fallback instanceof Float) {
    const number =
      typeof answer === "string" && answer.trim() !== ""
        ? Number(answer)
        : isInt(answer)
          ? toDouble(answer)
          : Number.NaN;
    return Number.isNaN(number) ? fallback : new Float(number);
  }
  if (typeof fallback === "boolean" && typeof answer === "string") {
    const word = answer.toLowerCase();
    return word === "true" ? true : word === "false" ? false : fallback;
  }
  if (fallback instanceof Duration && isInt(answer)) return new Duration(toDouble(answer));
  return share(fallback);
}

function wholeNumber(answer: Value): number | undefined {
  return typeof answer === "string" && /^[+-]?\d+$/.test(answer) ? Number(answer) : undefined;
}

// ---- approvals -------------------------------------------------------------------------------------------------------

function approvalQuestion(args: readonly Value[], context: AsyncContext): ApprovalQuestion {
  const fn = "request_approval";
  const action = text(fn, args, 0);
  const options = optionsArgument(fn, args[1]);
  const quorum = intField(options, "quorum") ?? 1;
  if (quorum <= 0) throw fault(`${fn}: quorum must be positive`);
  const evidence = field(options, "evidence_refs");
  if (evidence !== undefined && !(evidence instanceof List)) throw fault(`${fn}: evidence_refs must be a list`);
  const principal = field(options, "principal");
  return {
    ...asker(context),
    action,
    quorum,
    reviewers: texts(fn, field(options, "reviewers")),
    capabilitiesRequested: texts(fn, field(options, "capabilities_requested")),
    evidenceRefs: evidence === undefined ? [] : evidence.items.map(valueToJson),
    ...given("detail", jsonOf(field(options, "detail"))),
    ...given("args", jsonOf(field(options, "args"))),
    ...given("undoMetadata", jsonOf(field(options, "undo_metadata"))),
    ...given("deadlineMs", durationField(options, "deadline")),
    ...given("principal", principal === undefined ? undefined : display(principal) || undefined),
  };
}

async function dualControl(args: readonly Value[], context: AsyncContext): Promise<Value> {
  const fn = "dual_control";
  const required = positiveInt(fn, args, 0);
  const of = positiveInt(fn, args, 1);
  if (required > of) throw fault(`${fn}: n must be less than or equal to m`);
  const action = args[2];
  if (!isCallable(action)) throw fault(`${fn}: action must be a closure`);
  const approvers = texts(fn, args[3]);
  if (approvers.length > 0 && approvers.length < of) {
    throw fault(`${fn}: expected at least ${of} approvers, got ${approvers.length}`);
  }
  const name = action instanceof Closure && action.proto.name !== "" ? action.proto.name : "anonymous";
  await fireHooks(context, "OnApprovalRequested", {
    kind: "dual_control",
    action: name,
    quorum: required,
    reviewers: approvers,
  });
  const request = { ...asker(context), action: name, required, of, approvers };
  await pausedFor(context, "dual_control", { action: name }, () => requestDualControl(humanDesk(context), request));
  return context.call(action, []);
}

function pendingFilter(value: Value): PendingFilter {
  const options = optionsArgument("hitl_pending", value);
  const kinds = field(options, "kinds");
  return {
    ...given("since", stringField(options, "since")),
    ...given("until", stringField(options, "until")),
    ...given("agent", stringField(options, "agent")),
    ...given("limit", intField(options, "limit")),
    ...given("kinds", kinds === undefined ? undefined : texts("hitl_pending", kinds)),
  };
}

const answered = (kind: string, answer: string): string => `host_mock("hitl", "${kind}", ${answer})\n`;

export const peopleBuiltins: readonly Builtin[] = [
  effect(
    {
      signature: "ask_user(prompt: string, options?: dict) -> any",
      summary: "Ask a person and wait for the answer; options: `schema`, `timeout`, `default`",
      effects: ["state"],
      errors: "Throws HumanTimeoutError when nobody answers in time and there is no default",
      example: `${answered("question", '{answer: "Ada"}')}println(ask_user("Who reviews?"))`,
    },
    (args, context) => withPeople(() => ask(args, context)),
  ),
  effect(
    {
      signature: "request_approval(action: string, options?: dict) -> dict",
      summary: "Wait until enough reviewers approve; options: `quorum`, `reviewers`, `deadline`, `detail`, `args` …",
      effects: ["state"],
      errors: "Throws ApprovalDeniedError at the first refusal and HumanTimeoutError after the deadline",
      example: `${answered("approval", '{approved: true, reviewer: "Ada"}')}println(request_approval("deploy").reviewers)`,
    },
    (args, context) =>
      withPeople(async () => {
        const question = approvalQuestion(args, context);
        const { action, quorum, reviewers } = question;
        await fireHooks(context, "OnApprovalRequested", { kind: "approval", action, quorum, reviewers });
        const approve = () => requestApproval(humanDesk(context), question);
        return answerValue(await pausedFor(context, "approval", { action }, approve));
      }),
  ),
  effect(
    {
      signature: "dual_control(n: int, m: int, action: closure, approvers?: list) -> any",
      summary: "Run an action once n of m people have approved it",
      effects: ["state"],
      errors: "Throws ApprovalDeniedError at the first refusal and HumanTimeoutError after a day",
      example: `${answered("dual_control", '[{approved: true, reviewer: "a"}, {approved: true, reviewer: "b"}]')}println(dual_control(2, 2, { -> "done" }))`,
    },
    (args, context) => withPeople(() => dualControl(args, context)),
  ),
  effect(
    {
      signature: "escalate_to(role: string, reason: string) -> dict",
      summary: "Hand over to a role with more authority and wait until somebody accepts",
      effects: ["state"],
      example: `${answered("escalation", '{accepted: true, reviewer: "Ada"}')}println(escalate_to("admin", "needs rights").status)`,
    },
    (args, context) =>
      withPeople(async () => {
        const role = text("escalate_to", args, 0);
        const reason = text("escalate_to", args, 1);
        await fireHooks(context, "OnHandoffEmitted", { kind: "escalation", role, reason });
        const escalate = () => escalateTo(humanDesk(context), { ...asker(context), role, reason });
        return answerValue(await pausedFor(context, "escalation", { role, reason }, escalate));
      }),
  ),
  pure(
    {
      signature: "hitl_pending(filters?: dict) -> list",
      summary:
        "List the requests that wait for people, newest first; filters: `since`, `until`, `kinds`, `agent`, `limit`",
      effects: ["state"],
      example: "println(hitl_pending())",
    },
    ([filters], context) =>
      new List(
        humanDesk(context)
          .pending(pendingFilter(filters))
          .map((request) =>
            answerValue({
              request_id: request.id,
              request_kind: request.kind,
              agent: request.agent,
              prompt: request.prompt,
              trace_id: request.traceId,
              timestamp: request.requestedAt,
              approvers: request.approvers,
              metadata: request.payload,
            }),
          ),
      ),
  ),
  pure(
    {
      signature: "hitl_respond(request_id: string, response: dict) -> bool",
      summary: "Answer a pending request; false when nobody waits for it any more",
      effects: ["state"],
      errors: "Throws for what is no dict",
      example: 'println(hitl_respond("nobody", {answer: 1}))',
    },
    (args, context) => {
      const response = args[1] instanceof Dict ? readHumanResponse(dictToJson(args[1])) : undefined;
      if (response === undefined) throw fault("hitl_respond: the response must be a dict");
      return humanDesk(context).respond(text("hitl_respond", args, 0), response);
    },
  ),
];
