/** Artifacts and the contexts made of them. */

import {
  type Artifact,
  assembleContext,
  type ChunkRanker,
  deriveArtifact,
  normalizeArtifact,
  normalizeArtifacts,
  readAssembleOptions,
  readContextPolicy,
  renderArtifacts,
  selectArtifacts,
  selectArtifactsAdaptive,
} from "../../agent/index.ts";
import { isJsonObject, type Json, type JsonObject } from "../../base/index.ts";
import {
  type AsyncContext,
  Dict,
  Float,
  isCallable,
  isInt,
  List,
  type NativeContext,
  RuntimeError,
  toDouble,
  typeName,
  type Value,
} from "../../vm/index.ts";
import { type Builtin, type BuiltinDoc, control, effect, pure } from "../builtin.ts";
import { dictToJson, valueToJson } from "../json/convert.ts";
import { answerValue } from "../llm/answer-value.ts";
import { guarded, guardedSync } from "../llm/run-state.ts";
import { announce, announceRoutine } from "../steps/fire-hooks.ts";

function artifactBuiltin(
  doc: BuiltinDoc,
  act: (args: readonly (Json | undefined)[], host: NativeContext["host"]) => unknown,
): Builtin {
  return pure({ ...doc, effects: ["random", "clock"] }, (args, { host }) =>
    guardedSync(() =>
      answerValue(
        act(
          args.map((arg) => (arg === undefined ? undefined : valueToJson(arg))),
          host,
        ) as Json,
      ),
    ),
  );
}

/** As {@link artifactBuiltin}, for those that make one artifact: a hand-off is told to the hooks (HOOK-06). */
function makingArtifact(
  doc: BuiltinDoc,
  make: (args: readonly (Json | undefined)[], host: NativeContext["host"]) => Artifact,
): Builtin {
  return control({ ...doc, effects: ["random", "clock", "state"] }, announceRoutine, (args, steps) => {
    const given = args.map((arg) => (arg === undefined ? undefined : valueToJson(arg)));
    const artifact = guardedSync(() => make(given, steps.host));
    const value = answerValue(artifact as unknown as Json);
    if (artifact.kind !== HAND_OFF) return steps.done(value);
    const { id, title, text, data } = artifact;
    return announce(
      "OnHandoffEmitted",
      { kind: "artifact", artifact_id: id, title, text, handoff: data },
      value,
      steps,
    );
  });
}

const HAND_OFF = "handoff";
const dictOr = (value: Json | undefined): JsonObject => (isJsonObject(value) ? value : {});
const two = '[artifact({kind: "summary", text: "one"}), artifact({kind: "plan", text: "two"})]';

export const artifactBuiltins: readonly Builtin[] = [
  makingArtifact(
    {
      signature: "artifact(fields: dict) -> dict",
      summary:
        "Make an artifact: kind, text, title, source, freshness, priority, relevance, lineage, metadata; kind `handoff` is told to the hooks of OnHandoffEmitted",
      errors: "Throws for what is no dict",
      example: 'println(artifact({kind: "file", text: "abcdefgh"}).estimated_tokens)',
    },
    ([fields], host) => normalizeArtifact(host, fields),
  ),
  makingArtifact(
    {
      signature: "artifact_derive(parent: dict, kind: string, changes?: dict) -> dict",
      summary: "Make an artifact from another one, which it names in its lineage",
      errors: "Throws for what is no dict",
      example: 'println(len(artifact_derive(artifact({text: "a"}), "summary", {text: "b"}).lineage))',
    },
    ([parent, kind, changes], host) =>
      deriveArtifact(host, normalizeArtifact(host, parent), typeof kind === "string" ? kind : "", dictOr(changes)),
  ),
  artifactBuiltin(
    {
      signature: "artifact_select(artifacts: list, policy?: dict) -> list",
      summary: "Select artifacts for a context, best first, as many as fit",
      errors: "Throws for a policy that cannot be read",
      example: `println(artifact_select(${two}, {max_artifacts: 1})[0].kind)`,
    },
    ([artifacts, policy], host) => selectArtifacts(normalizeArtifacts(host, artifacts), readContextPolicy(policy)),
  ),
  artifactBuiltin(
    {
      signature: "select_artifacts_adaptive(artifacts: list, policy?: dict) -> list",
      summary: "Select artifacts without duplicates and outdated evidence, shortening what is too long",
      errors: "Throws for a policy that cannot be read",
      example: `println(len(select_artifacts_adaptive(${two}, {max_tokens: 100})))`,
    },
    ([artifacts, policy], host) =>
      selectArtifactsAdaptive(normalizeArtifacts(host, artifacts), readContextPolicy(policy)),
  ),
  artifactBuiltin(
    {
      signature: "artifact_context(artifacts: list, policy?: dict) -> string",
      summary: "Select artifacts and render them for a model",
      errors: "Throws for a policy that cannot be read",
      example: `println(artifact_context(${two}, {max_artifacts: 1}).contains("two"))`,
    },
    ([artifacts, policy], host) => {
      const read = readContextPolicy(policy);
      return renderArtifacts(selectArtifacts(normalizeArtifacts(host, artifacts), read), read);
    },
  ),
  effect(
    {
      signature: "assemble_context(options: dict) -> dict",
      summary: "Pack artifacts into a token budget, in chunks, without duplicates, and say why each came in or not",
      errors: "Throws for options that cannot be read, and when a ranker gives anything but numbers",
      example: `println(len(assemble_context({artifacts: ${two}, query: "two"}).chunks))`,
    },
    ([given], context) =>
      guarded(async () => {
        if (!(given instanceof Dict)) {
          const message = "assemble_context: first argument must be an options dict with `artifacts`";
          throw new RuntimeError("runtime", message);
        }
        const ranker = given.map.get("ranker_callback");
        const plain = dictToJson(new Dict(new Map([...given.map].filter(([key]) => key !== "ranker_callback"))));
        const artifacts = normalizeArtifacts(context.host, plain["artifacts"]);
        const options = readAssembleOptions(plain);
        return answerValue(
          await assembleContext(artifacts, options, isCallable(ranker) ? chunkRanker(ranker, context) : undefined),
        );
      }),
  ),
];

function chunkRanker(ranker: Value, context: AsyncContext): ChunkRanker {
  return async (query, chunks) => {
    const scores = await context.call(ranker, [query, new List(chunks.map(answerValue))]);
    if (!(scores instanceof List)) {
      throw new RuntimeError("runtime", "assemble_context: ranker_callback must return a list of numbers");
    }
    return scores.items.map((score) => {
      if (score === undefined) return 0;
      if (isInt(score) || score instanceof Float) return toDouble(score);
      const message = `assemble_context: ranker_callback score must be a number (got ${typeName(score)})`;
      throw new RuntimeError("runtime", message);
    });
  };
}
