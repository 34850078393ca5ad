// Our agent loop driven from a Harn program: one virtual machine, a task for each conversation. The program gets its
// work and gives its results through four builtins of this file. A program sees text as it comes through `llm_stream`, so
// that is what the two scenarios about text measure here.
import { createHost, entry } from "./our-package.mjs";
import { prompt, system, tool } from "./tool.mjs";

const { createModelTraffic } = await entry("node");
const { loadSource } = await entry("harn");
const { internalNatives, standardBuiltins, standardGlobals, standardMethods } = await entry("stdlib");
const { dictOf, Vm } = await entry("vm");

const source = `
let tools = tool_define(tool_registry(), "${tool.name}", "${tool.description}", {
  parameters: {key: {type: "string", description: "The key to look up"}},
  handler: { args -> bench_tool(args.key) },
})

fn converse(job) {
  if job.model == "" {
    agent_session_close(job.session)
    return
  }
  let options = {provider: "openai", model: job.model, session_id: job.session}
  if job.streams {
    for piece in llm_stream("${prompt}", "${system}", options) { bench_text(job.session, piece) }
  } else {
    let result = agent_loop("${prompt}", "${system}", {...options, tools: tools, tool_format: "native"})
    bench_text(job.session, result.visible_text)
  }
}

while true {
  let job = bench_next()
  spawn {
    try {
      converse(job)
      bench_done(job.session, nil)
    } catch (error) {
      bench_done(job.session, to_string(error))
    }
  }
}
`;

export function createClient(baseUrl) {
  const jobs = [];
  const open = new Map();
  let idle;
  const natives = [
    {
      kind: "async",
      name: "bench_next",
      impl: async () => {
        while (jobs.length === 0) await new Promise((resolve) => (idle = resolve));
        const { session, model } = jobs.shift();
        const streams = !model.startsWith("gpt-turns-");
        return dictOf(new Map(Object.entries({ session, model, streams })));
      },
    },
    { kind: "pure", name: "bench_text", impl: ([session, text]) => void open.get(session).onText(text) },
    { kind: "pure", name: "bench_tool", impl: ([key]) => JSON.stringify(tool.run({ key })) },
    { kind: "pure", name: "bench_done", impl: ([session, failure]) => void open.get(session).done(failure) },
  ];
  const host = createHost(baseUrl, { modelStream: createModelTraffic() });
  const vm = new Vm({
    host,
    natives: [...internalNatives, ...standardBuiltins.map(({ native }) => native), ...natives],
    methods: standardMethods,
    globals: standardGlobals,
    breathe: () => new Promise((resolve) => setImmediate(resolve)),
  });
  const { program, diagnostics } = loadSource("bench.harn", source);
  if (program === undefined) throw new Error(diagnostics[0].diagnostic.message);
  vm.load(program.modules);
  vm.run(program.entry).then(({ status, failure }) => {
    throw new Error(failure?.display() ?? status);
  });
  const ask = (session, model, onText) =>
    new Promise((resolve, reject) => {
      const done = (failure) => {
        open.delete(session);
        if (failure === undefined) resolve(session);
        else reject(new Error(failure));
      };
      open.set(session, { onText, done });
      jobs.push({ session, model });
      idle?.();
    });
  let sessions = 0;
  return {
    run: ({ model, onText }) => ask(`session-${++sessions}`, model, onText),
    /** Sessions that a program keeps at once: 128. */
    keeps: 100,
    forget: (session) => ask(session, "", () => {}),
  };
}
