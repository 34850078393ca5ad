/** Everything a program finds without importing: builtins, methods of types, global values. */

import { table } from "../base/index.ts";
import { concurrencyNatives, iterOf, type Native, type Value } from "../vm/index.ts";
import { agentBuiltins } from "./agent/index.ts";
import { agentStateBuiltins } from "./agent-state/index.ts";
import type { Builtin } from "./builtin.ts";
import { bytesBuiltins } from "./bytes/index.ts";
import { checkpointBuiltins } from "./checkpoints/index.ts";
import { dictMethods } from "./collections/dict-methods.ts";
import { collectionBuiltins } from "./collections/index.ts";
import { listMethods } from "./collections/list-methods.ts";
import { rangeMethods } from "./collections/range-methods.ts";
import { setMethods } from "./collections/set-methods.ts";
import { commandBuiltins } from "./commands/index.ts";
import { compressionBuiltins } from "./compression/index.ts";
import { concurrencyBuiltins } from "./concurrency/index.ts";
import { consoleBuiltins } from "./console/index.ts";
import { cookieBuiltins } from "./cookies/index.ts";
import { csvBuiltins } from "./csv/index.ts";
import { dateBuiltins } from "./dates/index.ts";
import { encodingBuiltins } from "./encoding/index.ts";
import { errorBuiltins } from "./errors/index.ts";
import { fileBuiltins } from "./files/index.ts";
import { hashBuiltins } from "./hashing/index.ts";
import { hostBuiltins } from "./host/index.ts";
import { httpBuiltins } from "./http/index.ts";
import { idBuiltins } from "./ids/index.ts";
import { iteratorBuiltins } from "./iterators/index.ts";
import { iterMethods, lifted, nextMethod } from "./iterators/iter-methods.ts";
import { jsonBuiltins } from "./json/index.ts";
import { junitBuiltins } from "./junit/index.ts";
import { llmBuiltins } from "./llm/index.ts";
import { mathBuiltins, mathGlobals } from "./math/index.ts";
import { memoryBuiltins } from "./memory/index.ts";
import { multipartBuiltins } from "./multipart/index.ts";
import { pathBuiltins } from "./paths/index.ts";
import { peopleBuiltins } from "./people/index.ts";
import { processBuiltins } from "./processes/index.ts";
import { regexBuiltins } from "./regex/index.ts";
import { schemaBuiltins } from "./schema/index.ts";
import { signatureBuiltins } from "./signatures/index.ts";
import { skillBuiltins } from "./skills/index.ts";
import { stepBuiltins } from "./steps/index.ts";
import { scopedFunctionNative } from "./steps/scoped-function.ts";
import { storeBuiltins } from "./store/index.ts";
import { streamBuiltins, streamGlobals } from "./streams/index.ts";
import { templateBuiltins } from "./templates/index.ts";
import { assertionBuiltins } from "./testing/index.ts";
import { textBuiltins } from "./text/index.ts";
import { stringMethods } from "./text/string-methods.ts";
import { timeBuiltins } from "./time/index.ts";
import { tomlBuiltins } from "./toml/index.ts";
import { toolBuiltins } from "./tools/index.ts";
import { manifestHookNative } from "./tools/manifest-hooks.ts";
import { transcriptBuiltins } from "./transcripts/index.ts";
import { typeBuiltins } from "./types/index.ts";
import { urlBuiltins } from "./urls/index.ts";
import { yamlBuiltins } from "./yaml/index.ts";

/** Every documented builtin. */
export const standardBuiltins: readonly Builtin[] = [
  ...consoleBuiltins,
  ...typeBuiltins,
  ...assertionBuiltins,
  ...llmBuiltins,
  ...agentBuiltins,
  ...toolBuiltins,
  ...stepBuiltins,
  ...peopleBuiltins,
  ...skillBuiltins,
  ...transcriptBuiltins,
  ...iteratorBuiltins,
  ...concurrencyBuiltins,
  ...streamBuiltins,
  ...jsonBuiltins,
  ...fileBuiltins,
  ...pathBuiltins,
  ...storeBuiltins,
  ...checkpointBuiltins,
  ...agentStateBuiltins,
  ...memoryBuiltins,
  ...processBuiltins,
  ...timeBuiltins,
  ...dateBuiltins,
  ...regexBuiltins,
  ...hashBuiltins,
  ...signatureBuiltins,
  ...templateBuiltins,
  ...hostBuiltins,
  ...commandBuiltins,
  ...httpBuiltins,
  ...yamlBuiltins,
  ...compressionBuiltins,
  ...tomlBuiltins,
  ...schemaBuiltins,
  ...errorBuiltins,
  ...mathBuiltins,
  ...textBuiltins,
  ...collectionBuiltins,
  ...bytesBuiltins,
  ...encodingBuiltins,
  ...idBuiltins,
  ...urlBuiltins,
  ...csvBuiltins,
  ...junitBuiltins,
  ...cookieBuiltins,
  ...multipartBuiltins,
];

/** Builtins that the compiler emits and programs do not name. */
export const internalNatives: readonly Native[] = [...concurrencyNatives, scopedFunctionNative, manifestHookNative];

const toIter: Native = { kind: "pure", name: "iter", impl: ([value]) => iterOf(value) };

/** `type_of` name → methods; the first argument is the receiver. */
export const standardMethods: Readonly<Record<string, readonly Native[]>> = table({
  string: [...stringMethods, toIter],
  list: [...listMethods, toIter],
  dict: [...dictMethods, toIter],
  set: [...setMethods, toIter],
  range: lifted(rangeMethods),
  iter: iterMethods,
  generator: [nextMethod, toIter],
  stream: lifted([nextMethod, toIter]),
  channel: [toIter],
});

/** Names with a value: made once per run, on first use. */
export const standardGlobals: Readonly<Record<string, () => Value>> = table({ ...mathGlobals, ...streamGlobals });
