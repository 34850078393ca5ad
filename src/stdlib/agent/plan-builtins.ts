/** Plans as data. */

import { EMIT_PLAN, planArtifact, planEntries } from "../../agent/index.ts";
import { isJsonObject } from "../../base/index.ts";
import { List } from "../../vm/index.ts";
import { type Builtin, pure } from "../builtin.ts";
import { jsonToValue, valueToJson } from "../json/convert.ts";

export const planBuiltins: readonly Builtin[] = [
  pure(
    {
      signature: "plan_artifact(plan: any) -> dict",
      summary: "Give any way of writing a plan the shape of a plan artifact",
      example: 'println(plan_artifact({steps: ["look", "leap"]}).steps[1].content)',
    },
    ([plan]) => jsonToValue(planArtifact(EMIT_PLAN, valueToJson(plan))),
  ),
  pure(
    {
      signature: "plan_entries(plan: dict) -> list",
      summary: "List the steps of a plan as editors show them",
      example: 'println(plan_entries(plan_artifact({steps: ["look"]})))',
    },
    ([plan]) => {
      const json = valueToJson(plan);
      const artifact = isJsonObject(json) && json["_type"] === "plan_artifact" ? json : planArtifact(EMIT_PLAN, json);
      return new List(planEntries(artifact).map(jsonToValue));
    },
  ),
];
