/**
 * The ecosystem's common provider interface (`LanguageModelV2`, `V3` and `V4` of `@ai-sdk/provider`), as far as it is
 * used here. Structural, so that this package depends on none of its versions; what a model hands out is read as
 * unknown data, because it comes from a third party's code.
 */

/** A model of that interface, whatever its version. */
export interface LanguageModel {
  readonly specificationVersion: string;
  readonly provider: string;
  readonly modelId: string;
  /** @param options a {@link LanguageModelCall} */
  doGenerate(options: object): PromiseLike<object>;
  /** @param options a {@link LanguageModelCall} */
  doStream(options: object): PromiseLike<{ readonly stream: ReadableStream<unknown> }>;
}

/** `V4` tags the data of files and knows an effort of reasoning; `V2` and `V3` take what we send alike. */
export type InterfaceVersion = "v2" | "v3" | "v4";

/** Metadata by name of the provider that understands it; goes back to the model unchanged. */
export type ProviderMetadata = Readonly<Record<string, unknown>>;

export type LanguageModelFileData =
  | string
  | URL
  | { readonly type: "data"; readonly data: string }
  | { readonly type: "url"; readonly url: URL };

export interface LanguageModelPart {
  readonly type: "text" | "reasoning" | "file" | "tool-call" | "tool-result";
  readonly text?: string;
  readonly data?: LanguageModelFileData;
  readonly mediaType?: string;
  readonly toolCallId?: string;
  readonly toolName?: string;
  readonly input?: unknown;
  readonly output?: { readonly type: "text" | "error-text"; readonly value: string };
  readonly providerOptions?: ProviderMetadata;
}

export type LanguageModelMessage =
  | { readonly role: "system"; readonly content: string }
  | { readonly role: "user" | "assistant" | "tool"; readonly content: readonly LanguageModelPart[] };

/** A request, as all three versions take it. */
export interface LanguageModelCall {
  readonly prompt: readonly LanguageModelMessage[];
  readonly maxOutputTokens?: number;
  readonly temperature?: number;
  readonly topP?: number;
  readonly topK?: number;
  readonly frequencyPenalty?: number;
  readonly presencePenalty?: number;
  readonly seed?: number;
  readonly stopSequences?: readonly string[];
  readonly responseFormat?: { readonly type: "json"; readonly schema?: object; readonly name?: string };
  readonly tools?: readonly {
    readonly type: "function";
    readonly name: string;
    readonly description: string;
    readonly inputSchema: object;
  }[];
  readonly toolChoice?: { readonly type: "auto" | "none" | "required" | "tool"; readonly toolName?: string };
  /** Only known to `v4`. */
  readonly reasoning?: "none" | "low" | "medium" | "high";
  readonly includeRawChunks?: boolean;
  readonly abortSignal?: AbortSignal;
  readonly providerOptions?: ProviderMetadata;
}
