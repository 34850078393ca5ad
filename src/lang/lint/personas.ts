/**
 * Personas and steps as a file declares them: functions with `@persona` and `@step`. The name is the `name` argument of
 * the attribute, else that of the function. The steps of a persona are those its function calls, directly or through
 * other functions of the file.
 */

import { type Attribute, type FnDecl, type Module, peelAttributes } from "../syntax/ast.ts";
import { walkItems } from "../syntax/visit-children.ts";

export interface DeclaredPersona {
  readonly name: string;
  readonly fn: FnDecl;
  /** Names of its steps. */
  readonly steps: ReadonlySet<string>;
}

export interface DeclaredPersonas {
  readonly personas: readonly DeclaredPersona[];
  /** Names of all steps, those outside any persona included. */
  readonly steps: ReadonlySet<string>;
  /** Functions of the file that are steps. */
  readonly stepFunctions: ReadonlySet<string>;
}

export function declaredPersonas(module: Module): DeclaredPersonas {
  const functions = new Map<string, FnDecl>();
  const stepNames = new Map<string, string>();
  const personaFns: { name: string; fn: FnDecl }[] = [];
  for (const outer of module.items) {
    const { item, attributes } = peelAttributes(outer);
    if (item.kind !== "FnDecl") continue;
    functions.set(item.name.name, item);
    const step = attributes.find((attribute) => attribute.name === "step");
    if (step !== undefined) stepNames.set(item.name.name, nameOf(step, item));
    const persona = attributes.find((attribute) => attribute.name === "persona");
    if (persona !== undefined) personaFns.push({ name: nameOf(persona, item), fn: item });
  }
  const personas = personaFns.map(({ name, fn }) => ({ name, fn, steps: reachableSteps(fn, functions, stepNames) }));
  return { personas, steps: new Set(stepNames.values()), stepFunctions: new Set(stepNames.keys()) };
}

function nameOf(attribute: Attribute, fn: FnDecl): string {
  const value = attribute.args.find((arg) => arg.name === "name")?.value;
  // A bare name stands for its text.
  if (value?.kind === "Identifier") return value.name;
  return value?.kind === "StringLiteral" ? value.value : fn.name.name;
}

function reachableSteps(
  start: FnDecl,
  functions: ReadonlyMap<string, FnDecl>,
  stepNames: ReadonlyMap<string, string>,
): ReadonlySet<string> {
  const found = new Set<string>();
  const seen = new Set<FnDecl>([start]);
  const open = [start];
  for (let fn = open.pop(); fn !== undefined; fn = open.pop()) {
    for (const node of walkItems(fn.body.items)) {
      // A function handed on counts as called: `parallel each xs { x -> step(x) }`, `xs.map(step)`.
      const name = node.kind === "Call" ? node.callee.name : node.kind === "Identifier" ? node.name : undefined;
      if (name === undefined) continue;
      const step = stepNames.get(name);
      if (step !== undefined) found.add(step);
      const next = functions.get(name);
      if (next !== undefined && !seen.has(next)) {
        seen.add(next);
        open.push(next);
      }
    }
  }
  return found;
}

/** `*`, `prefix*`, `*suffix` or the name itself (HOOK-04). */
export function matchesPersona(pattern: string, name: string): boolean {
  if (pattern === "*") return true;
  if (pattern.endsWith("*")) return name.startsWith(pattern.slice(0, -1));
  if (pattern.startsWith("*")) return name.endsWith(pattern.slice(1));
  return pattern === name;
}
