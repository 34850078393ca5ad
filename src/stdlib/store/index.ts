/**
 * Values that outlive a run, by name, for all programs of a project: `store.json` in the state folder. A value is on
 * stable storage when the builtin that keeps it answers.
 */

import { type AsyncContext, List } from "../../vm/index.ts";
import { type Builtin, effect } from "../builtin.ts";
import { joinPath } from "../paths/path-text.ts";
import { changeKeys, clearKeys, keyArgument, putKey, readKeys } from "./key-file.ts";
import { stateFolder } from "./state-files.ts";

const storePath = async (context: AsyncContext): Promise<string> =>
  joinPath([await stateFolder(context), "store.json"]);

export const storeBuiltins: readonly Builtin[] = [
  effect(
    {
      signature: "store_get(key: string) -> any",
      summary: "Give what the project's store has under a key; nil when there is nothing",
      effects: ["fs", "env"],
      errors: "Throws when `.harn/store.json` cannot be read or is damaged",
      example: 'store_set("name", "Ada")\nprintln(store_get("name"))\nprintln(store_get("missing"))',
    },
    async ([given], context) => {
      const key = keyArgument("store_get", given);
      return (await readKeys(context, "store_get", await storePath(context))).map.get(key);
    },
  ),
  effect(
    {
      signature: "store_set(key: string, value: any)",
      summary:
        "Keep a value under a key in the project's store, for this run and later ones. Each change writes the whole file, which suits some thousand keys; of programs that change it at the same moment, the last one wins",
      effects: ["fs", "env", "clock", "random"],
      errors:
        "Throws for a value that is no data, a key of more than 1,024 characters, a store of more than 16 MiB, and when the file is damaged or cannot be written; the store is then as it was",
      example: 'store_set("config", {theme: "dark", size: 14})\nprintln(store_get("config").size)',
    },
    async ([given, value], context) => {
      const key = keyArgument("store_set", given);
      const path = await storePath(context);
      await changeKeys(context, "store_set", path, (entries) => putKey(entries, key, value));
      return undefined;
    },
  ),
  effect(
    {
      signature: "store_delete(key: string)",
      summary: "Remove a key from the project's store; one that is not there is fine",
      effects: ["fs", "env", "clock", "random"],
      errors: "Throws when the file is damaged or cannot be written",
      example: 'store_set("a", 1)\nstore_delete("a")\nprintln(store_get("a"))',
    },
    async ([given], context) => {
      const key = keyArgument("store_delete", given);
      const path = await storePath(context);
      await changeKeys(context, "store_delete", path, (entries) => entries.delete(key));
      return undefined;
    },
  ),
  effect(
    {
      signature: "store_list() -> list<string>",
      summary: "List the keys of the project's store, sorted",
      effects: ["fs", "env"],
      errors: "Throws when the file cannot be read or is damaged",
      example: 'store_set("b", 2)\nstore_set("a", 1)\nprintln(store_list())',
    },
    async (_args, context) => new List([...(await readKeys(context, "store_list", await storePath(context))).keys()]),
  ),
  effect(
    {
      signature: "store_save()",
      summary: "Write the project's store to its file, as every change has done already",
      effects: ["fs", "env", "clock", "random"],
      errors: "Throws when the file is damaged or cannot be written",
      example: 'store_set("a", 1)\nstore_save()\nprintln(file_exists(".harn/store.json"))',
    },
    async (_args, context) => {
      await changeKeys(context, "store_save", await storePath(context), () => {});
      return undefined;
    },
  ),
  effect(
    {
      signature: "store_clear()",
      summary: "Remove all keys from the project's store, also of one that is damaged",
      effects: ["fs", "env", "clock", "random"],
      errors: "Throws when the file cannot be written",
      example: 'store_set("a", 1)\nstore_clear()\nprintln(store_list())',
    },
    async (_args, context) => {
      await clearKeys(context, "store_clear", await storePath(context));
      return undefined;
    },
  ),
];
