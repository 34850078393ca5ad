/** What compaction outside of a loop needs: a client and a window, taken from the options of the call. */

import { type CompactionRequest, compactsByModel, contextWindowOf, type RequestSettings } from "../../agent/index.ts";
import { buildModelInput, type CallOptions, pipelineClient, readCallOptions } from "../../llm/index.ts";
import type { AsyncContext } from "../../vm/index.ts";
import { chargedClient, stepLlmContext } from "../steps/charge.ts";
import { promptRenderer } from "./render-prompt.ts";

type Options = Readonly<Record<string, unknown>>;

/** @throws HarnError when a model will be asked and the options do not say which */
export function compactionRequest(options: Options, context: AsyncContext): CompactionRequest {
  const call = compactsByModel(options) ? readCallOptions(stepLlmContext(context), "", undefined, options) : undefined;
  const request = call === undefined ? NO_MODEL : requestSettings(call);
  const settings = call === undefined ? {} : { limits: call.limits };
  const renderPrompt = promptRenderer(context);
  return {
    context: {
      host: context.host,
      client: chargedClient(
        context,
        (llm) => pipelineClient(llm, settings),
        () => {},
      ),
      request,
      system: undefined,
      tools: [],
      windowTokens: contextWindowOf(request.model),
      signal: context.signal,
      forced: true,
    },
    ...(renderPrompt === undefined ? {} : { renderPrompt }),
  };
}

const NO_MODEL: RequestSettings = { provider: "mock", model: "" };

/** What of a call's options is not about its messages and tools. */
export function requestSettings(call: CallOptions): RequestSettings {
  const input = buildModelInput(call, [], undefined);
  const { messages: _messages, system: _system, tools: _tools, toolChoice: _choice, ...request } = input;
  return request;
}
