/**
 * What a model is told after an answer that did not fit its schema. The text is a prompt: change it only together with
 * its golden test (SCHEMA-09 … SCHEMA-18).
 */

import { isJsonObject, type Json, type JsonObject } from "../../base/index.ts";

export type SchemaNudge =
  /** Composed from the errors and the schema. */
  | { readonly kind: "auto" }
  /** The caller's words, followed by the errors. */
  | { readonly kind: "verbatim"; readonly text: string }
  /** Nothing is said: the original messages are sent again. */
  | { readonly kind: "none" };

/** Reads `schema_retry_nudge` (OPT-15): any odd value counts as its string form. */
export function readSchemaNudge(value: unknown): SchemaNudge {
  if (value === undefined || value === null || value === true) return { kind: "auto" };
  if (value === false) return { kind: "none" };
  return { kind: "verbatim", text: typeof value === "string" ? value : JSON.stringify(value) };
}

/** The corrective user message; empty when nothing is to be said. */
export function buildSchemaNudge(
  errors: readonly string[],
  schema: JsonObject | undefined,
  nudge: SchemaNudge,
): string {
  const told = errors.length === 0 ? "(no detailed errors)" : errors.join("; ");
  switch (nudge.kind) {
    case "none":
      return "";
    case "verbatim":
      return `${nudge.text}\n\nValidation errors: ${told}`;
    case "auto": {
      const lines = [
        "Your previous response did not match the required JSON schema.",
        `Validation errors: ${told}.`,
        ...keyLines(schema),
      ];
      const shape = schema === undefined ? [] : shapeLines(schema);
      if (shape.length > 0) lines.push("Expected JSON schema shape:", ...shape.map((line) => `- ${line}`));
      lines.push("Respond again with ONLY valid JSON conforming to the schema. No prose, no markdown fences.");
      return lines.join("\n");
    }
  }
}

function keyLines(schema: JsonObject | undefined): readonly string[] {
  if (schema === undefined) return [];
  const lines: string[] = [];
  const required = stringItems(schema["required"]);
  if (required.length > 0) lines.push(`Required keys: ${required.join(", ")}.`);
  const allowed = propertyNames(schema);
  if (allowed.length > 0) lines.push(`Allowed top-level keys: ${allowed.join(", ")}.`);
  return lines;
}

const MAX_DEPTH = 3;
const MAX_LINES = 8;
const MAX_KEYS = 16;

/** One line per object in the schema, depth first in key order: `findings[] object allowed keys: file, line`. */
export function shapeLines(schema: JsonObject): readonly string[] {
  const lines: string[] = [];
  visit(schema, "root", 0, lines);
  return lines;
}

function visit(schema: Json | undefined, path: string, depth: number, lines: string[]): void {
  if (!isJsonObject(schema) || depth > MAX_DEPTH || lines.length >= MAX_LINES) return;
  const properties = schema["properties"];
  if (isJsonObject(properties)) {
    const keys = propertyNames(schema);
    if (keys.length > 0) {
      const required = [...stringItems(schema["required"])].sort();
      const tail = required.length > 0 ? `; required keys: ${limited(required)}` : "";
      lines.push(`${path} object allowed keys: ${limited(keys)}${tail}`);
    }
    for (const key of keys) visit(properties[key], path === "root" ? key : `${path}.${key}`, depth + 1, lines);
  }
  if (schema["items"] !== undefined) visit(schema["items"], `${path}[]`, depth + 1, lines);
}

/** Sorted, as the language iterates its dicts. */
function propertyNames(schema: JsonObject): readonly string[] {
  const properties = schema["properties"];
  return isJsonObject(properties) ? Object.keys(properties).sort() : [];
}

function stringItems(value: Json | undefined): readonly string[] {
  return Array.isArray(value) ? value.filter((item): item is string => typeof item === "string") : [];
}

function limited(keys: readonly string[]): string {
  if (keys.length <= MAX_KEYS) return keys.join(", ");
  return `${keys.slice(0, MAX_KEYS).join(", ")}, ... (+${keys.length - MAX_KEYS} more)`;
}
