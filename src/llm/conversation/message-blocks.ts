/** Message content as a list of blocks, each with a type and a visibility, and the text they read as (CONV-04). */

import { isJsonObject, type Json, type JsonObject } from "../../base/index.ts";
import { displayText } from "../call/option-readers.ts";

/** Who may see something: people, the runtime, or nobody but the model. Other words are kept as they are. */
export type Visibility = "public" | "internal" | "private" | (string & {});

export function defaultVisibility(role: string): Visibility {
  return role === "tool_result" ? "internal" : "public";
}

export function contentBlocks(content: Json | undefined, role: string): readonly JsonObject[] {
  const visibility = defaultVisibility(role);
  if (content === undefined || content === null) return [];
  if (Array.isArray(content)) return content.map((block) => blockOf(block, visibility));
  if (isJsonObject(content)) return [blockOf(content, visibility)];
  return [{ type: "text", text: displayText(content), visibility }];
}

function blockOf(block: Json, visibility: Visibility): JsonObject {
  const dict = isJsonObject(block) ? block : { text: displayText(block) };
  return { ...dict, type: dict["type"] ?? "text", visibility: dict["visibility"] ?? visibility };
}

/** Public if any block is; else internal if any is; else the default. */
export function overallVisibility(blocks: readonly JsonObject[], fallback: Visibility): Visibility {
  let resolved = fallback;
  for (const block of blocks) {
    const visibility = displayText(block["visibility"] ?? fallback);
    if (visibility === "public") return visibility;
    if (visibility === "internal") resolved = visibility;
  }
  return resolved;
}

export function blocksText(blocks: readonly JsonObject[]): string {
  return blocks
    .map(blockText)
    .filter((text) => text !== "")
    .join(" ");
}

function blockText(block: JsonObject): string {
  const type = displayText(block["type"] ?? "text");
  switch (type) {
    case "text":
    case "output_text": {
      const text = block["text"] ?? block["content"];
      return text === undefined ? "" : displayText(text);
    }
    case "reasoning":
    case "reasoning_summary":
      return "";
    case "tool_call":
    case "tool_result":
      return `<${type}:${displayText(block["name"] ?? "tool")}>`;
    case "image":
    case "input_image":
      return label("image", block);
    case "file":
    case "document":
    case "attachment":
      return label(type, block);
  }
  return `<${type}>`;
}

function label(kind: string, block: JsonObject): string {
  const name = block["name"] ?? block["title"] ?? block["path"] ?? block["asset_id"] ?? kind;
  return `<${kind}:${displayText(name)}>`;
}
