import { describe, expect, it } from "vitest";
import { caught, printed, shown } from "../../../test/support/run-harn.ts";

const REPORT = `<?xml version="1.0"?>
<testsuites><testsuite name="s">
  <testcase classname="C" name="passes" time="0.0015"/>
  <testcase classname='C' name='says "a &gt; b"' time="0.002">
    <failure message="boom &amp; more">at line 1</failure>
    <system-out><![CDATA[raw <xml> & text]]></system-out>
  </testcase>
  <testcase name="broken"><error message="no &#x21; &#10;"/><system-err>  err  </system-err></testcase>
  <testcase classname="C" name="later"><skipped/></testcase>
  <testcase name="a > b in quotes"/>
  <testcases name="not a case"/>
</testsuite></testsuites>`;

describe("test results", () => {
  it("of all kinds", async () => {
    const program =
      'for c in parse_junit_xml(read_file("report.xml")) {\n  println([c.name, c.status, c.duration_ms, c.message, c.stdout, c.stderr])\n}';
    expect(await printed(program, { files: { "report.xml": REPORT } })).toEqual([
      "[C::passes, passed, 1, nil, nil, nil]",
      '[C::says "a > b", failed, 2, boom & more',
      "at line 1, raw <xml> & text, nil]",
      "[broken, errored, 0, no ! ",
      ", nil, err]",
      "[C::later, skipped, 0, nil, nil, nil]",
      "[a > b in quotes, passed, 0, nil, nil, nil]",
    ]);
  });

  it.each([
    ['parse_junit_xml("no xml")', "[]"],
    ["parse_junit_xml(nil)", "[]"],
    ['parse_junit_xml(bytes_from_hex("ff"))', "[]"],
    ["len(parse_junit_xml(\"<testcase name='a'/><testcase name='b'>cut off\"))", "1"],
    ['len(parse_junit_xml("<testcase name=\'a"))', "0"],
    ["parse_junit_xml(\"<testcase name='a' time='soon'/>\")[0].duration_ms", "0"],
  ])("%s is %s", async (expression, expected) => {
    expect(await shown(expression)).toBe(expected);
  });

  it("of anything else are an error", async () => {
    expect(await caught("parse_junit_xml(1)")).toBe("parse_junit_xml: expected string or bytes, got int");
  });
});
