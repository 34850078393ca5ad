/**
 * Which functions are steps and personas. Keyed by the identity of the function (any object that stands for it), so two
 * functions of one name in two modules do not collide; the name is for people.
 */

import { isJsonObject } from "../base/index.ts";
import {
  decodePersonaDefinition,
  decodeStepDefinition,
  type PersonaDefinition,
  type StepDefinition,
} from "./definition.ts";
import type { ValueModel } from "./value-model.ts";

export interface StepRegistry {
  /** STEP-12: replaces an earlier definition; steps that run keep theirs. */
  registerStep(key: object, definition: StepDefinition): void;
  registerPersona(key: object, definition: PersonaDefinition): void;
  stepOf(key: object): StepDefinition | undefined;
  personaOf(key: object): PersonaDefinition | undefined;
  /** STEP-04: it is a step or a persona. */
  isTracked(key: object): boolean;
  /** STEP-68: false while nothing was registered, so that calls need not look. */
  readonly inUse: boolean;
  /** STEP-67: the style of the persona declared by a function of that name. */
  outputStyleOf(functionName: string): PersonaDefinition["outputStyle"];
  /** The tables themselves, no copies. */
  save(): SavedRegistry;
  load(saved: SavedRegistry): void;
}

export interface SavedRegistry {
  readonly steps: ReadonlyMap<object, StepDefinition>;
  readonly personas: ReadonlyMap<object, PersonaDefinition>;
}

export function createStepRegistry(): StepRegistry {
  const steps = new Map<object, StepDefinition>();
  const personas = new Map<object, PersonaDefinition>();
  return {
    registerStep: (key, definition) => void steps.set(key, definition),
    registerPersona: (key, definition) => void personas.set(key, definition),
    stepOf: (key) => steps.get(key),
    personaOf: (key) => personas.get(key),
    isTracked: (key) => steps.has(key) || personas.has(key),
    get inUse() {
      return steps.size + personas.size > 0;
    },
    outputStyleOf(functionName) {
      for (const persona of personas.values()) if (persona.function === functionName) return persona.outputStyle;
      return undefined;
    },
    save: () => ({ steps, personas }),
    load(saved) {
      for (const [key, definition] of saved.steps) steps.set(key, definition);
      for (const [key, definition] of saved.personas) personas.set(key, definition);
    },
  };
}

/**
 * STEP-05, STEP-06: the builtins `__register_step` and `__register_persona`, with their two arguments as plain data.
 *
 * @param key identity of the function that is declared
 */
export function registerFromMetadata(
  registry: StepRegistry,
  values: ValueModel,
  kind: "step" | "persona",
  key: object,
  functionName: unknown,
  metadata: unknown,
): void {
  const builtin = `__register_${kind}`;
  if (typeof functionName !== "string") {
    throw values.throwableText(`${builtin}: expected (function_name, metadata_dict)`);
  }
  if (!isJsonObject(metadata)) throw values.throwableText(`${builtin}: metadata argument must be a dict`);
  if (kind === "step") {
    registry.registerStep(key, decodeStepDefinition(functionName, metadata));
    return;
  }
  const reading = decodePersonaDefinition(functionName, metadata);
  if (!reading.ok) throw values.throwableText(`${builtin}: ${reading.problem}`);
  registry.registerPersona(key, reading.definition);
}
