import { chmodSync, existsSync, mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { makeFolders } from "./make-folders.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "harn-folders-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

const codeOf = (work: () => void): unknown => {
  try {
    work();
  } catch (error) {
    return (error as NodeJS.ErrnoException).code;
  }
  return "none";
};

describe("folders", () => {
  it("are made with those above, in the mode that is asked for; existing ones stay as they are", () => {
    const path = join(folder, "a/b/c");
    makeFolders(path, 0o700);
    expect([path, join(folder, "a")].map((each) => statSync(each).mode & 0o777)).toEqual([0o700, 0o700]);
    chmodSync(path, 0o500);
    makeFolders(path);
    expect(statSync(path).mode & 0o777).toBe(0o500);
  });

  it("are not made of files, nor below them", () => {
    const file = join(folder, "file");
    writeFileSync(file, "");
    expect(codeOf(() => makeFolders(file))).toBe("EEXIST");
    expect(codeOf(() => makeFolders(join(file, "a/b")))).toBe("ENOTDIR");
  });

  // Where there is no such file system, there is nothing to be seen.
  it.runIf(existsSync("/proc/self"))("are refused, not tried for ever, where nobody can make one", () => {
    expect(codeOf(() => makeFolders("/proc/harn/a"))).toMatch(/^(ENOENT|EACCES|EPERM|EROFS)$/);
  });
});
