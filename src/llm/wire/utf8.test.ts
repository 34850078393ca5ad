import fc from "fast-check";
import { expect, it } from "vitest";
import { utf8Length } from "./utf8.ts";

it("counts the bytes an encoder would write, for any string", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary" }), (text) => {
      expect(utf8Length(text)).toBe(new TextEncoder().encode(text).length);
    }),
  );
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0xd7f0, max: 0xe010 })), (units) => {
      const text = String.fromCharCode(...units);
      expect(utf8Length(text)).toBe(new TextEncoder().encode(text).length);
    }),
  );
});
