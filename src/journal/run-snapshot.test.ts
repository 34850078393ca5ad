import { describe, expect, it } from "vitest";
import { HarnError } from "../base/index.ts";
import { createTail, type Tail } from "./run-snapshot.ts";

const LONG = JSON.stringify({ result: "x".repeat(200) });
const row = (name: string) => JSON.stringify({ name });
const noTasks = new Map<string, number>();

function fill(tail: Tail, from: number, rows: number): number {
  for (let seq = from; seq < from + rows; seq++) tail.row({ seq, body: LONG }, { type: "sync", task: "main" });
  return from + rows;
}

describe("the part of the log that a snapshot may have to hold", () => {
  it("holds the requests of calls under way, with their answers, and single ones", () => {
    const tail = createTail();
    tail.row({ seq: 0, body: row("a") }, { type: "start", task: "main" });
    tail.row({ seq: 1, body: row("b") }, { type: "start", task: "other" });
    tail.row({ seq: 2, body: row("c") }, { type: "end", of: 0 });
    tail.row({ seq: 3, body: row("d") }, { type: "sync", task: "main" });
    tail.row({ seq: 4, body: row("e") }, { type: "chunk", of: 1 });
    const { rows } = tail.cut({ tasks: new Map([["main", 3]]), starts: new Set([1]) });
    expect(rows.map(({ body }) => body)).toEqual(["b", "d", "e"].map(row));
  });

  // Each look through all of it used to be followed by the next one at once.
  it("takes a log of any length without looking through it again and again", () => {
    const tail = createTail();
    tail.row({ seq: 0, body: row("standing") }, { type: "start", task: "stop" });
    fill(tail, 1, 200_000);
    expect(tail.cut({ tasks: noTasks, starts: new Set([0]) }).rows).toEqual([{ seq: 0, body: row("standing") }]);
  });

  it("refuses while a call is under way of which it has lost a part, and not once that is over", () => {
    const tail = createTail();
    const end = fill(tail, 0, 200_000);
    expect(() => tail.cut({ tasks: new Map([["main", 10]]), starts: new Set() })).toThrow(HarnError);
    const { rows } = tail.cut({ tasks: new Map([["main", end - 2]]), starts: new Set() });
    expect(rows.map(({ seq }) => seq)).toEqual([end - 2, end - 1]);
  });

  it("refuses while a request has been lost that is to be made again", () => {
    const tail = createTail();
    fill(tail, 0, 200_000);
    expect(() => tail.cut({ tasks: noTasks, starts: new Set([10]) })).toThrow(HarnError);
    expect(tail.cut({ tasks: noTasks, starts: new Set([199_999]) }).rows).toHaveLength(1);
  });

  it("refuses what refers to a value that it has lost, until that is stored anew", () => {
    const tail = createTail();
    const digest = "d".repeat(43);
    tail.blob({ digest, body: '"a long value"' });
    let seq = fill(tail, 0, 200_000);
    tail.row({ seq: seq++, body: `{"result":{"$ref":"${digest}"}}` }, { type: "start", task: "main" });
    const open = { tasks: noTasks, starts: new Set([seq - 1]) };
    expect(() => tail.cut(open)).toThrow(HarnError);
    tail.blob({ digest, body: '"a long value"' });
    expect(tail.cut(open).blobs).toEqual([{ digest, body: '"a long value"' }]);
  });

  it("does without what only arguments refer to", () => {
    const tail = createTail();
    const digest = "d".repeat(43);
    tail.row({ seq: 0, body: `{"args":{"$list":"${digest}"}}` }, { type: "start", task: "main" });
    const open = { tasks: noTasks, starts: new Set([0]) };
    expect(tail.cut(open).blobs).toEqual([]);
    tail.blob({ digest, body: '"stored again"' });
    expect(tail.cut(open).blobs).toEqual([]);
  });

  it("does not lose a value that is stored before what refers to it", () => {
    const tail = createTail();
    const digest = "d".repeat(43);
    tail.blob({ digest, body: JSON.stringify("y".repeat(9_000_000)) });
    tail.row({ seq: 0, body: `{"result":{"$ref":"${digest}"}}` }, { type: "start", task: "main" });
    expect(tail.cut({ tasks: noTasks, starts: new Set([0]) }).blobs).toHaveLength(1);
  });
});
