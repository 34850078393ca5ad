/** What a program's builtins find at the start, besides the host. */

import type { Host } from "../../base/index.ts";
import { UsageError } from "../context.ts";

export interface RunStateOptions {
  readonly host: Host;
  /** A file of scripted model answers, one JSON object per line; every model call is answered from it. */
  readonly llmMockFile?: string;
  /** The text of such a file. */
  readonly llmMock?: string;
}

/** Throws a {@link UsageError} for a script that cannot be read. */
export async function createRunState(options: RunStateOptions): Promise<Map<string, unknown>> {
  const state = new Map<string, unknown>();
  const path = options.llmMockFile ?? "llm-mock.jsonl";
  const text =
    options.llmMockFile === undefined ? options.llmMock : await readMockFile(options.host, options.llmMockFile);
  if (text !== undefined) {
    const { createLlmMocks, readMockFixtures } = await import("../../llm/index.ts");
    const mocks = createLlmMocks();
    try {
      mocks.installFixtures(readMockFixtures(text, path));
    } catch (error) {
      throw new UsageError(error instanceof Error ? error.message : `Cannot read ${path}`);
    }
    state.set("llm.mock", mocks);
  }
  return state;
}

async function readMockFile(host: Host, path: string): Promise<string> {
  try {
    return new TextDecoder().decode(await host.perform("fs.read", { path }));
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : `Cannot read ${path}`);
  }
}
