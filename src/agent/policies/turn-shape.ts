/** What a single turn of the model should look like (POLICY-04, AGENT-32). */

import { codePointCount, firstCodePoints } from "../tools/code-points.ts";
import { readBoolean, readCount, readDict, refuseUnknownKeys } from "./read-options.ts";

export interface TurnShape {
  /** Text before the first tool use does not count as an answer. Default false. */
  readonly requireActionOrYield: boolean;
  /** The model may end the loop by itself. Default true. */
  readonly allowDoneSentinel: boolean;
  /** Prose longer than this is cut in history. */
  readonly maxProseChars?: number;
}

export const FREE_TURN: TurnShape = { requireActionOrYield: false, allowDoneSentinel: true };

/** @throws HarnError `agent.option`: a malformed policy is never a permissive one (llm 34.30) */
export function readTurnShape(value: unknown, name = "turn_policy"): TurnShape | undefined {
  const dict = readDict(name, value);
  if (dict === undefined) return undefined;
  refuseUnknownKeys(name, dict, ["require_action_or_yield", "allow_done_sentinel", "max_prose_chars"]);
  const maxProseChars = readCount(`${name}.max_prose_chars`, dict["max_prose_chars"]);
  return {
    requireActionOrYield: readBoolean(`${name}.require_action_or_yield`, dict["require_action_or_yield"]) ?? false,
    allowDoneSentinel: readBoolean(`${name}.allow_done_sentinel`, dict["allow_done_sentinel"]) ?? true,
    ...(maxProseChars === undefined ? {} : { maxProseChars }),
  };
}

export function isProseTooLong(prose: string, { maxProseChars }: TurnShape): boolean {
  return maxProseChars !== undefined && codePointCount(prose.trim()) > maxProseChars;
}

/** Trimmed, and cut with a mark where the turn policy says so. */
export function cutProse(prose: string, shape: TurnShape): string {
  const trimmed = prose.trim();
  if (shape.maxProseChars === undefined || !isProseTooLong(trimmed, shape)) return trimmed;
  return `${firstCodePoints(trimmed, shape.maxProseChars)}\n\n<assistant prose cut by the turn policy; keep prose brief and act>`;
}

export type ToolChannel = "native" | "text";

/** The nudge of an action stage; undefined where the turn policy does not ask for action. */
export function actionNudge(
  shape: TurnShape,
  channel: ToolChannel,
  hasTools: boolean,
  sentinel: string,
  proseTooLong: boolean,
): string | undefined {
  if (!shape.requireActionOrYield) return undefined;
  const brevity =
    shape.maxProseChars === undefined
      ? "Keep prose short, then"
      : `Keep prose to at most ${shape.maxProseChars} characters, then`;
  const act = !hasTools
    ? "make progress in your reply"
    : channel === "native"
      ? "call a tool through the provider's tool channel"
      : "call a tool in a well-formed <tool_call> block";
  const done = !shape.allowDoneSentinel
    ? ""
    : ` or, if the task is really complete, ${doneForm(channel, hasTools, sentinel)}`;
  const late = proseTooLong ? " Your last reply was mostly prose." : "";
  return `${brevity} ${act}, switch phase${done}.${late}`;
}

/** How the model says that it is done, in the words of an instruction. */
export function doneForm(channel: ToolChannel, hasTools: boolean, sentinel: string): string {
  return channel === "native" || !hasTools
    ? `include \`${sentinel}\` exactly once in your text`
    : `emit \`<done>${sentinel}</done>\` as a block of its own`;
}
