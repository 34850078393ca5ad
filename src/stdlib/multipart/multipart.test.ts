import { describe, expect, it } from "vitest";
import { caught, printed } from "../../../test/support/run-harn.ts";

const body = (...lines: string[]): string => lines.join("\r\n");
const TYPE = "multipart/form-data; boundary=X";
const GOOD = body("--X", 'Content-Disposition: form-data; name="a"', "", "1", "--X--", "");

const parsed = (text: string, type = TYPE, options = "nil"): Promise<string> =>
  caught(`multipart_parse(read_file("body"), read_file("type"), ${options}).field_count`, {
    files: { body: text, type },
  });

describe("reading forms (RFC 7578)", () => {
  it.each<[string, string, string]>([
    ["a form", GOOD, "no error: 1"],
    ["an empty form", body("--X--"), "no error: 0"],
    ["without a start", "x", "multipart_parse: body does not start with multipart boundary"],
    ["with something after the end", `${GOOD}more`, "multipart_parse: unexpected bytes after closing boundary"],
    ["cut off in the headers", body("--X", "A: b"), "multipart_parse: part is missing header terminator"],
    ["cut off in the content", body("--X", "A: b", "", "1"), "multipart_parse: part is missing following boundary"],
    [
      "a header without a colon",
      body("--X", "nonsense", "", "1", "--X--"),
      "multipart_parse: malformed part header line `nonsense`",
    ],
    [
      "without a disposition",
      body("--X", "A: b", "", "1", "--X--"),
      "multipart_parse: part is missing Content-Disposition header",
    ],
    [
      "an attachment",
      body("--X", "Content-Disposition: attachment", "", "1", "--X--"),
      "multipart_parse: expected form-data disposition, got attachment",
    ],
    [
      "without a name",
      body("--X", "Content-Disposition: form-data", "", "1", "--X--"),
      "multipart_parse: part Content-Disposition is missing name",
    ],
    [
      "a longer boundary at the start",
      body("--XY", "A: b", "", "1", "--X--"),
      "multipart_parse: malformed boundary delimiter line",
    ],
  ])("%s", async (_name, text, expected) => {
    expect((await parsed(text)).replace("Runtime error: ", "")).toBe(expected);
  });

  it.each([
    ["text/plain", "multipart_parse: expected multipart/form-data content type, got text/plain"],
    ["multipart/form-data", "multipart_parse: content type is missing boundary"],
    ['multipart/form-data; boundary=""', "multipart_parse: boundary must not be empty"],
    [
      "multipart/form-data; boundary=a{b",
      "multipart_parse: boundary contains a character that is not valid in multipart/form-data",
    ],
    [`multipart/form-data; boundary=${"x".repeat(71)}`, "multipart_parse: boundary must be at most 70 bytes"],
    ['multipart/form-data; charset="a;b"; boundary="X"', "no error: 1"],
  ])("%s", async (type, expected) => {
    expect((await parsed(GOOD, type)).replace("Runtime error: ", "")).toBe(expected);
  });

  it.each([
    ["{max_fields: 0}", "multipart_parse: field count exceeds max_fields 0"],
    ["{max_field_bytes: 0}", "multipart_parse: field size 1 exceeds max_field_bytes 0"],
    ["{max_total_bytes: 3}", `multipart_parse: total body size ${GOOD.length} exceeds max_total_bytes 3`],
    ["{max_fields: -1}", "multipart_parse: max_fields must be non-negative, got -1"],
    ['{max_fields: "1"}', "multipart_parse: max_fields must be an int, got string"],
  ])("limits %s", async (options, expected) => {
    expect((await parsed(GOOD, TYPE, options)).replace("Runtime error: ", "")).toBe(expected);
  });
});

describe("writing forms", () => {
  it("everything comes back, bytes that look like a boundary too", async () => {
    const program = `let data = bytes_from_string("--X\\n--")
let form = multipart_form_data([
  {name: "q\\"uo;te", filename: "a\\\\b.txt", content_type: "text/plain", content: data, headers: {["X-A"]: "1"}},
  {name: "empty", value: ""},
])
let back = multipart_parse(form.body, form.content_type).fields
println([back[0].name, back[0].filename, back[0].content_type, back[0].headers["x-a"], back[0].bytes == data])
println([back[1].name, back[1].filename, back[1].text])
println(form.boundary == multipart_form_data([{name: "a", content: "b"}]).boundary)
println(multipart_form_data([{name: "a", content: "b"}]).body == multipart_form_data([{name: "a", content: "b"}]).body)`;
    expect(await printed(program)).toEqual([
      '[q"uo;te, a\\b.txt, text/plain, 1, true]',
      "[empty, nil, ]",
      "false",
      "true",
    ]);
  });

  it.each([
    ["multipart_form_data(1)", "fields must be a list, got int"],
    ["multipart_form_data([1])", "field 1 must be a dict, got int"],
    ['multipart_form_data([{content: "x"}])', "field is missing name"],
    ['multipart_form_data([{name: "", content: "x"}])', "name must not be empty"],
    ['multipart_form_data([{name: "a"}])', "field is missing content"],
    ['multipart_form_data([{name: "a", content: 1}])', "content must be bytes or string, got int"],
    ['multipart_form_data([{name: "a\\nb", content: ""}])', "field name must be single-line"],
    [
      'multipart_form_data([{name: "a", content: "", headers: {["content-type"]: "x"}}])',
      "content-type is managed by multipart_form_data",
    ],
    [
      'multipart_form_data([{name: "a", content: "xBx"}], {boundary: "B"})',
      "boundary occurs in field content; choose another",
    ],
    [
      'multipart_form_data([], {boundary: "a b"})',
      "boundary contains a character that is not valid in multipart/form-data",
    ],
  ])("%s fails", async (expression, expected) => {
    expect(await caught(expression)).toBe(`Runtime error: multipart_form_data: ${expected}`);
  });
});
