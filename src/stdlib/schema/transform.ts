/** Making schemas out of schemas. All take and give the canonical form. */

import { Dict, dictOf, display, List, type Value } from "../../vm/index.ts";
import { dictField, listField } from "./canonical.ts";

/** Words of the second replace words of the first. */
export function extendSchema(base: Dict, overrides: Dict): Dict {
  return dictOf(new Map([...base.map, ...overrides.map]));
}

/** Nothing is required any more, at any depth. */
export function partialSchema(schema: Dict): Dict {
  const out = new Map(schema.map);
  out.delete("required");
  const inner = (value: Value): Value => (value instanceof Dict ? partialSchema(value) : value);
  const properties = dictField(schema, "properties");
  if (properties)
    out.set("properties", dictOf(new Map([...properties.map].map(([key, value]) => [key, inner(value)]))));
  for (const key of ["union", "all_of"]) {
    const branches = listField(schema, key);
    if (branches) out.set(key, new List(branches.map(inner)));
  }
  for (const key of ["items", "additional_properties"]) if (out.has(key)) out.set(key, inner(out.get(key)));
  return dictOf(out);
}

/** Only the properties for which `wanted` holds. */
export function selectProperties(schema: Dict, wanted: (name: string) => boolean): Dict {
  const out = new Map(schema.map);
  const properties = dictField(schema, "properties");
  if (properties) out.set("properties", dictOf(new Map([...properties.map].filter(([key]) => wanted(key)))));
  const required = listField(schema, "required");
  if (required) out.set("required", new List(required.filter((name) => wanted(display(name)))));
  return dictOf(out);
}
