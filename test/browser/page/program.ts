/** One program, run by a page, a worker and Node: it prints the same everywhere. */

import { loadProgram, startProgram } from "harn";
import type { Host } from "harn/base";

const PROGRAM = `
import { truncate_head_tail } from "std/text"

fn double(n: int) -> int {
  return n * 2
}

fn first_word(text) {
  return regex_captures("([a-z]+)", text)[0].groups[0]
}

let numbers = [1, 2, 3]
println(numbers.map(double))

// At once, with results in order: the last is ready first.
println(parallel each numbers { n ->
  sleep((4 - n) * 5)
  n * n
})

let words = channel("words", 2)
let reader = spawn {
  var heard = []
  for word in words { heard = heard + [word] }
  heard
}
for word in ["one", "two", "three"] { send(words, word) }
close_channel(words)
println(await(reader))

try {
  deadline 20ms { sleep(1h) }
} catch (e) {
  println("too late: \${e}")
}

println(first_word("  lamp, chair"))
println(truncate_head_tail("short", 100))
println(json_stringify({b: [1, 2.5, nil], a: json_parse("{\\"deep\\": {\\"x\\": true}}")}))
println(sha256("lamp"))
println(base64_decode(base64_encode("Grüße")))
println(9223372036854775807 + 1)
println("é🙂".len())
`;

export interface Ran {
  readonly status: string;
  readonly output: string;
}

/** Loads the program by its text, runs it, and tells what it printed. */
export async function runProgram(host: Host, text: string = PROGRAM): Promise<Ran> {
  const { program, diagnostics } = await loadProgram({ host, path: "/main.harn", text });
  const complaints = diagnostics.map(({ diagnostic }) => `${diagnostic.code}: ${diagnostic.message}`);
  if (program === undefined) return { status: "not loaded", output: complaints.join("\n") };
  let output = complaints.join("\n");
  const outcome = await startProgram(program, { host, output: { write: (more) => (output += more) } }).outcome;
  if (outcome.status === "failed") output += outcome.failure.display();
  return { status: outcome.status, output };
}
