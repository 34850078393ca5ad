import { expect, it } from "vitest";
import { createSourceFile } from "../../lang/index.ts";
import { renderFileDiagnostics } from "./render.ts";

it("findings of one file share what is known about its lines, under the shorter name", () => {
  const file = createSourceFile("/project/a.harn", "let a = 1\nlet b = 2\n");
  let lookups = 0;
  const counted = {
    ...file,
    position(offset: number) {
      lookups++;
      return file.position(offset);
    },
  };
  const finding = (start: number) => ({
    file: counted,
    diagnostic: { code: "HARN-L001", severity: "warning", message: "Unused", span: { start, end: start + 1 } } as const,
  });
  const text = renderFileDiagnostics([finding(4), finding(14)], { color: false, cwd: "/project" });
  expect(text.match(/--> .*/g)).toEqual(["--> a.harn:1:5", "--> a.harn:2:5"]);
  expect(lookups).toBeGreaterThanOrEqual(2);
});
