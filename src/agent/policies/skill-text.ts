/** Skills as text: the catalogue that a model always sees, and bodies with their placeholders filled in. */

import { utf8Length } from "../tools/clip.ts";

export interface SkillCard {
  readonly name: string;
  readonly description: string;
  readonly whenToUse: string;
}

const HEADER =
  '## Available skills\n\nThese skills are available. Call `load_skill({ name: "<skill-id>" })` to load the full body of a skill when it becomes relevant.\n\n';

const omission = (count: number): string => `\n\n... ${count} more skill(s) omitted to stay within budget.`;

/**
 * The catalogue, cut at whole entries.
 *
 * @param budget bytes of UTF-8; never less than what header and note take
 */
export function renderSkillCatalog(cards: readonly SkillCard[], budget: number): string {
  const blocks = cards.filter(({ name }) => name !== "").map(renderCard);
  if (blocks.length === 0) return `${HEADER}(none)`;
  const room = Math.max(budget, HEADER.length + omission(1).length);
  const whole = HEADER + blocks.join("\n");
  if (utf8Length(whole) <= room) return whole;
  for (let shown = blocks.length - 1; shown > 0; shown--) {
    const text = HEADER + blocks.slice(0, shown).join("\n") + omission(blocks.length - shown);
    if (utf8Length(text) <= room) return text;
  }
  return HEADER.trimEnd() + omission(blocks.length);
}

function renderCard({ name, description, whenToUse }: SkillCard): string {
  const head = description === "" ? `- \`${name}\`` : `- \`${name}\`: ${description}`;
  return whenToUse === "" ? head : `${head}\n  when: ${whenToUse}`;
}

export interface SkillValues {
  readonly arguments: readonly string[];
  /** `HARN_SKILL_DIR`, `HARN_SESSION_ID` and others. Unknown names stay as they are written. */
  readonly names: (name: string) => string | undefined;
}

/** `$ARGUMENTS`, `$1` … `$9`, `${NAME}`, and `$$` for a dollar sign. Everything else is left alone. */
export function fillSkillBody(body: string, { arguments: words, names }: SkillValues): string {
  return body.replace(/\$(?:\$|\{([^}]*)\}|(ARGUMENTS)|(\d+))/g, (written, name, all, index) => {
    if (written === "$$") return "$";
    if (name !== undefined) return names(name) ?? written;
    if (all !== undefined) return words.join(" ");
    return index === "0" ? written : (words[Number(index) - 1] ?? "");
  });
}
