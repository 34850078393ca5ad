// Runs one measurement in a fresh process.

import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";

export const here = fileURLToPath(new URL(".", import.meta.url));

/** The last line of the output, as JSON. */
export async function measureIn(command, args) {
  const output = await runText(command, args);
  return JSON.parse(output.trim().split("\n").at(-1));
}

export function runText(command, args) {
  return new Promise((resolve, reject) => {
    execFile(command, args, { cwd: here, maxBuffer: 1 << 26, timeout: 300_000 }, (error, stdout, stderr) => {
      if (error === null) resolve(stdout);
      else reject(new Error(`${command} ${args.join(" ")} failed: ${String(stderr || error.message).slice(0, 2000)}`));
    });
  });
}

export async function isInstalled(command, args) {
  return runText(command, args).then(
    () => true,
    () => false,
  );
}

/**
 * CPU milliseconds of a whole process, user and system together, as the shell that waited for it counts them.
 * A best of several: whatever disturbs a start makes it longer, never shorter.
 */
export async function cpuMs(command, times) {
  const seconds = [];
  for (let i = 0; i < times; i++) {
    const output = await runText("bash", ["-c", `${command} >/dev/null; times`]);
    const [user, system] = output.trim().split("\n").at(-1).split(" ").map(toSeconds);
    seconds.push(user + system);
  }
  return Math.min(...seconds) * 1000;
}

/** `0m1.234s`, as the `times` of a shell writes it. */
function toSeconds(text) {
  const [, minutes, seconds] = /^(\d+)m([\d.,]+)s$/.exec(text);
  return Number(minutes) * 60 + Number(seconds.replace(",", "."));
}
