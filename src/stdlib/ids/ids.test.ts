import { describe, expect, it } from "vitest";
import { caught, printed, shown } from "../../../test/support/run-harn.ts";

describe("UUIDs (RFC 9562)", () => {
  it("version 4: random, and the host's randomness decides", async () => {
    const [first, second] = await printed("println(uuid())\nprintln(uuid())", { seed: 5 });
    expect(first).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    expect(second).not.toBe(first);
    expect(await printed("println(uuid())", { seed: 5 })).toEqual([first]);
  });

  it("version 7: the time, and in order within a millisecond", async () => {
    const program =
      "var ids = []\nfor _ in range(5000) {\n  ids = ids.push(uuid_v7())\n}\nprintln(ids[0])\nprintln(ids == ids.sort() && len(ids.unique()) == 5000)";
    const [first, ordered] = await printed(program, { startMs: 0x0123_4567_89ab });
    expect(first).toMatch(/^01234567-89ab-7[0-7][0-9a-f]{2}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    expect(ordered).toBe("true");
  });

  it.each([
    // The example of the standard, appendix A.4.
    ['uuid_v5("dns", "www.example.com")', "2ed6657d-e927-568b-95e1-2665a8aea6a2"],
    ['uuid_v5("6ba7b810-9dad-11d1-80b4-00c04fd430c8", "www.example.com")', "2ed6657d-e927-568b-95e1-2665a8aea6a2"],
    ['uuid_v5("NAMESPACE_DNS", "www.example.com")', "2ed6657d-e927-568b-95e1-2665a8aea6a2"],
    ['uuid_parse("6BA7B8109DAD11D180B400C04FD430C8")', "6ba7b810-9dad-11d1-80b4-00c04fd430c8"],
    ['uuid_parse("{6ba7b810-9dad-11d1-80b4-00c04fd430c8}")', "6ba7b810-9dad-11d1-80b4-00c04fd430c8"],
    ['uuid_parse("urn:uuid:6ba7b810-9dad-11d1-80b4-00c04fd430c8")', "6ba7b810-9dad-11d1-80b4-00c04fd430c8"],
    ['uuid_parse("6ba7b810-9dad11d1-80b4-00c04fd430c8")', "nil"],
    ['uuid_parse("{6ba7b810-9dad-11d1-80b4-00c04fd430c8")', "nil"],
    ['uuid_parse("x")', "nil"],
    ["uuid_nil()", "00000000-0000-0000-0000-000000000000"],
  ])("%s is %s", async (expression, expected) => {
    expect(await shown(expression)).toBe(expected);
  });

  it.each([
    ['uuid_v5("toString", "x")', "Runtime error: uuid_v5: namespace must be a UUID or one of dns/url/oid/x500"],
    ['uuid_v5("dns")', "Runtime error: uuid_v5(namespace, name): requires namespace and name"],
  ])("%s fails", async (expression, expected) => {
    expect(await caught(expression)).toBe(expected);
  });
});
