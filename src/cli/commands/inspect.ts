/** `harn inspect`: the personas and steps that a program declares, read without running it. */

import { relative } from "node:path";
import type { Json, JsonObject } from "../../base/index.ts";
import { type PersonaManifest, type ProgramManifest, programManifest, type StepManifest } from "../../lang/index.ts";
import { isError, loadProgram } from "../../runtime/index.ts";
import type { CliContext } from "../context.ts";
import { renderFileDiagnostics } from "../engine/render.ts";
import { exitCodes } from "../exit-codes.ts";
import { findProgram } from "../source-files.ts";

export interface InspectOptions {
  readonly json?: boolean;
}

export async function inspectCommand(context: CliContext, file: string, options: InspectOptions): Promise<number> {
  const path = await findProgram(context, file);
  const { graph, diagnostics } = await loadProgram({ host: context.host, path });
  const errors = diagnostics.filter(isError);
  if (errors.length > 0) {
    context.err(`${renderFileDiagnostics(errors, { color: context.colorErrors, cwd: context.cwd })}\n`);
    return exitCodes.failed;
  }
  const manifest = programManifest(graph);
  const place = ({ file: path, line }: Place): string => `${relative(context.cwd, path) || path}:${line}`;
  if (options.json) context.outJson(manifestJson(manifest, place));
  else context.out(renderManifest(manifest, place));
  return exitCodes.ok;
}

type Place = Pick<StepManifest, "file" | "line">;
type ShowPlace = (at: Place) => string;

// ---- JSON ------------------------------------------------------------------------------------------------------------

function manifestJson({ personas, otherSteps }: ProgramManifest, place: ShowPlace): JsonObject {
  return {
    version: 1,
    personas: personas.map((persona) => ({
      name: persona.name,
      function: persona.function,
      declared_at: place(persona),
      description: persona.description,
      entry_workflow: persona.entryWorkflow,
      tools: persona.tools,
      capabilities: persona.capabilities,
      autonomy: persona.autonomy,
      receipts: persona.receipts,
      triggers: persona.triggers,
      stages: persona.stages,
      output_style: persona.outputStyle ?? null,
      steps: persona.steps.map((step) => stepJson(step, place)),
    })),
    other_steps: otherSteps.map((step) => stepJson(step, place)),
  };
}

function stepJson(step: StepManifest, place: ShowPlace): JsonObject {
  const { budget, retry } = step;
  return {
    name: step.name,
    function: step.function,
    declared_at: place(step),
    model: step.model ?? null,
    approval: step.approval ?? null,
    receipt: step.receipt ?? null,
    error_boundary: step.errorBoundary ?? null,
    retry: retry === undefined ? null : { max_attempts: retry.maxAttempts },
    budget: budget === undefined ? null : { max_tokens: budget.maxTokens ?? null, max_usd: budget.maxUsd ?? null },
  };
}

// ---- Text ------------------------------------------------------------------------------------------------------------

/**
 *     captain: Writes letters  (agent.harn:14)
 *       autonomy suggest · receipts optional · tools read, git
 *       plan   model small  budget 2000 tokens, $0.05  on breach continue  agent.harn:3
 *       write                                                              agent.harn:9
 */
function renderManifest({ personas, otherSteps }: ProgramManifest, place: ShowPlace): string {
  if (personas.length === 0 && otherSteps.length === 0) return "No personas and no steps\n";
  const blocks = personas.map((persona) =>
    [
      `${persona.name}: ${persona.description}  (${place(persona)})`,
      `  ${facts(persona)}`,
      ...(persona.steps.length === 0 ? ["  no steps"] : stepLines(persona.steps, place)),
    ].join("\n"),
  );
  if (otherSteps.length > 0) {
    const heading = personas.length === 0 ? "Steps" : "Steps of no persona";
    blocks.push([heading, ...stepLines(otherSteps, place)].join("\n"));
  }
  return `${blocks.join("\n\n")}\n`;
}

function facts(persona: PersonaManifest): string {
  const { autonomy, receipts, tools, capabilities, triggers, stages, outputStyle } = persona;
  const lists: readonly (readonly [string, readonly Json[]])[] = [
    ["tools", tools],
    ["capabilities", capabilities],
    ["triggers", triggers],
    ["stages", stages.map(stageName)],
  ];
  return [
    `autonomy ${autonomy}`,
    `receipts ${receipts}`,
    ...lists.filter(([, items]) => items.length > 0).map(([what, items]) => `${what} ${items.map(shown).join(", ")}`),
    ...(outputStyle === undefined ? [] : [`output style ${outputStyle}`]),
  ].join(" · ");
}

function stageName(stage: Json): Json {
  return typeof stage === "object" && stage !== null && "name" in stage ? (stage.name ?? "") : stage;
}

function shown(value: Json): string {
  return typeof value === "string" ? value : JSON.stringify(value);
}

function stepLines(steps: readonly StepManifest[], place: ShowPlace): readonly string[] {
  const rows = steps.map((step) => [...stepCells(step), place(step)]);
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]!.length)));
  return rows.map((row) =>
    row
      .reduce((line, cell, column) => (widths[column] === 0 ? line : `${line}  ${cell.padEnd(widths[column]!)}`), "")
      .trimEnd(),
  );
}

function stepCells({ name, model, budget, errorBoundary, retry, approval, receipt }: StepManifest): string[] {
  const limits = [
    ...(budget?.maxTokens === undefined ? [] : [`${budget.maxTokens} ${budget.maxTokens === 1 ? "token" : "tokens"}`]),
    ...(budget?.maxUsd === undefined ? [] : [`$${budget.maxUsd}`]),
  ];
  return [
    name,
    model === undefined ? "" : `model ${model}`,
    limits.length === 0 ? "" : `budget ${limits.join(", ")}`,
    errorBoundary === undefined ? "" : `on breach ${errorBoundary}`,
    retry === undefined ? "" : `attempts ${retry.maxAttempts}`,
    approval === undefined ? "" : `approval ${shown(approval)}`,
    receipt === undefined ? "" : `receipt ${shown(receipt)}`,
  ];
}
