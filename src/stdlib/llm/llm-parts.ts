/** The model layer's state, in a snapshot: money, limits, traces and scripted answers. Keys and connections are the host's. */

import type { Host, Json } from "../../base/index.ts";
import type {
  LlmMocks,
  SavedCatalog,
  SavedEnvSettings,
  SavedMocks,
  SavedSpending,
  SavedTraces,
  SavedWindow,
} from "../../llm/index.ts";
import { PlainJson, refused, type StatePart } from "../../vm/index.ts";
import { LLM_MOCKS, LLM_STATE, type LlmRunState, llmMocks, openLlmState } from "./run-state.ts";

interface SavedLlm {
  /** Absent where an embedder has prepared the context. */
  readonly host?: Host;
  readonly ledger: SavedSpending;
  readonly limits: readonly SavedWindow[];
  readonly traces: unknown;
  readonly catalog: SavedCatalog;
  readonly env: SavedEnvSettings;
}

const calls: StatePart = {
  key: LLM_STATE,
  save({ context, catalog }: LlmRunState, vm): SavedLlm {
    if (context.transcript !== undefined) throw refused("a transcript log of model calls");
    if (context.ledger.reservedUsd > 0 || context.limiter.waiting > 0) throw refused("a model call under way");
    return {
      ...(vm.hosts.ownerOf(context.host) === undefined ? {} : { host: context.host }),
      ledger: context.ledger.save(),
      limits: context.limiter.save(),
      traces: new PlainJson(context.trace.save() as unknown as Json),
      catalog: catalog.save(),
      env: context.env.save(),
    };
  },
  restore(raw, vm, present) {
    const saved = raw as SavedLlm;
    const state = (present as LlmRunState | undefined) ?? openLlmState(vm, saved.host ?? vm.host, true);
    state.context.ledger.load(saved.ledger);
    state.context.limiter.load(saved.limits);
    state.context.trace.load(saved.traces as SavedTraces);
    state.catalog.load(saved.catalog);
    state.context.env.load(saved.env);
    return state;
  },
};

const mocks: StatePart = {
  key: LLM_MOCKS,
  save: (state: LlmMocks) => state.save(),
  restore(saved, vm, present) {
    const state = (present as LlmMocks | undefined) ?? llmMocks(vm);
    state.load(saved as SavedMocks);
    return state;
  },
};

/** The mocks first: the context finds its scripted answers where they are. */
export const llmStates: readonly StatePart[] = [mocks, calls];
