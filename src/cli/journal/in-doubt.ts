/** What to do with something unsafe that was under way when the run stopped: only a person can know. */

import { HarnError } from "../../base/index.ts";
import type { InDoubtDecision, InDoubtEffect } from "../../journal/index.ts";
import type { CliContext } from "../context.ts";
import { type InDoubtChoice, type InDoubtChoices, inDoubtChoices } from "./choices.ts";
import { shownArgs } from "./render-drift.ts";

export function decideInDoubt(
  context: CliContext,
  choices: InDoubtChoices,
): (effect: InDoubtEffect) => Promise<InDoubtDecision> {
  return async (effect) => {
    const choice = choices.byEntry.get(effect.seq) ?? choices.otherwise;
    const asked = choice === "ask" ? await ask(context, effect) : choice;
    switch (asked) {
      case "retry":
      case "fail":
        return { action: asked };
      case "done": {
        const done = resultOfDone(effect);
        if (done === undefined) throw unknownResult(effect);
        return { action: "result", ...done };
      }
      case "ask":
      case "stop":
        throw new HarnError(
          "journal.in_doubt",
          `${describe(effect)} was under way when the run stopped, and may or may not have happened`,
          {
            data: {
              hint: `Look whether it happened, then go on with ${ways(effect)}`,
            },
          },
        );
    }
  };
}

function ways(effect: InDoubtEffect): string {
  const option = (choice: InDoubtChoice): string => `\`--in-doubt ${effect.seq}=${choice}\``;
  const done = resultOfDone(effect) === undefined ? "" : `${option("done")} (it happened), `;
  return `${done}${option("retry")} (do it again) or ${option("fail")} (the program gets an error); without the number it holds for all`;
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
    `${describe(effect)} cannot be taken as done: what it answered is not known`,
    { data: { hint: `Go on with ${ways(effect)}` } },
  );
}

async function ask(context: CliContext, effect: InDoubtEffect): Promise<InDoubtChoice> {
  const { host } = context;
  const isTty = (stream: "stdin" | "stderr"): boolean => host.sync("console.isTty", { stream });
  if (!isTty("stdin") || !isTty("stderr")) return "stop";
  const since = new Date(effect.startedMs).toISOString();
  context.err(`${describe(effect)} was begun at ${since} and may or may not have happened.\n`);
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

function describe({ kind, args, seq }: InDoubtEffect): string {
  return `\`${kind}\` ${shownArgs(args)} (entry ${seq})`;
}
