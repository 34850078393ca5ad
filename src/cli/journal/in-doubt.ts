/** What to do with something unsafe that was under way when the run stopped: only a person can know. */

import { HarnError } from "../../base/index.ts";
import type { InDoubtDecision, InDoubtEffect } from "../../journal/index.ts";
import type { CliContext } from "../context.ts";
import { type InDoubtChoice, inDoubtChoices } from "./choices.ts";
import { shownArgs } from "./render-drift.ts";

export function decideInDoubt(
  context: CliContext,
  choice: InDoubtChoice,
): (effect: InDoubtEffect) => Promise<InDoubtDecision> {
  return async (effect) => {
    const asked = choice === "ask" ? await ask(context, effect) : choice;
    switch (asked) {
      case "retry":
      case "fail":
        return { action: asked };
      case "ask":
      case "stop":
        throw new HarnError(
          "journal.in_doubt",
          `${describe(effect)} was under way when the run stopped, and may or may not have happened`,
          {
            data: {
              hint: "Look whether it happened, then go on with `--in-doubt retry` (do it again) or `--in-doubt fail` (the program gets an error)",
            },
          },
        );
    }
  };
}

async function ask(context: CliContext, effect: InDoubtEffect): Promise<InDoubtChoice> {
  const { host } = context;
  const isTty = (stream: "stdin" | "stderr"): boolean => host.sync("console.isTty", { stream });
  if (!isTty("stdin") || !isTty("stderr")) return "stop";
  const since = new Date(effect.startedMs).toISOString();
  context.err(`${describe(effect)} was begun at ${since} and may or may not have happened.\n`);
  for (;;) {
    context.err("Do it again, let it fail, or stop here? [retry/fail/stop] ");
    const answer = (await host.perform("console.readLine", {}, context.cancel))?.trim().toLowerCase();
    if (answer === undefined) return "stop";
    const chosen = inDoubtChoices.find((each) => each !== "ask" && answer !== "" && each.startsWith(answer));
    if (chosen !== undefined) return chosen;
  }
}

function describe({ kind, args, seq }: InDoubtEffect): string {
  return `\`${kind}\` ${shownArgs(args)} (entry ${seq})`;
}
