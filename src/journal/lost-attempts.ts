/**
 * A model call that was under way when its process stopped is made again, and the provider may bill both. The program's
 * own books have to know of the first, or its budget would grow with every crash: the first item of the repeated answer
 * says how many attempts came before, and goes into the log like that, so a replay counts the same. Where the program
 * has seen every item already, one that says nothing else follows.
 */

import { isJsonObject } from "../base/index.ts";
import type { RecordedEffect } from "./replayer.ts";
import type { Entry } from "./spec.ts";

const FIELD = "lostAttempts";

/** Attempts of a stream whose ends nobody heard, and which no item has told of yet. */
export function lostAttempts(entries: readonly Entry[], effect: RecordedEffect, seen: readonly unknown[]): number {
  let lost = 1;
  for (const entry of entries) if (entry.type === "resume" && entry.seq > effect.start.seq) lost++;
  return seen.reduce((left: number, item) => left - toldBy(item), lost);
}

function toldBy(item: unknown): number {
  const told = isJsonObject(item) ? item[FIELD] : undefined;
  return typeof told === "number" ? told : 0;
}

/** Model calls are billed by the attempt. */
export function countsAttempts(kind: string): boolean {
  return kind === "model.stream";
}

export function withLostAttempts<Item>(kind: string, item: Item, lost: number): Item {
  return countsAttempts(kind) && lost > 0 && isJsonObject(item) ? { ...item, [FIELD]: lost } : item;
}

/** The item as its source gave it; undefined for one that tells of attempts and nothing else. */
export function withoutLostAttempts(item: unknown): unknown {
  if (!isJsonObject(item) || item[FIELD] === undefined) return item;
  const { [FIELD]: _told, ...rest } = item;
  return Object.keys(rest).length === 0 ? undefined : rest;
}
