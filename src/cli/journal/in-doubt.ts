/**
 * What to do with something unsafe that was under way when the run stopped: only a person can know. All of it is settled
 * before the run goes on, so that a run which stops for an answer has done nothing meanwhile.
 */

import { HarnError } from "../../base/index.ts";
import { foldEffects, type InDoubtDecision, type InDoubtEffect, type Journal } from "../../journal/index.ts";
import type { CliContext } from "../context.ts";
import { type InDoubtChoice, type InDoubtChoices, inDoubtChoices } from "./choices.ts";
import { shownArgs } from "./render-drift.ts";

/** @throws HarnError `journal.in_doubt` when somebody has to look first */
export async function decideInDoubt(
  context: CliContext,
  choices: InDoubtChoices,
  journal: Journal,
): Promise<(effect: InDoubtEffect) => InDoubtDecision> {
  const decisions = new Map<number, InDoubtDecision>();
  const open: InDoubtEffect[] = [];
  for (const effect of effectsInDoubt(journal)) {
    const choice = choices.byEntry.get(effect.seq) ?? choices.otherwise;
    const decision = decisionFor(effect, choice === "ask" ? await ask(context, effect) : choice);
    if (decision) decisions.set(effect.seq, decision);
    else open.push(effect);
  }
  if (open.length > 0) throw undecided(open);
  return (effect) => {
    const decision = decisions.get(effect.seq);
    if (decision === undefined) throw undecided([effect]);
    return decision;
  };
}

/** Unsafe effects that were begun and have no end in the log. */
export function effectsInDoubt(journal: Journal): readonly InDoubtEffect[] {
  const unsafe = new Set(
    journal.entries.filter((entry) => entry.type === "start" && entry.safety === "unsafe").map(({ seq }) => seq),
  );
  return foldEffects(journal.entries)
    .filter(({ seq, outcome, chunks }) => outcome === "in-flight" && chunks === 0 && unsafe.has(seq))
    .map(({ seq, task, kind, args, startMs }) => ({
      seq,
      task,
      kind,
      args: journal.decode(args),
      startedMs: startMs,
    }));
}

/** Undefined when the run is to stop. */
function decisionFor(effect: InDoubtEffect, choice: InDoubtChoice): InDoubtDecision | undefined {
  switch (choice) {
    case "retry":
    case "fail":
      return { action: choice };
    case "done": {
      const done = resultOfDone(effect);
      if (done === undefined) throw unknownResult(effect);
      return { action: "result", ...done };
    }
    case "ask":
    case "stop":
      return undefined;
  }
}

function undecided(effects: readonly InDoubtEffect[]): HarnError {
  const were = effects.length === 1 ? "was" : "were";
  return new HarnError(
    "journal.in_doubt",
    `${effects.map(describeEffect).join(" and ")} ${were} under way when the run stopped, and may or may not have happened`,
    { data: { hint: `Look whether it happened, then go on with ${effects.map(ways).join("; ")}` } },
  );
}

function ways(effect: InDoubtEffect): string {
  const option = (choice: InDoubtChoice): string => `\`--in-doubt ${effect.seq}=${choice}\``;
  const done = resultOfDone(effect) === undefined ? "" : `${option("done")} (it happened), `;
  return `${done}${option("retry")} (do it again) or ${option("fail")} (the program gets an error)`;
}

/** What the program is given for an effect that happened; undefined where that could be anything. */
function resultOfDone({ kind }: InDoubtEffect): { readonly result: unknown } | undefined {
  switch (kind) {
    case "fs.write":
    case "fs.move":
      return { result: undefined };
    case "process.run": {
      const none = new Uint8Array(0);
      return { result: { exitCode: 0, signal: null, stdout: none, stderr: none, timedOut: false } };
    }
  }
  return undefined;
}

function unknownResult(effect: InDoubtEffect): HarnError {
  return new HarnError(
    "journal.in_doubt",
    `${describeEffect(effect)} cannot be taken as done: what it answered is not known`,
    { data: { hint: `Go on with ${ways(effect)}` } },
  );
}

async function ask(context: CliContext, effect: InDoubtEffect): Promise<InDoubtChoice> {
  const { host } = context;
  const isTty = (stream: "stdin" | "stderr"): boolean => host.sync("console.isTty", { stream });
  if (!isTty("stdin") || !isTty("stderr")) return "stop";
  const since = new Date(effect.startedMs).toISOString();
  context.err(`${describeEffect(effect)} was begun at ${since} and may or may not have happened.\n`);
  const offered = inDoubtChoices.filter((each) => each !== "ask" && (each !== "done" || resultOfDone(effect)));
  for (;;) {
    context.err(
      `Do it again, ${offered.includes("done") ? "take it as done, " : ""}let it fail, or stop here? [${offered.join("/")}] `,
    );
    const answer = (await host.perform("console.readLine", {}, context.cancel))?.trim().toLowerCase();
    if (answer === undefined) return "stop";
    const chosen = offered.find((each) => answer !== "" && each.startsWith(answer));
    if (chosen !== undefined) return chosen;
  }
}

/** For people: what, with which arguments, which entry. */
export function describeEffect({ kind, args, seq }: InDoubtEffect): string {
  return `\`${kind}\` ${shownArgs(args)} (entry ${seq})`;
}
