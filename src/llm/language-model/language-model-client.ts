/**
 * Any model of the ecosystem's common provider interface as a model client (issue 4): pass one to a router under a name,
 * or use it by itself.
 *
 *     const host = createNodeHost();
 *     const model = languageModelClient(anthropic("claude-sonnet-4-5"), { host });
 *     const router = createModelRouter(host, { clients: { mine: model } });
 *
 * Such a model brings its own transport, so proxies, connect time-outs and the pool of connections are its own affair;
 * cancel and deadline are kept here. A request may name another model than the one passed in: the answer is that of the
 * one passed in, since the interface knows no other.
 */

import type { Host } from "../../base/index.ts";
import { cancelledFailure, type PartialAnswer, requestFailure, timeoutFailure } from "../errors/model-failures.ts";
import type { ModelChunk, ModelClient, ModelInput } from "../spec/model.ts";
import { ModelError } from "../spec/model-error.ts";
import { createPump, type PumpControl, type PumpSource } from "../wire/pump.ts";
import { createPartDecoder, partFailure } from "./decode-parts.ts";
import { encodeCall } from "./encode-call.ts";
import type { InterfaceVersion, LanguageModel } from "./language-model.ts";

export interface LanguageModelOptions {
  /** For the clock: deadlines, and dates in `retry-after`. */
  readonly host: Host;
  /** The name under which requests come and errors go. Default: the model's own. */
  readonly provider?: string;
}

export function languageModelClient(model: LanguageModel, options: LanguageModelOptions): ModelClient {
  const provider = options.provider ?? model.provider;
  return {
    provider,
    stream(asked, signal) {
      const input = { ...asked, provider, model: asked.model || model.modelId };
      return createPump<ModelChunk>({
        signal,
        cancelled: (reason, source) => cancelledFailure(input, reason, (source as Answering | undefined)?.partial),
        open: (control) => openCall(model, options.host, input, control),
      });
    },
  };
}

interface Answering extends PumpSource<ModelChunk> {
  readonly partial: PartialAnswer;
}

function openCall(model: LanguageModel, host: Host, input: ModelInput, control: PumpControl): Answering {
  const nowMs = (): number => host.sync("clock.now", {});
  const decoder = createPartDecoder(input, nowMs);
  const controller = new AbortController();
  let reader: ReadableStreamDefaultReader<unknown> | undefined;
  let isOver = false;

  const { timeoutMs } = input;
  if (timeoutMs !== undefined) {
    host.perform("sleep", { ms: timeoutMs }, control.token).then(
      () => control.interrupt(timeoutFailure(input, timeoutMs, decoder.partial)),
      () => {},
    );
  }

  const start = async (out: ModelChunk[]): Promise<void> => {
    const { call, warnings } = encodeCall(input, versionOf(model, input));
    for (const message of warnings) out.push({ type: "warning", message });
    const asked = { ...call, abortSignal: controller.signal };
    if (input.stream === false) {
      decoder.whole(await model.doGenerate(asked), out);
      isOver = true;
      return;
    }
    const { stream } = await model.doStream(asked);
    reader = stream.getReader();
    // The call was given up while the model was still connecting.
    if (controller.signal.aborted) await reader.cancel();
  };

  return {
    get partial() {
      return decoder.partial;
    },
    async pull(out) {
      try {
        if (isOver) return false;
        if (!reader) {
          await start(out);
          if (out.length > 0) return true;
        }
        const next = await reader!.read();
        if (next.done) {
          isOver = true;
          decoder.end();
          return false;
        }
        decoder.part(next.value, out);
        isOver = decoder.isFinished;
        if (out.length === 0) out.push({ type: "heartbeat" });
        return true;
      } catch (error) {
        if (error instanceof ModelError) throw error;
        const { text = "", usage } = decoder.partial;
        throw partFailure({ call: input, text, usage }, error, nowMs(), reader !== undefined);
      }
    },
    close() {
      controller.abort(new DOMException("The call was closed", "AbortError"));
      // Not awaited: a stream that hangs must not hold its caller.
      reader?.cancel().catch(() => {});
    },
  };
}

function versionOf(model: LanguageModel, input: ModelInput): InterfaceVersion {
  const version = model.specificationVersion;
  if (version === "v2" || version === "v3" || version === "v4") return version;
  throw requestFailure(
    input,
    `The model \`${model.modelId}\` speaks version \`${version}\` of the provider interface; expected v2, v3 or v4`,
  );
}
