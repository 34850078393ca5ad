import { describe, expect, it } from "vitest";
import type { Json } from "../../base/index.ts";
import {
  applyLedgerCall,
  EMPTY_LEDGER,
  isLedgerEmpty,
  openItemsFeedback,
  readTaskLedger,
  renderLedger,
  type TaskLedger,
  unresolvedDeliverables,
} from "./task-ledger.ts";

describe("task ledger", () => {
  const plan: TaskLedger = readTaskLedger({ root_task: " Build it ", deliverables: ["one", "", "three", 4] });

  it("LEDGER-02 LEDGER-03 shorthands: trimmed, blanks skipped, ids by original position", () => {
    expect(plan).toEqual({
      root_task: "Build it",
      deliverables: [
        { id: "deliverable-1", text: "one", status: "open", note: null },
        { id: "deliverable-3", text: "three", status: "open", note: null },
        { id: "deliverable-4", text: "4", status: "open", note: null },
      ],
      rationale: "",
      observations: [],
    });
    expect(readTaskLedger({ root_task: 5, deliverables: "x" })).toEqual(EMPTY_LEDGER);
  });

  it("LEDGER-01 a ledger that fits is used whole, one that does not falls through", () => {
    const whole = { root_task: "r", deliverables: [{ id: "a", text: "t", status: "done" }] };
    expect(readTaskLedger({ task_ledger: whole, root_task: "ignored" })).toMatchObject({
      root_task: "r",
      deliverables: [{ id: "a", status: "done", note: null }],
    });
    for (const bad of [
      "x",
      { deliverables: {} },
      { deliverables: [{ status: "maybe" }] },
      { root_task: 1 },
      { observations: [1] },
    ]) {
      expect(readTaskLedger({ task_ledger: bad, root_task: "used" }).root_task).toBe("used");
    }
  });

  it("LEDGER-04 open and blocked items hold up completion, no items never do", () => {
    const statuses = ["open", "done", "blocked", "dropped"] as const;
    const ledger = { ...plan, deliverables: statuses.map((status) => ({ id: status, text: "t", status, note: null })) };
    expect(unresolvedDeliverables(ledger).map((item) => item.id)).toEqual(["open", "blocked"]);
    expect(unresolvedDeliverables({ ...EMPTY_LEDGER, rationale: "x" })).toEqual([]);
  });

  it.each<[Json, string | undefined]>([
    [{ action: "add", text: " new " }, "deliverable deliverable-5 added"],
    [{ action: "add", text: "new", id: "own" }, "deliverable own added"],
    [{ action: "mark", id: "deliverable-1", status: "Done" }, "deliverable deliverable-1 marked done"],
    [
      { action: "mark", id: "deliverable-1", status: "dropped", note: "why" },
      "deliverable deliverable-1 marked dropped",
    ],
    [{ action: "rationale", text: "because" }, "rationale updated"],
    [{ action: "note", text: "seen" }, "observation recorded"],
  ])("LEDGER-05 %j", (call, summary) => {
    expect(applyLedgerCall(plan, call)).toMatchObject({ ok: true, summary });
  });

  it.each<[Json, RegExp]>([
    [{}, /`action` is missing/],
    [{ action: "dance" }, /unknown action "dance"/],
    [{ action: "add", text: " " }, /not blank/],
    [{ action: "add", text: "x", id: "deliverable-1" }, /there is a deliverable `deliverable-1` already/],
    [
      { action: "mark", id: "ghost", status: "done" },
      /no deliverable `ghost`; there are: deliverable-1, deliverable-3/,
    ],
    [{ action: "mark", id: "deliverable-1", status: "maybe" }, /status "maybe" is not one of/],
    [{ action: "mark", id: "deliverable-1", status: "blocked" }, /needs a `note`/],
    [{ action: "mark", status: "done" }, /`id` is missing/],
    [{ action: "note", text: "" }, /not blank/],
    [{ action: "rationale" }, /must be a string/],
    [{ action: "seed_plan", deliverables: ["x"] }, /there is a plan already/],
    [{ action: "seed_plan" }, /list of strings/],
    ["text", /`action` is missing/],
  ])("LEDGER-05 %j is refused", (call, error) => {
    const change = applyLedgerCall(plan, call);
    expect(change.ok).toBe(false);
    expect((change as { error: string }).error).toMatch(error);
  });

  it("LEDGER-05 seeding wants an empty plan and texts that are not blank", () => {
    expect(applyLedgerCall(EMPTY_LEDGER, { action: "seed_plan", deliverables: ["a", "b"] })).toMatchObject({
      ok: true,
      summary: "ledger seeded with 2 deliverables",
    });
    expect(applyLedgerCall(EMPTY_LEDGER, { action: "seed_plan", deliverables: ["a", " "] })).toMatchObject({
      ok: false,
      error: expect.stringContaining("deliverables[1]"),
    });
  });

  it("LEDGER-07 the block shows root, items with notes, rationale and the last five observations", () => {
    const ledger: TaskLedger = {
      root_task: "Build",
      deliverables: [{ id: "a", text: "thing", status: "blocked", note: "waiting" }],
      rationale: "why",
      observations: ["1", "2", "3", "4", "5", "6"],
    };
    expect(renderLedger(ledger)).toBe(
      "<task_ledger>\nroot_task: Build\ndeliverables:\n  [a] (blocked) thing — waiting\nrationale: why\nobservations:\n  - 2\n  - 3\n  - 4\n  - 5\n  - 6\n</task_ledger>",
    );
    expect(renderLedger({ ...EMPTY_LEDGER, root_task: "only a root" })).toBe("");
    expect(isLedgerEmpty({ ...EMPTY_LEDGER, root_task: "x" })).toBe(true);
  });

  it("LEDGER-08 the refusal lists every unresolved item with id and status", () => {
    const text = openItemsFeedback(plan);
    for (const item of plan.deliverables) expect(text).toContain(`[${item.id}] (open) ${item.text}`);
    expect(text).toContain("3 item(s)");
  });
});
