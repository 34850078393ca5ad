export const schemaModule: string = `
// Building schemas by name, and taking values as typed.

pub fn schema_any() {
  return {type: "any"}
}

pub fn schema_string() {
  return {type: "string"}
}

pub fn schema_int() {
  return {type: "int"}
}

pub fn schema_float() {
  return {type: "float"}
}

pub fn schema_bool() {
  return {type: "bool"}
}

pub fn schema_nil() {
  return {type: "nil"}
}

/** Exactly this value. */
pub fn schema_literal(value) {
  return {const: value}
}

/** One of these values. */
pub fn schema_enum(values) {
  return {enum: values}
}

fn with_options(schema, options) {
  return if options == nil {
    schema
  } else {
    schema_extend(schema, options)
  }
}

/** A list; options such as min_items go into the schema. */
pub fn schema_list(item_schema = nil, options = nil) {
  let schema = if item_schema == nil {
    {type: "list"}
  } else {
    {type: "list", items: item_schema}
  }
  return with_options(schema, options)
}

pub fn schema_array(item_schema = nil, options = nil) {
  return schema_list(item_schema, options)
}

/** A dict with any keys; the schema is that of its values. */
pub fn schema_dict(value_schema = nil, options = nil) {
  let schema = if value_schema == nil {
    {type: "dict"}
  } else {
    {type: "dict", additional_properties: value_schema}
  }
  return with_options(schema, options)
}

/** A field of schema_object that has to be there, or need not. */
pub fn schema_field(schema, required = true) {
  return schema.merge({required: required})
}

/** A field with a default; it need not be there. */
pub fn schema_default(schema, value) {
  return schema.merge({default: value, required: false})
}

/**
 * A dict with the given fields. A field is required unless schema_field or schema_default says otherwise.
 */
pub fn schema_object(fields, options = nil) {
  // A list under "required" belongs to a nested object, not to the field.
  let marked = fields.entries()
    .map(
    { field ->
      let mark = field.value.required
      let is_mark = type_of(mark) == "bool"
      {
        key: field.key,
        required: !is_mark || mark,
        schema: if is_mark {
          field.value.remove("required")
        } else {
          field.value
        },
      }
    },
  )
  var schema = {
    type: "dict",
    properties: marked.reduce({}, { all, field -> all.merge({[field.key]: field.schema}) }),
  }
  let required = marked.filter({ field -> field.required }).map({ field -> field.key })
  if len(required) > 0 {
    schema = schema.merge({required: required})
  }
  return with_options(schema, options)
}

/** Any of these schemas. */
pub fn schema_union(branches) {
  return {union: branches}
}

/** All of these schemas. */
pub fn schema_all_of(branches) {
  return {all_of: branches}
}

/** The schema, or nil. */
pub fn schema_nullable(schema) {
  return schema_extend(schema, {nullable: true})
}

pub fn schema_pick_keys(schema, keys) {
  return schema_pick(schema, keys)
}

pub fn schema_omit_keys(schema, keys) {
  return schema_omit(schema, keys)
}

/** Nothing is required any more, at any depth. */
pub fn schema_partial_deep(schema) {
  return schema_partial(schema)
}

pub fn schema_json(schema) {
  return schema_to_json_schema(schema)
}

pub fn schema_openapi(schema) {
  return schema_to_openapi_schema(schema)
}

pub fn from_json_schema(schema) {
  return schema_from_json_schema(schema)
}

pub fn from_openapi_schema(schema) {
  return schema_from_openapi_schema(schema)
}

/** Ok(value) or Err({message, errors, value}); with defaults filled in when asked. */
pub fn get_typed_result(value, schema, apply_defaults = false) {
  return if apply_defaults {
    schema_parse(value, schema)
  } else {
    schema_check(value, schema)
  }
}

/** The value, or its first problem as an error. */
pub fn get_typed_value(value, schema, apply_defaults = false) {
  let result = get_typed_result(value, schema, apply_defaults)
  if is_err(result) {
    throw_error(unwrap_err(result).message)
  }
  return unwrap(result)
}

pub fn is_type(value, schema) {
  return schema_is(value, schema)
}
`;
