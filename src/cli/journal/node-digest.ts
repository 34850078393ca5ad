import { hash } from "node:crypto";
import type { TextDigest } from "../../journal/index.ts";

/** The digest of journals, five times as fast as in JavaScript. */
export const nodeDigest: TextDigest = (text) => hash("sha256", text, "base64url");
