import { describe, expect, it } from "vitest";
import { printed } from "../../../test/support/run-harn.ts";
import { formatSource } from "../../lang/index.ts";
import { loadProgram } from "../../runtime/index.ts";
import { createVirtualHost } from "../../testing/index.ts";
import { standardModules } from "./index.ts";

describe("every module", () => {
  it.each([...standardModules])(
    "std/%s is formatted and has nothing that the checker would say",
    async (_name, text) => {
      const formatted = formatSource(text);
      expect("text" in formatted ? formatted.text.trim() : formatted).toBe(text.trim());
      const host = createVirtualHost();
      const { diagnostics } = await host.drive(loadProgram({ host, path: "/home/harn/module.harn", text }));
      expect(diagnostics.map(({ diagnostic }) => `${diagnostic.severity}: ${diagnostic.message}`)).toEqual([]);
    },
  );

  it("an unknown one is an error that names a close one", async () => {
    await expect(printed('import "std/mat"')).rejects.toThrow("Unknown stdlib module: std/mat");
  });
});

/** The lines that expressions print after an import. */
async function values(module: string, expressions: readonly string[]): Promise<string[]> {
  return printed(`import "std/${module}"\n${expressions.map((each) => `println(${each})`).join("\n")}`);
}

describe("std/math", () => {
  it.each([
    ["clamp(5, 0, 3)", "3"],
    ["map_range(5.0, 0, 10, 0, 100)", "50.0"],
    ["sum([])", "0"],
    ["avg([])", "0"],
    ["median([4, 1, 3, 2])", "2.5"],
    ["median([3, 1, 2])", "2"],
    ["percentile([10, 20, 30], 75)", "25.0"],
    ["argsort([3, 1, 2])", "[1, 2, 0]"],
    ["top_k([1, 3, 2, 3], 3)", "[3, 3, 2]"],
    ['top_k(["bb", "a", "cc"], 2, { x -> len(x) })', "[bb, cc]"],
    ["variance([1, 3], true)", "2.0"],
    ["minmax_scale([1, 2, 3])", "[0.0, 0.5, 1.0]"],
    ["zscore([5, 5])", "[0.0, 0.0]"],
    ["weighted_mean([1, 3], [3, 1])", "1.5"],
    ['weighted_choice(["a", "b"], [0, 1])', "b"],
    ["softmax([1, 1])", "[0.5, 0.5]"],
    ["round(normal_pdf(0) * 1000000000)", "398942280"],
    ["normal_cdf(0)", "0.5"],
    ["abs(normal_quantile(0.5)) < 0.0000000001", "true"],
    ["dot([1, 2], [3, 4])", "11.0"],
    ["vector_normalize([3, 4])", "[0.6, 0.8]"],
    ["chebyshev_distance([1, 2], [4, 6])", "4.0"],
    ["correlation([1, 2, 3], [3, 2, 1])", "-1.0"],
    ["moving_avg([1, 2, 3], 2)", "[1.5, 2.5]"],
    ["ema([10, 20], 0.5)", "[10.0, 15.0]"],
    ["kmeans([[0], [1], [9]], 2).counts", "[2, 1]"],
    ["kmeans([[0], [9]], 2, {max_iterations: 1}).converged", "false"],
    ["kmeans([[1], [1]], 2).inertia", "0.0"],
  ])("%s is %s", async (expression, expected) => {
    expect(await values("math", [expression])).toEqual([expected]);
  });

  // Values of the distribution function to ten digits, from tables.
  it.each([
    [1, "0.8413447461"],
    [1.96, "0.9750021049"],
    [3.5, "0.9997673709"],
    [-2, "0.0227501319"],
    [-6, "0.0000000010"],
  ])("normal_cdf(%d)", async (z, expected) => {
    const [value] = await values("math", [`normal_cdf(${z})`]);
    expect(Math.abs(Number(value) - Number(expected))).toBeLessThan(5.1e-11);
  });

  it.each([0.001, 0.025, 0.3, 0.5, 0.9, 0.999999, 1e-9])("the quantile of %d undoes the distribution", async (p) => {
    const [value] = await values("math", [`normal_cdf(normal_quantile(${p.toFixed(9)}, 10, 3), 10, 3)`]);
    expect(Math.abs(Number(value) - p) / p).toBeLessThan(1e-9);
  });

  it.each([
    ["moving_avg([1], 2)", "window must not exceed the number of items"],
    ["moving_avg([1], 0.5)", "window must be an integer"],
    ["ema([1], 1)", "alpha must be between 0 and 1"],
    ["kmeans([[1]], 0)", "k must be at least 1"],
    ["kmeans([[1], [1, 2]], 1)", "all points must have the same dimension"],
    ['sum(["x"])', "items must contain only numbers"],
    ["top_k([1], -1)", "k must be non-negative"],
  ])("%s fails", async (expression, expected) => {
    const lines = await printed(`import "std/math"\ntry {\n  println(${expression})\n} catch (e) {\n  println(e)\n}`);
    expect(lines).toEqual([expected]);
  });
});

describe("std/json", () => {
  it("writes JSON for people", async () => {
    expect(await values("json", ['pretty({b: [1, {}], a: {x: "q\\"", y: []}, c: nil})'])).toEqual([
      "{",
      '  "a": {',
      '    "x": "q\\"",',
      '    "y": []',
      "  },",
      '  "b": [',
      "    1,",
      "    {}",
      "  ],",
      '  "c": null',
      "}",
    ]);
  });

  it("takes records apart and puts them together, and reads what may be malformed", async () => {
    const lines = await values("json", [
      'safe_parse("[1")',
      'safe_parse("[1]")',
      "merge({a: 1, b: 1}, {b: 2})",
      'pick({a: 1, b: nil, c: 3}, ["a", "b", "x"])',
      'omit({a: 1, b: 2}, ["a", "x"])',
    ]);
    expect(lines).toEqual(["nil", "[1]", "{a: 1, b: 2}", "{a: 1}", "{b: 2}"]);
  });
});

describe("std/schema", () => {
  it("fields are required unless something else is said", async () => {
    const program = `import "std/schema"
let user = schema_object({
  name: schema_string(),
  nick: schema_field(schema_string(), false),
  role: schema_default(schema_string(), "user"),
  home: schema_object({city: schema_string()}),
})
println(user.required)
println(get_typed_value({name: "Ada", home: {city: "X"}}, user, true).role)
println(is_err(get_typed_result({name: "Ada", home: {}}, user)))
println(is_type(nil, schema_nullable(schema_int())))
println(is_type([1, 2], schema_list(schema_int(), {max_items: 1})))
println(is_type({a: 1}, schema_dict(schema_int())))
println(is_type("b", schema_union([schema_int(), schema_enum(["a", "b"])])))`;
    expect(await printed(program)).toEqual(["[home, name]", "user", "true", "true", "false", "true", "true"]);
  });
});

describe("std/async", () => {
  it("waits, tries again, and gives up", async () => {
    const program = `import "std/async"
let n = atomic(0)
let start = monotonic_ms()
println(wait_for(100, 30, { -> atomic_add(n, 1) == 2 }))
println(monotonic_ms() - start)
println(wait_for(50, 20, { -> false }))
println(monotonic_ms() - start)
println(retry_until(3, { -> nil }))
println(retry_with_backoff(3, 10, { -> atomic_add(n, 1) > 4 }))
println(monotonic_ms() - start)`;
    expect(await printed(program)).toEqual([
      "Result.Ok(true)",
      "60",
      "Result.Err(timeout)",
      "110",
      "Result.Err(exhausted)",
      "Result.Ok(true)",
      "140",
    ]);
  });

  it("a circuit opens after failures and lets nothing through", async () => {
    const program = `import "std/async"
circuit_breaker("api", 1, 1000)
println(circuit_call("api", { -> throw "down" }))
println(circuit_call("api", { -> 1 }))
sleep(1s)
println(circuit_call("api", { -> 2 }))`;
    expect(await printed(program)).toEqual(["Result.Err(down)", "Result.Err(circuit_open)", "Result.Ok(2)"]);
  });
});

describe("std/text", () => {
  it("paths and cells out of what models write", async () => {
    const program = `import "std/text"
println(extract_paths("See (src/a.rs), \\"./b/c.test.go\\".\\n# /not/this.txt\\nno slash: x.py\\nsrc/a.rs again/"))
println(parse_cells("\`\`\`\\nplain\\n\`\`\`\\n\`\`\`call\\nwrite_file(x)\\n\`\`\`\\n\`\`\`js\\nopen"))
println(filter_test_cells([{type: "call", code: "read x"}, {type: "call", code: "write_file y"}], "y"))
println(truncate_head_tail("1\\n2\\n3\\n4\\n5", 1))`;
    expect(await printed(program)).toEqual([
      "[./b/c.test.go, src/a.rs]",
      "[{code: plain, lang: nil, type: code}, {code: write_file(x), lang: nil, type: call}]",
      "[{code: write_file y, type: call}]",
      "1",
      "... (3 lines omitted) ...",
      "5",
    ]);
  });
});

describe("std/context", () => {
  it("keeps to its size and says what was cut off", async () => {
    const program = `import "std/context"
let ctx = context_add(context([section("a", "x" * 100), section("off", "no", {enabled: false})]), section("b", "later"))
println(context_render(ctx, {max_chars: 40}))
println(context_render(ctx, {include_headers: false, section_max_chars: 5, separator: "|"}))
println(clip_text("x" * 20, 10))
println(starts_with(prompt_compose("Do it", ctx, {task_label: "Step"}).prompt, "<workflow_task>\\n<label>Step</label>"))`;
    expect(await printed(program)).toEqual([
      "[a]",
      `${"x".repeat(21)}`,
      "...[truncated]",
      "xxxxx|later",
      "xxxxxxxxxx",
      "true",
    ]);
  });
});

describe("std/experiments and std/path", () => {
  it("experiments find and replace messages, and order them by seed", async () => {
    const lines = await values("experiments", [
      'latest_string_user_message([message("user", "a"), message("user", [1]), message("system", "s")])',
      "latest_string_user_message([])",
      'replace_message([1, 2], 1, "x")',
      "prompt_order_permutation({seed: 4}).label",
    ]);
    expect(lines).toEqual([
      "{index: 0, message: {content: a, role: user}}",
      "nil",
      "[1, x]",
      "prompt_order_permutation(seed: 4)",
    ]);
  });

  it("paths have parts, one spelling, and are absolute or not", async () => {
    const lines = await values("path", [
      'ext("a/b.tar.gz")',
      'stem("a/b.tar.gz")',
      'normalize("a\\\\b")',
      'is_absolute("C:/x")',
      'is_absolute("x/y")',
    ]);
    expect(lines).toEqual(["gz", "b", "a/b", "true", "false"]);
  });
});
