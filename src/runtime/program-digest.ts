import { encodeModule } from "../bytecode/index.ts";
import { createTextDigest } from "../journal/index.ts";
import type { Program } from "./program.ts";

/** Equal for programs whose code is equal: what a snapshot says of places in the code holds for no other. */
export function programDigest({ entry, modules }: Program): string {
  const digest = createTextDigest();
  return digest([entry, ...modules.map((code) => digest(JSON.stringify(encodeModule(code))))].join(" "));
}
