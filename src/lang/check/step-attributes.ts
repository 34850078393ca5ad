/**
 * What `@step` and `@persona` say of their function. The runtime takes what it cannot read as not said (STEP-11), so a
 * budget with a slip of the pen would be no budget: such arguments are warned of here.
 */

import type { Json, JsonObject } from "../../base/index.ts";
import { attributeJson } from "../attributes/attribute-data.ts";
import { didYouMean } from "../diagnostics/suggest.ts";
import type { Attribute, AttributeArg, Span } from "../syntax/ast.ts";
import { type Checker, report } from "./checker.ts";

interface ValueRule {
  /** Completes "expects …". */
  readonly expected: string;
  readonly accepts: (value: Json) => boolean;
  /** Of a dict: the names that mean something. */
  readonly fields?: Readonly<Record<string, ValueRule>>;
}

const isObject = (value: Json): boolean => typeof value === "object" && value !== null && !Array.isArray(value);
const atLeast =
  (least: number) =>
  (value: Json): boolean =>
    typeof value === "number" && value >= least;

const ANYTHING: ValueRule = { expected: "a value", accepts: () => true };
const TEXT: ValueRule = { expected: "a string", accepts: (value) => typeof value === "string" };
const TEXTS: ValueRule = {
  expected: "a list of strings",
  accepts: (value) => Array.isArray(value) && value.every((item) => typeof item === "string"),
};
const LIST: ValueRule = { expected: "a list", accepts: Array.isArray };
const COUNT: ValueRule = {
  expected: "a positive integer",
  accepts: (value) => Number.isInteger(value) && atLeast(1)(value),
};
const MONEY: ValueRule = { expected: "a number from 0", accepts: atLeast(0) };
const dict = (fields: Readonly<Record<string, ValueRule>>): ValueRule => ({
  expected: "a dict",
  accepts: isObject,
  fields,
});

/** STEP-56, STEP-61, STEP-58, STEP-65, STEP-67. */
const ARGUMENTS: Readonly<Record<"step" | "persona", Readonly<Record<string, ValueRule>>>> = {
  step: {
    name: TEXT,
    model: TEXT,
    approval: ANYTHING,
    receipt: ANYTHING,
    error_boundary: TEXT,
    retry: dict({ max_attempts: COUNT }),
    budget: dict({ max_tokens: COUNT, max_usd: MONEY }),
  },
  persona: {
    name: TEXT,
    description: TEXT,
    tools: TEXTS,
    capabilities: TEXTS,
    autonomy: TEXT,
    receipts: TEXT,
    triggers: LIST,
    stages: { expected: "a list of dicts", accepts: (value) => Array.isArray(value) && value.every(isObject) },
    output_style: {
      expected: "a string or a dict",
      accepts: (value) => typeof value === "string" || isObject(value),
    },
  },
};

export function checkStepAttribute(checker: Checker, attribute: Attribute): void {
  const { name } = attribute;
  if (name !== "step" && name !== "persona") return;
  const text = (span: Span): string => checker.file.text.slice(span.start, span.end);
  const values = attributeJson(attribute, text);
  const rules = ARGUMENTS[name];
  for (const arg of attribute.args) {
    if (arg.name === undefined) {
      report(checker, "unknownAttributeArgument", arg.span, `\`@${name}\` reads named arguments only`, {
        hint: "Write `name:` or another of its names before it",
      });
    } else {
      checkValue({ checker, text, attribute: name }, rules, { path: arg.name, key: arg.name, arg }, values[arg.name]);
    }
  }
}

interface Place {
  readonly checker: Checker;
  readonly text: (span: Span) => string;
  readonly attribute: string;
}

interface Given {
  /** `budget.max_usd`. */
  readonly path: string;
  readonly key: string;
  readonly arg: Pick<AttributeArg, "value" | "span">;
}

function checkValue(
  place: Place,
  rules: Readonly<Record<string, ValueRule>>,
  { path, key, arg }: Given,
  value: Json | undefined,
): void {
  const { checker, text, attribute } = place;
  const rule = Object.hasOwn(rules, key) ? rules[key] : undefined;
  if (rule === undefined) {
    report(checker, "unknownAttributeArgument", arg.span, `\`@${attribute}\` has no argument \`${path}\``, {
      hint: didYouMean(key, Object.keys(rules)) ?? "Remove it; nothing reads it",
    });
    return;
  }
  if (value === undefined || value === null) return;
  if (!rule.accepts(value)) {
    const message = `\`${path}\` of \`@${attribute}\` expects ${rule.expected}, found \`${text(arg.value.span)}\``;
    report(checker, "attributeArgumentValue", arg.value.span, message, {
      hint: "As it stands it counts as not given",
    });
    return;
  }
  if (rule.fields === undefined || arg.value.kind !== "DictLiteral") return;
  for (const entry of arg.value.entries) {
    if (entry.kind !== "Entry" || entry.key.kind !== "StringLiteral") continue;
    const inner = { path: `${path}.${entry.key.value}`, key: entry.key.value, arg: entry };
    checkValue(place, rule.fields, inner, (value as JsonObject)[entry.key.value]);
  }
}
