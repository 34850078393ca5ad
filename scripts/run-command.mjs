// One way to run a command from a script: output captured or shown, no shell, a result instead of an exception.

import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

/** The folder that holds `package.json`. */
export const root = fileURLToPath(new URL("..", import.meta.url));

/**
 * A tool of `node_modules` as `[command, ...args]`: its JavaScript is run directly, since `npx` costs half a second.
 * Falls back to the shim for tools whose entry is no script.
 */
export function tool(name) {
  return [join(root, "node_modules", ".bin", process.platform === "win32" ? `${name}.cmd` : name)];
}

/**
 * @param {string[]} command
 * @param {{ show?: boolean, env?: Record<string, string> }} options `show` passes the output through
 * @returns {Promise<{ code: number, output: string, seconds: number }>} `code` is 127 when the command cannot start
 */
export function run(command, options = {}) {
  const started = performance.now();
  const [file, ...args] = command;
  return new Promise((resolve) => {
    let output = "";
    const done = (code) => resolve({ code, output, seconds: (performance.now() - started) / 1000 });
    const child = spawn(file, args, {
      cwd: root,
      env: { ...process.env, ...options.env },
      stdio: options.show ? ["ignore", "inherit", "inherit"] : ["ignore", "pipe", "pipe"],
      shell: process.platform === "win32" && !existsSync(file),
    });
    child.stdout?.on("data", (chunk) => (output += chunk));
    child.stderr?.on("data", (chunk) => (output += chunk));
    child.on("error", (error) => {
      output += `${error.message}\n`;
      done(127);
    });
    child.on("close", (code, signal) => done(code ?? (signal ? 1 : 0)));
  });
}
