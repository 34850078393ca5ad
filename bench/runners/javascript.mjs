// Runs a program of `programs/` in this process again and again: `javascript.mjs <program>`.
import { measure } from "./measure.mjs";

const { run } = await import(new URL(`../programs/${process.argv[2]}.mjs`, import.meta.url).href);
let result;
const times = measure(() => {
  result = run();
});
console.log(JSON.stringify({ result: String(result), times }));
