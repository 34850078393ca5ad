import { expect, test } from "vitest";
import type { Host } from "../../base/index.ts";
import { createVirtualHost } from "../../testing/index.ts";
import { createEnvSettings } from "./env-settings.ts";

function counting(env: Record<string, string>) {
  const inner = createVirtualHost({ env });
  const asked: string[] = [];
  const host: Host = {
    ...inner,
    sync(kind, args) {
      asked.push((args as { name: string }).name);
      return inner.sync(kind, args);
    },
  };
  return { host, asked };
}

test("each variable is asked for once, also when it is not set", () => {
  const { host, asked } = counting({ SET: "yes", EMPTY: "" });
  const settings = createEnvSettings(host);
  for (let i = 0; i < 3; i++) {
    expect([settings.get("SET"), settings.get("EMPTY"), settings.get("UNSET")]).toEqual(["yes", "", undefined]);
  }
  expect(asked).toEqual(["SET", "EMPTY", "UNSET"]);
});

test("what one host has told, the other is not asked", () => {
  const [first, second] = [counting({ A: "1", B: "1" }), counting({ A: "2", B: "2" })];
  const settings = createEnvSettings(first.host);
  expect(settings.get("A")).toBe("1");
  const other = settings.through(second.host);
  expect([other.get("A"), other.get("B"), settings.get("B")]).toEqual(["1", "2", "2"]);
  expect([first.asked, second.asked]).toEqual([["A"], ["B"]]);
});

test("what was kept is not asked for again", () => {
  const settings = createEnvSettings(counting({ A: "1" }).host);
  settings.get("A");
  settings.get("B");
  const saved = settings.save();
  expect(saved).toEqual({ A: "1", B: null });
  const { host, asked } = counting({ A: "other", B: "other", C: "3" });
  const later = createEnvSettings(host);
  later.load(JSON.parse(JSON.stringify(saved)));
  expect([later.get("A"), later.get("B"), later.get("C")]).toEqual(["1", undefined, "3"]);
  expect(asked).toEqual(["C"]);
});
