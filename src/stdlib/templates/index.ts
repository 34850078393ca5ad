/** Templates: files, prompts, and texts of the program. Paths count from the folder of the file with the call. */

import { type AsyncContext, Dict, List, RuntimeError, record, type Value } from "../../vm/index.ts";
import { decodeUtf8, textArgument, thrown } from "../arguments.ts";
import { type Builtin, effect, pure, runState } from "../builtin.ts";
import { attempt } from "../host-failures.ts";
import { parentPath } from "../paths/path-text.ts";
import { sourceFolder } from "../paths/places.ts";
import { resolveAsset } from "./asset-path.ts";
import { renderTemplate, type SourceSpan, type TemplateSource } from "./render-template.ts";
import { TemplateError } from "./template-error.ts";

async function loadTemplate(path: string, context: AsyncContext): Promise<TemplateSource & { readonly path: string }> {
  // Asked for first: after waiting, the caller's frame may be another one.
  const folder = sourceFolder(context);
  const asset = await resolveAsset(context.host, path, folder);
  if ("message" in asset) throw thrown(asset.message);
  const read = context.host.perform("fs.read", { path: asset.path }, context.signal);
  const bytes = await attempt(read, (reason) => `Failed to read template ${asset.path}: ${reason}`);
  const text = decodeUtf8(bytes);
  if (text === undefined) {
    throw thrown(`Failed to read template ${asset.path}: stream did not contain valid UTF-8`);
  }
  return { text, path: asset.path, folder: parentPath(asset.path) };
}

async function fillIn(
  source: TemplateSource,
  bindings: Value,
  { host, signal }: AsyncContext,
  spans?: SourceSpan[],
): Promise<string> {
  const names: ReadonlyMap<string, Value> = bindings instanceof Dict ? bindings.map : new Map();
  try {
    return await renderTemplate(source, { host, signal, names, ...(spans === undefined ? {} : { spans }) });
  } catch (error) {
    throw error instanceof TemplateError ? thrown(error.message) : error;
  }
}

function spanValue({ kind, place, start, end, boundValue }: SourceSpan): Dict {
  return record({
    kind,
    template_line: place.line,
    template_col: place.column,
    output_start: start,
    output_end: end,
    ...(boundValue === undefined ? {} : { bound_value: boundValue }),
  });
}

interface PromptCounts {
  prompts: number;
  marks: number;
}

const promptCounts = ({ vm }: Pick<AsyncContext, "vm">): PromptCounts =>
  runState(vm, "templates.prompts", () => ({ prompts: 0, marks: 0 }));

/** A file next to the program, filled in. */
export async function renderFile(path: string, bindings: Value, context: AsyncContext): Promise<string> {
  return fillIn(await loadTemplate(path, context), bindings, context);
}

const ERRORS = "Throws `<file> at <line>:<column>: <problem>`, and when a file cannot be read";

function fileBuiltin(name: string, what: string): Builtin {
  return effect(
    {
      signature: `${name}(path: string, bindings?: dict) -> string`,
      summary: `Fill in a ${what} from a file next to the program`,
      effects: ["fs"],
      errors: ERRORS,
      example: `write_file("hi.prompt", "Hi {{ name }}")\nprintln(${name}("hi.prompt", {name: "Ann"}))`,
    },
    (args, context) => renderFile(textArgument(args, 0), args[1], context),
  );
}

export const templateBuiltins: readonly Builtin[] = [
  fileBuiltin("render", "template"),
  fileBuiltin("render_prompt", "prompt"),
  effect(
    {
      signature: "render_string(template: string, bindings?: dict) -> string",
      summary: "Fill in a template given as text",
      effects: ["fs"],
      errors: ERRORS,
      example: 'println(render_string("{{ for x in xs }}{{ x }};{{ end }}", {xs: [1, 2]}))',
    },
    (args, context) => fillIn({ text: textArgument(args, 0), folder: sourceFolder(context) }, args[1], context),
  ),
  effect(
    {
      signature: "render_with_provenance(path: string, bindings?: dict) -> dict",
      summary: "Fill in a template and tell where each part comes from: `{text, template_uri, prompt_id, spans}`",
      effects: ["fs", "state"],
      errors: ERRORS,
      example: 'write_file("hi.prompt", "Hi {{ name }}")\nprintln(render_with_provenance("hi.prompt").prompt_id)',
    },
    async (args, context) => {
      const source = await loadTemplate(textArgument(args, 0), context);
      const spans: SourceSpan[] = [];
      const text = await fillIn(source, args[1], context, spans);
      const counts = promptCounts(context);
      counts.prompts += 1;
      return record({
        text,
        template_uri: source.path,
        prompt_id: `prompt-${counts.prompts}`,
        spans: new List(spans.map(spanValue)),
      });
    },
  ),
  pure(
    {
      signature: "prompt_mark_rendered(prompt_id: string) -> int",
      summary: "Note that a prompt is about to be used, and give the number of this note",
      effects: ["state"],
      errors: "Type error unless given a string",
      example: 'println(prompt_mark_rendered("prompt-1"))',
    },
    ([id], context) => {
      if (typeof id !== "string") throw new RuntimeError("type", "prompt_mark_rendered: prompt_id must be a string");
      return ++promptCounts(context).marks;
    },
  ),
];
