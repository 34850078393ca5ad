/**
 * What a command line might do, told from its words alone (AGENT-21). Deliberately crude and deliberately wide: a label is a
 * reason to look, and a command that hides behind variables or scripts gets none. Nothing here runs anything.
 */

import { isJsonObject, type Json, type JsonObject } from "../../base/index.ts";
import { normalizePath } from "../policies/wildcard.ts";

export type RiskLabel =
  | "credential_file_read"
  | "curl_pipe_shell"
  | "deny_pattern"
  | "destructive"
  | "git_force_push"
  | "network_exfil"
  | "outside_workspace"
  | "package_install"
  | "process_kill"
  | "sudo"
  | "write_intent";

export interface CommandRisk {
  /** Sorted. */
  readonly labels: readonly RiskLabel[];
  readonly recommended: "allow" | "require_approval" | "deny";
  readonly confidence: number;
  readonly rationale: string;
}

/** A command as risks look at it. */
export interface CommandFacts {
  /** The whole line; arguments joined by blanks. */
  readonly text: string;
  readonly cwd?: string;
  /** Absolute folders; empty: no place is outside. */
  readonly workspaceRoots: readonly string[];
}

interface Line {
  /** Lower case. */
  readonly text: string;
  /** The parts between `;`, `&` and `|`, in words without quotes. */
  readonly parts: readonly (readonly string[])[];
  /** The last part of the path of every word. */
  readonly names: ReadonlySet<string>;
}

type Rule = readonly [label: RiskLabel, reason: string, applies: (line: Line) => boolean];

const SHELLS = ["sh", "bash", "zsh", "dash", "ksh", "fish"];
const READERS = ["cat", "less", "more", "head", "tail", "grep", "rg", "bat", "strings", "base64"];
const TRANSFERS = ["curl", "wget", "scp", "sftp", "rsync", "nc", "ncat", "netcat", "ftp"];
const INSTALLERS = ["npm", "pnpm", "yarn", "pip", "pip3", "cargo", "brew", "apt", "apt-get", "dnf", "yum", "gem"];
const SECRETS = [
  ".env",
  "id_rsa",
  "id_ed25519",
  ".aws/credentials",
  ".npmrc",
  ".netrc",
  "credentials",
  "secret",
  "token",
  "api_key",
  "apikey",
];

const RULES: readonly Rule[] = [
  ["destructive", "it deletes or overwrites on a large scale", isDestructive],
  ["write_intent", "it writes to a file", hasWriteIntent],
  ["curl_pipe_shell", "it runs what it downloads", pipesDownloadIntoShell],
  [
    "credential_file_read",
    "it reads what looks like a secret",
    (line) => hasAny(line, READERS) && namesSecret(line.text),
  ],
  ["network_exfil", "it moves data over the network", (line) => hasAny(line, TRANSFERS)],
  ["sudo", "it asks for more rights", (line) => hasAny(line, ["sudo", "doas"])],
  [
    "package_install",
    "it installs packages",
    (line) => hasAny(line, INSTALLERS) && hasAny(line, ["install", "add", "i"]),
  ],
  ["git_force_push", "it overwrites a remote branch", isForcePush],
  ["process_kill", "it ends processes", (line) => hasAny(line, ["kill", "pkill", "killall"])],
];

const REFUSED: ReadonlySet<RiskLabel> = new Set([
  "destructive",
  "curl_pipe_shell",
  "credential_file_read",
  "network_exfil",
]);

/** @param denied whether a pattern of a policy forbids it */
export function commandRisk(facts: CommandFacts, denied = false): CommandRisk {
  const line = readLine(facts.text);
  const found: (readonly [RiskLabel, string])[] = RULES.filter(([, , applies]) => applies(line)).map(
    ([label, reason]) => [label, reason],
  );
  if (isOutside(facts)) found.push(["outside_workspace", "it looks outside the workspace"]);
  if (denied) found.push(["deny_pattern", "a pattern of the policy forbids it"]);
  const labels = found.map(([label]) => label).sort();
  const recommended =
    labels.length === 0 ? "allow" : labels.some((label) => REFUSED.has(label)) ? "deny" : "require_approval";
  return {
    labels,
    recommended,
    confidence: recommended === "allow" ? 0.45 : 0.86,
    rationale: found.length === 0 ? "nothing in the command looks risky" : found.map(([, reason]) => reason).join("; "),
  };
}

/** The line of a request, `{argv}` or `{command}`. */
export function commandText(request: Json | undefined): string {
  if (!isJsonObject(request)) return "";
  const { argv, command } = request;
  const joined = Array.isArray(argv) ? argv.filter((part) => typeof part === "string").join(" ") : "";
  return joined === "" && typeof command === "string" ? command : joined;
}

/** Characters of each output that are looked at. */
const SCANNED_CHARS = 8192;

/** What the output of a command says about it: `{action, recommended_action, risk_labels, confidence, rationale}`. */
export function commandOutputRisk(result: Json | undefined): JsonObject {
  const part = (name: string): string => {
    const text = isJsonObject(result) ? result[name] : undefined;
    return typeof text === "string" ? text.slice(0, SCANNED_CHARS).toLowerCase() : "";
  };
  const text = `${part("stdout")}\n${part("stderr")}`;
  const labels: string[] = [];
  if (namesSecret(text)) labels.push("credential_output");
  if (text.includes("fatal:") || text.includes("error:")) labels.push("error_output");
  if (/permission denied|operation not permitted/.test(text)) labels.push("permission_boundary_hit");
  const isUnsafe = labels.includes("credential_output");
  const action = isUnsafe ? "mark_unsafe" : "allow";
  return {
    action,
    recommended_action: action,
    risk_labels: labels,
    confidence: isUnsafe ? 0.82 : 0.35,
    rationale: isUnsafe ? "the output looks as if it held a secret" : "nothing in the output looks risky",
  };
}

/** As programs see it. */
export function riskDict({ labels, recommended, confidence, rationale }: CommandRisk): JsonObject {
  return { action: recommended, recommended_action: recommended, risk_labels: labels, confidence, rationale };
}

function readLine(original: string): Line {
  const text = original.toLowerCase();
  const parts = text.split(/[;&|\n]+/).map((part) =>
    part
      .split(/\s+/)
      .map((word) => word.replace(/^["'`$(]+|["'`);,]+$/g, ""))
      .filter((word) => word !== ""),
  );
  return { text, parts, names: new Set(parts.flat().map((word) => word.slice(word.lastIndexOf("/") + 1))) };
}

function hasAny({ names }: Line, wanted: readonly string[]): boolean {
  return wanted.some((name) => names.has(name));
}

function isDestructive(line: Line): boolean {
  if (line.text.includes(":(){") || /\bmkfs\b/.test(line.text)) return true;
  return line.parts.some((words) => {
    const has = (name: string): boolean => words.some((word) => word === name || word.endsWith(`/${name}`));
    const flags = words.filter((word) => word.startsWith("-") && !word.startsWith("--")).join("");
    const recursive = flags.includes("r") || words.includes("--recursive");
    const wide = words.some((word) => /^(?:\/|~|\*|\$home|\.\.)/.test(word) && !word.endsWith("/rm"));
    if (has("rm") && recursive && (flags.includes("f") || words.includes("--force")) && wide) return true;
    if (has("dd") && words.some((word) => word.startsWith("if="))) return true;
    if (has("chown") && recursive) return true;
    return has("chmod") && recursive && words.includes("777") && wide;
  });
}

function hasWriteIntent(line: Line): boolean {
  if (/>>|(?:^|[\s\d&"'])>(?!&)/.test(line.text)) return true;
  if (hasAny(line, ["tee", "truncate"])) return true;
  return line.parts.some(
    (words) =>
      (words.includes("sed") && words.some((word) => word.startsWith("-i"))) ||
      (words.includes("perl") && words.some((word) => /^-\w*i/.test(word))),
  );
}

function pipesDownloadIntoShell({ text }: Line): boolean {
  let downloads = false;
  for (const stage of text.split("|")) {
    const { names } = readLine(stage);
    if (downloads && SHELLS.some((shell) => names.has(shell))) return true;
    downloads ||= names.has("curl") || names.has("wget");
  }
  return false;
}

function isForcePush({ parts }: Line): boolean {
  return parts.some(
    (words) =>
      words.includes("git") &&
      words.includes("push") &&
      words.some((word) => word === "-f" || word.startsWith("--force") || /^\+\w/.test(word)),
  );
}

function namesSecret(text: string): boolean {
  return SECRETS.some((name) => text.includes(name));
}

function isOutside({ text, cwd, workspaceRoots }: CommandFacts): boolean {
  if (workspaceRoots.length === 0) return false;
  const roots = workspaceRoots.map(normalizePath);
  const isInside = (path: string): boolean => {
    const normal = normalizePath(path);
    return roots.some((root) => root === "/" || normal === root || normal.startsWith(`${root}/`));
  };
  if (cwd !== undefined && !isInside(cwd)) return true;
  return text
    .split(/[\s;&|<>=]+/)
    .map((word) => word.replace(/^["'`$(]+|["'`),]+$/g, ""))
    .some((word, index) => index > 0 && word.startsWith("/") && !isInside(word));
}
