/**
 * The type of the data that fits a schema written in place:
 *
 *     FromSchema<{ type: "object"; properties: { city: { type: "string" } }; required: ["city"] }>   // { city: string }
 *
 * What it does not know (`$ref`, `allOf`, conditions, a schema that is only known when the program runs) is `Json`, never
 * something narrower: the check at run time is the schema itself, the type must not promise more.
 */

import type { StandardSchemaV1 } from "@standard-schema/spec";
import type { Json, JsonObject } from "../../base/index.ts";

export type FromSchema<S> = S extends { readonly const: infer Value }
  ? Value
  : S extends { readonly enum: readonly (infer Value)[] }
    ? Value
    : S extends { readonly anyOf: readonly (infer Part)[] } | { readonly oneOf: readonly (infer Part)[] }
      ? FromSchema<Part>
      : S extends { readonly type: infer Type }
        ? OfType<S, Type>
        : Json;

/** Distributes over `type: ["string", "null"]`. */
type OfType<S, Type> = Type extends readonly (infer Each)[]
  ? OfType<S, Each>
  : Type extends "string"
    ? string
    : Type extends "number" | "integer"
      ? number
      : Type extends "boolean"
        ? boolean
        : Type extends "null"
          ? null
          : Type extends "array"
            ? S extends { readonly items: infer Item }
              ? FromSchema<Item>[]
              : Json[]
            : Type extends "object"
              ? OfObject<S>
              : Json;

type OfObject<S> = S extends { readonly properties: infer Properties }
  ? Flat<
      { -readonly [Key in keyof Properties as Key extends Required<S> ? Key : never]: FromSchema<Properties[Key]> } & {
        -readonly [Key in keyof Properties as Key extends Required<S> ? never : Key]?: FromSchema<Properties[Key]>;
      }
    >
  : JsonObject;

type Required<S> = S extends { readonly required: readonly (infer Key)[] } ? Key : never;

/** One object type in place of an intersection, for whoever reads it in an editor. */
type Flat<T> = { [Key in keyof T]: T[Key] };

/** What callers may pass where a schema is wanted: JSON Schema, or any Standard Schema (zod, valibot, arktype, …). */
export type SchemaInput = JsonObject | StandardSchemaV1;

/** The type a checked answer has. */
export type SchemaOutput<S> = S extends StandardSchemaV1 ? StandardSchemaV1.InferOutput<S> : FromSchema<S>;
