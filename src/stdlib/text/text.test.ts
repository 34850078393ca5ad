import { describe, expect, it } from "vitest";
import { caught, shown } from "../../../test/support/run-harn.ts";

describe("text (vi-2)", () => {
  it.each([
    ['format("{} of {}", 1, 2)', "1 of 2"],
    ['format("{} {}", 1)', "1 {}"],
    ['format("{a}{b}", {a: "{b}", b: 2})', "{b}2"],
    ['format("{x} {", {a: 1})', "{x} {"],
    ['trim("  x\\n")', "x"],
    ['uppercase("straße")', "STRASSE"],
    ['split("a,b,", ",")', "[a, b, ]"],
    ['len(split("ab", ""))', "4"],
    ['split("a b")', "[a, b]"],
    ['join([1, nil, "x"], "-")', "1-nil-x"],
    ['join("no list")', ""],
    ['replace("aaa", "a", "b")', "bbb"],
    ['replace("ab", "", "-")', "-a-b-"],
    ['contains("abc", "bc")', "true"],
    ["contains([1, 2], 2.0)", "true"],
    ["contains(5, 5)", "false"],
    ['starts_with("abc", "ab")', "true"],
    ['ends_with("abc", "bc")', "true"],
    // Start and length, unlike the method.
    ['substring("harness", 2, 3)', "rne"],
    ['substring("a😀b", 1, 1)', "😀"],
    ['substring("abc", 9)', ""],
    ['substring("abc", -4, 2)', "ab"],
    ['str_pad("7", 3, "0", "left")', "007"],
    ['str_pad("x", 4, "ab", "both")', "axaa"],
    ['str_pad("é", 3, ".")', "é.."],
    ['str_pad("long", 2)', "long"],
    ['len(unicode_normalize("é", "NFD"))', "2"],
    ['unicode_normalize("e\\u0301" + "", "NFC") == unicode_normalize("e\\u0301")', "true"],
    ['len(unicode_graphemes("🇩🇪👩‍👩‍👧é"))', "3"],
    ['title_case("the  QUICK\\nfox")', "The  Quick\nFox"],
    ['uppercase_first("éa")', "Éa"],
    ['lowercase_first("ABC")', "aBC"],
    ['snake_to_camel("_max__turn_count")', "maxTurnCount"],
    ['snake_to_pascal("max_turn")', "MaxTurn"],
    ['camel_to_snake("parseHTTPHeader2X")', "parse_http_header2_x"],
    ['pascal_to_snake("MaxTurns")', "max_turns"],
    ['camel_to_kebab("maxTurns")', "max-turns"],
    ['kebab_to_camel("max-turns")', "maxTurns"],
    ['kebab_to_snake("max-turns")', "max_turns"],
    ['snake_to_kebab("max_turns")', "max-turns"],
    ['pascal_to_camel("MaxTurns")', "maxTurns"],
    ['camel_to_pascal("maxTurns")', "MaxTurns"],
    ["lowercase(nil)", "nil"],
    ["trim()", ""],
  ])("%s is %s", async (expression, expected) => {
    expect(await shown(expression)).toBe(expected);
  });

  it.each([
    ['str_pad("x", 3, "-", "middle")', "Runtime error: str_pad: side must be left, right, or both"],
    ['unicode_normalize("x", "NFX")', "Runtime error: unicode_normalize: form must be NFC, NFD, NFKC, or NFKD"],
  ])("%s fails", async (expression, expected) => {
    expect(await caught(expression)).toBe(expected);
  });
});

describe("names in paths", () => {
  it.each([
    // path, folder, name, extension
    ["/srv/app/main.harn", "/srv/app", "main.harn", ".harn"],
    ["main.harn", "", "main.harn", ".harn"],
    ["/main", "/", "main", ""],
    ["/", "", "", ""],
    ["a/b/", "a", "b", ""],
    ["a//b", "a", "b", ""],
    ["a/./b", "a", "b", ""],
    ["a/..", "a", "", ""],
    [".bashrc", "", ".bashrc", ""],
    ["x.tar.gz", "", "x.tar.gz", ".gz"],
    ["x.", "", "x.", "."],
  ])("%s", async (path, folder, name, extension) => {
    expect(await shown(`[dirname("${path}"), basename("${path}"), extname("${path}")]`)).toBe(
      `[${folder}, ${name}, ${extension}]`,
    );
  });
});
