/**
 * What a program has got done, so that its next run need not do it again: `checkpoints/<program>.json` in the state
 * folder, named after the file that was started.
 */

import { type AsyncContext, List } from "../../vm/index.ts";
import { type Builtin, effect } from "../builtin.ts";
import { attempt } from "../host-failures.ts";
import { joinPath, stemOf } from "../paths/path-text.ts";
import { programFile } from "../paths/places.ts";
import { changeKeys, keyArgument, putKey, readKeys } from "../store/key-file.ts";
import { inTurn, isAbsent, stateFolder } from "../store/state-files.ts";

/** Of a text without a file. */
const NAMELESS = "default";

async function checkpointPath(context: AsyncContext): Promise<string> {
  const file = programFile(context);
  const name = file === undefined ? NAMELESS : stemOf(file) || NAMELESS;
  return joinPath([await stateFolder(context), "checkpoints", `${name}.json`]);
}

export const checkpointBuiltins: readonly Builtin[] = [
  effect(
    {
      signature: "checkpoint(key: string, value: any)",
      summary:
        "Keep a value under a key for this and later runs of the program; it is on disk when this returns. Programs of a project whose files have the same name share what they keep",
      effects: ["fs", "env", "clock", "random"],
      errors:
        "Throws for a value that is no data, a key of more than 1,024 characters, a file of more than 16 MiB, and when the file is damaged or cannot be written; the checkpoints are then as they were",
      example: 'checkpoint("fetched", {rows: 3})\nprintln(checkpoint_get("fetched").rows)',
    },
    async ([given, value], context) => {
      const key = keyArgument("checkpoint", given);
      const path = await checkpointPath(context);
      await changeKeys(context, "checkpoint", path, (entries) => putKey(entries, key, value));
      return undefined;
    },
  ),
  effect(
    {
      signature: "checkpoint_get(key: string) -> any",
      summary: "Give what was kept under a key, now or by an earlier run; nil when there is nothing",
      effects: ["fs", "env"],
      errors: "Throws when the file of the checkpoints cannot be read or is damaged",
      example: 'checkpoint("step", "done")\nprintln(checkpoint_get("step"))\nprintln(checkpoint_get("other"))',
    },
    async ([given], context) => {
      const key = keyArgument("checkpoint_get", given);
      return (await readKeys(context, "checkpoint_get", await checkpointPath(context))).map.get(key);
    },
  ),
  effect(
    {
      signature: "checkpoint_exists(key: string) -> bool",
      summary: "Tell whether something was kept under a key, nil included",
      effects: ["fs", "env"],
      errors: "Throws when the file of the checkpoints cannot be read or is damaged",
      example: 'checkpoint("step", nil)\nprintln(checkpoint_exists("step"))',
    },
    async ([given], context) => {
      const key = keyArgument("checkpoint_exists", given);
      return (await readKeys(context, "checkpoint_exists", await checkpointPath(context))).map.has(key);
    },
  ),
  effect(
    {
      signature: "checkpoint_delete(key: string)",
      summary: "Forget what was kept under a key; one that is not there is fine",
      effects: ["fs", "env", "clock", "random"],
      errors: "Throws when the file is damaged or cannot be written",
      example: 'checkpoint("step", 1)\ncheckpoint_delete("step")\nprintln(checkpoint_exists("step"))',
    },
    async ([given], context) => {
      const key = keyArgument("checkpoint_delete", given);
      const path = await checkpointPath(context);
      await changeKeys(context, "checkpoint_delete", path, (entries) => entries.delete(key));
      return undefined;
    },
  ),
  effect(
    {
      signature: "checkpoint_list() -> list<string>",
      summary: "List the keys of the program's checkpoints, sorted",
      effects: ["fs", "env"],
      errors: "Throws when the file of the checkpoints cannot be read or is damaged",
      example: 'checkpoint("b", 2)\ncheckpoint("a", 1)\nprintln(checkpoint_list())',
    },
    async (_args, context) => {
      const path = await checkpointPath(context);
      return new List([...(await readKeys(context, "checkpoint_list", path)).keys()]);
    },
  ),
  effect(
    {
      signature: "checkpoint_clear()",
      summary: "Forget all checkpoints of the program, also damaged ones: the next run begins anew",
      effects: ["fs", "env"],
      errors: "Throws when the file cannot be removed",
      example: 'checkpoint("step", 1)\ncheckpoint_clear()\nprintln(checkpoint_list())',
    },
    async (_args, context) => {
      const path = await checkpointPath(context);
      const remove = async (): Promise<void> => {
        try {
          await context.host.perform("fs.remove", { path });
        } catch (error) {
          if (!isAbsent(error)) throw error;
        }
      };
      const removed = inTurn(context, path, remove);
      await attempt(removed, (reason) => `checkpoint_clear: Failed to remove ${path}: ${reason}`);
      return undefined;
    },
  ),
];
