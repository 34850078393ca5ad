/** What may follow the text before the cursor: names, keywords, methods, fields, modules, commands. */

import { CONTEXTUAL_WORDS, KEYWORDS } from "../../lang/index.ts";
import { standardBuiltins, standardGlobals, standardMethods, standardModules } from "../../stdlib/index.ts";
import { Dict, StructValue, typeName, type Value } from "../../vm/index.ts";

export interface CompletionContext {
  /** Every name that the session has declared. */
  readonly names: readonly string[];
  readonly variables: ReadonlyMap<string, Value>;
  /** With the colon. */
  readonly commands: readonly string[];
}

export interface Completion {
  readonly candidates: readonly string[];
  /** The end of the text that a candidate takes the place of. */
  readonly replaced: string;
}

export function complete(before: string, context: CompletionContext): Completion {
  const command = /^:\w*$/.exec(before)?.[0];
  if (command !== undefined) return starting(command, context.commands);
  const documented = /^:doc\s+(\w*)$/.exec(before)?.[1];
  if (documented !== undefined) return starting(documented, builtinNames());
  const module = /\bimport\s+(?:\{[^}]*\}\s*from\s+)?"([\w/]*)$/.exec(before)?.[1];
  if (module !== undefined)
    return starting(
      module,
      [...standardModules.keys()].map((name) => `std/${name}`),
    );
  const member = /(?:([A-Za-z_]\w*)|[\])"}])\??\.(\w*)$/.exec(before);
  if (member !== null) {
    const [, object = "", word = ""] = member;
    return starting(word, membersOf(object, context));
  }
  const word = /[A-Za-z_]\w*$/.exec(before)?.[0] ?? "";
  return starting(word, [...context.names, ...KEYWORDS, ...CONTEXTUAL_WORDS, ...builtinNames(), ...globals]);
}

const globals: readonly string[] = Object.keys(standardGlobals);

function builtinNames(): readonly string[] {
  return standardBuiltins.map(({ native }) => native.name);
}

/** Of a variable: what its value has. Of anything else: every method there is. */
function membersOf(object: string, { variables }: CompletionContext): readonly string[] {
  if (!variables.has(object)) return Object.values(standardMethods).flatMap((list) => list.map(({ name }) => name));
  const value = variables.get(object);
  const methods = (standardMethods[typeName(value)] ?? []).map(({ name }) => name);
  if (value instanceof StructValue) return [...value.keys(), ...value.type.methods.keys(), ...methods];
  return value instanceof Dict
    ? [...[...value.keys()].filter((key) => /^[A-Za-z_]\w*$/.test(key)), ...methods]
    : methods;
}

function starting(word: string, candidates: readonly string[]): Completion {
  const fitting = new Set(candidates.filter((each) => each.startsWith(word)));
  return { candidates: [...fitting].sort(), replaced: word };
}
