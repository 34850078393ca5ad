/** Model calls. Everything is done by the model layer; here values are converted. */

import type { Json } from "../../base/index.ts";
import {
  budgetRemaining,
  CALL_OPTION_NAMES,
  categoryOfThrown,
  costOfTokens,
  type LlmContext,
  llmCall,
  llmCallSafe,
  llmCallStructured,
  llmCallStructuredResult,
  llmCallStructuredSafe,
  llmCompletion,
  llmInfo,
  llmStreamValues,
  llmUsage,
  RATE_LIMITED_OPTION_NAMES,
  REPAIR_OPTION_NAMES,
  rateLimitBuiltin,
  resolveModel,
  type SchemaInput,
  STRUCTURED_OPTION_NAMES,
  sessionCost,
  setSessionBudget,
  withRateLimit,
} from "../../llm/index.ts";
import {
  type AsyncContext,
  type Dict,
  display,
  Float,
  HarnFailure,
  type NativeContext,
  record,
  Thrown,
  toDouble,
  type Value,
} from "../../vm/index.ts";
import { field } from "../arguments.ts";
import { type Builtin, effect, pure } from "../builtin.ts";
import { jsonToValue, valueToJson } from "../json/convert.ts";
import { chargedCall, chargedValues, stepLlmContext } from "../steps/charge.ts";
import { answerValue } from "./answer-value.ts";
import { llmConfigBuiltins } from "./config-builtins.ts";
import { llmMockBuiltins } from "./mock-builtins.ts";
import { guarded, guardedSync, llmState, optionsOf } from "./run-state.ts";

type Call = (context: LlmContext, args: readonly unknown[], signal: AsyncContext["signal"]) => Promise<unknown>;

/**
 * A builtin whose last argument is an options dict and whose answer is plain data.
 *
 * @param refused for builtins that never throw: what a step without budget left gets in place of the answer
 */
function call(doc: Parameters<typeof effect>[0], run: Call, refused?: (error: Value, answer: Value) => Value): Builtin {
  return effect({ ...doc, effects: ["model"] }, (args, context) =>
    guarded(async () => {
      const given = args.map((arg) => (arg === undefined ? undefined : optionsOf(arg, context)));
      const { result, refusal } = await chargedCall(context, (llm) => run(llm, given, context.signal));
      const answer = answerValue(result as Json);
      if (refusal === undefined) return answer;
      if (refused === undefined || !(refusal instanceof Thrown)) throw refusal;
      return field(answer, "ok") === false ? answer : refused(refusal.value, answer);
    }),
  );
}

function money(amount: number | null): Value {
  return amount === null ? undefined : new Float(amount);
}

const example = 'llm_mock({text: "hi"})\nprintln(llm_call("say hi", nil, {provider: "mock"}).text)';
const STRUCTURED_OPTIONS = [...CALL_OPTION_NAMES, ...STRUCTURED_OPTION_NAMES];
const THROWN = "Throws `{kind, reason, category, message, provider, model, retry_after_ms?}`";

export const llmBuiltins: readonly Builtin[] = [
  call(
    {
      signature: "llm_call(prompt: any, system?: string, options?: dict) -> dict",
      summary: "Ask a model once and wait for the whole answer",
      options: CALL_OPTION_NAMES,
      errors: THROWN,
      example,
    },
    (llm, [prompt, system, options], signal) => llmCall(llm, prompt, system, options, { signal }),
  ),
  call(
    {
      signature: "llm_call_safe(prompt: any, system?: string, options?: dict) -> dict",
      summary: "Ask a model; failures come back as `{ok: false, error}`",
      options: CALL_OPTION_NAMES,
      example: 'println(llm_call_safe("hi", nil, {provider: "mock"}).ok)',
    },
    (llm, [prompt, system, options], signal) => llmCallSafe(llm, prompt, system, options, { signal }),
    (error) => record({ ok: false, response: undefined, error }),
  ),
  call(
    {
      signature: "llm_completion(prefix: string, suffix?: string, system?: string, options?: dict) -> dict",
      summary: "Continue a text, or fill the gap before a suffix",
      options: CALL_OPTION_NAMES,
      errors: THROWN,
      example: 'println(llm_completion("fn add(", nil, nil, {provider: "mock"}).text)',
    },
    (llm, [prefix, suffix, system, options], signal) => llmCompletion(llm, prefix, suffix, system, options, { signal }),
  ),
  call(
    {
      signature: "llm_call_structured(prompt: any, schema: dict, options?: dict) -> any",
      summary: "Ask a model for data of a schema",
      options: STRUCTURED_OPTIONS,
      errors: THROWN,
      example:
        'llm_mock({text: "{\\"n\\": 1}"})\nprintln(llm_call_structured("n?", {type: "dict"}, {provider: "mock"}))',
    },
    (llm, [prompt, schema, options], signal) =>
      llmCallStructured(llm, prompt, schema as SchemaInput, options, { signal }),
  ),
  call(
    {
      signature: "llm_call_structured_safe(prompt: any, schema: dict, options?: dict) -> dict",
      summary: "Ask for data of a schema; failures come back as `{ok: false, data: nil, error}`",
      options: STRUCTURED_OPTIONS,
      example: 'println(llm_call_structured_safe("n?", {type: "dict"}, {provider: "mock"}).ok)',
    },
    (llm, [prompt, schema, options], signal) =>
      llmCallStructuredSafe(llm, prompt, schema as SchemaInput, options, { signal }),
    (error) => record({ ok: false, data: undefined, error }),
  ),
  call(
    {
      signature: "llm_call_structured_result(prompt: any, schema: dict, options?: dict) -> dict",
      summary: "Ask for data of a schema and get a diagnostic envelope, with a repair pass when asked for",
      options: [...STRUCTURED_OPTIONS, ...REPAIR_OPTION_NAMES],
      example: 'println(llm_call_structured_result("n?", {type: "dict"}, {provider: "mock"}).attempts)',
    },
    (llm, [prompt, schema, options], signal) =>
      llmCallStructuredResult(llm, prompt, schema as SchemaInput, options, { signal }),
    (error, answer) =>
      record({
        ...Object.fromEntries((answer as Dict).map),
        ok: false,
        data: undefined,
        error: display(field(error, "message")),
        error_category: field(error, "category"),
      }),
  ),
  effect(
    {
      signature: "llm_stream(prompt: any, system?: string, options?: dict) -> Stream<string>",
      summary: "Ask a model and receive the text as it arrives",
      options: CALL_OPTION_NAMES,
      effects: ["model"],
      example: 'for word in llm_stream("one two", nil, {provider: "mock"}) {\n  println(word)\n}',
    },
    ([prompt, system, options], context) =>
      guardedSync(() => {
        const given = [prompt, system, options].map((arg) => (arg === undefined ? undefined : optionsOf(arg, context)));
        const values = chargedValues(context, (llm) => llmStreamValues(llm, given[0], given[1], given[2]));
        return context.vm.openSource(context.task, "llm_stream", values);
      }),
  ),
  effect(
    {
      signature: "with_rate_limit(provider: string, fn: closure, options?: dict) -> any",
      summary: "Run a function under a provider's rate limit, again after transient failures",
      options: RATE_LIMITED_OPTION_NAMES,
      effects: ["model"],
      example: 'println(with_rate_limit("mock", { -> 1 }))',
    },
    ([provider, fn, options], context) =>
      guarded(() => {
        const run = fn === undefined ? undefined : () => context.call(fn, []);
        const plain = options === undefined ? {} : ((optionsOf(options, context) ?? {}) as object);
        const parts = { host: context.host, limiter: llmState(context).context.limiter, categoryOf: thrownCategory };
        return withRateLimit<Value>(
          parts,
          provider === undefined ? undefined : valueToJson(provider),
          run,
          plain,
          context.signal,
        );
      }),
  ),
  pure(
    {
      signature: "llm_rate_limit(provider: string, options?: dict) -> int | bool | nil",
      summary: "Read or set a provider's requests per minute",
      effects: ["state"],
      example: 'println(llm_rate_limit("mock"))',
    },
    ([provider, options], context) =>
      guardedSync(() =>
        jsonToValue(
          rateLimitBuiltin(
            llmState(context).context.limiter,
            valueToJson(provider),
            options === undefined ? undefined : valueToJson(options),
          ),
        ),
      ),
  ),
  pure(
    {
      signature: "llm_session_cost() -> dict",
      summary: "Sum what the run's model calls have cost",
      effects: ["state"],
      example: "println(llm_session_cost().call_count)",
    },
    (_args, context) => answerValue(sessionCost(llmState(context).context.ledger)),
  ),
  pure(
    {
      signature: "llm_budget(limit_usd: float)",
      summary: "Limit what the run's model calls may cost together",
      effects: ["state"],
      errors: "Throws unless given a number",
      example: "llm_budget(1.5)",
    },
    ([limit], context) =>
      guardedSync(() => {
        const amount = limit instanceof Float || typeof limit === "number" ? toDouble(limit) : undefined;
        setSessionBudget(llmState(context).context.ledger, amount);
        return undefined;
      }),
  ),
  pure(
    {
      signature: "llm_budget_remaining() -> float | nil",
      summary: "Tell what is left of the run's budget",
      effects: ["state"],
      example: "println(llm_budget_remaining())",
    },
    (_args, context) => money(budgetRemaining(llmState(context).context.ledger)),
  ),
  pure(
    {
      signature: "llm_cost(model: string, input_tokens: int, output_tokens: int) -> float",
      summary: "Price a call of a model",
      example: 'println(llm_cost("unknown", 1, 1))',
    },
    ([model, input, output], context) => {
      const tokens = (value: Value) => (typeof value === "number" ? value : 0);
      const name = typeof model === "string" ? model : "";
      return new Float(costOfTokens(llmState(context).context.catalog, name, tokens(input), tokens(output)));
    },
  ),
  pure(
    {
      signature: "llm_usage() -> dict",
      summary: "Count tokens, calls and time of the run's model calls",
      effects: ["state"],
      example: "println(llm_usage().call_count)",
    },
    (_args, context) => jsonToValue(llmUsage(llmState(context).context.ledger)),
  ),
  pure(
    {
      signature: "llm_info() -> dict",
      summary: "Tell which provider and model a call without options would use",
      effects: ["env"],
      example: "println(llm_info().provider)",
    },
    (_args, context) => infoOf(context),
  ),
  pure(
    {
      signature: "agent_trace() -> dict",
      summary: "Show the events of the run's model calls and agent loops",
      effects: ["state"],
      example: "println(type_of(agent_trace()))",
    },
    (_args, context) => answerValue(llmState(context).context.trace.events() as unknown as Json),
  ),
  pure(
    {
      signature: "agent_trace_summary() -> dict",
      summary: "Sum up the events of the run's agent loops",
      effects: ["state"],
      example: "println(agent_trace_summary().iterations)",
    },
    (_args, context) => answerValue(llmState(context).context.trace.summary()),
  ),
  ...llmMockBuiltins,
  ...llmConfigBuiltins,
];

function infoOf(context: NativeContext): Value {
  const { catalog } = llmState(context);
  const llm = stepLlmContext(context);
  const { provider, model } = resolveModel(llm, {});
  return jsonToValue(llmInfo({ provider, model, keySet: catalog.keyAvailable(provider) }));
}

/** What a failure inside the function says about itself. */
function thrownCategory(error: unknown): ReturnType<typeof categoryOfThrown> {
  if (error instanceof Thrown) return categoryOfThrown(valueToJson(error.value));
  return error instanceof HarnFailure ? categoryOfThrown(error.display()) : categoryOfThrown(error);
}
