/** Between camelCase, PascalCase, snake_case and kebab-case. */

const UPPER = /^\p{Uppercase}$/u;
const LOWER = /^\p{Lowercase}$/u;
const DIGIT = /^[0-9]$/;

/** `"HTTPServer"` → `["http", "server"]`: a word starts at a capital after a small letter or digit, or before one. */
export function splitCamel(text: string): string[] {
  const chars = Array.from(text);
  const words: string[] = [];
  let word = "";
  chars.forEach((char, i) => {
    const before = chars[i - 1] ?? "";
    const after = chars[i + 1] ?? "";
    const afterWord = LOWER.test(before) || DIGIT.test(before);
    const endOfAcronym = UPPER.test(before) && LOWER.test(after);
    if (word !== "" && UPPER.test(char) && (afterWord || endOfAcronym)) {
      words.push(word);
      word = "";
    }
    word += char.toLowerCase();
  });
  if (word !== "") words.push(word);
  return words;
}

const parts = (text: string, separator: string): string[] => text.split(separator).filter((part) => part !== "");

export const splitSnake = (text: string): string[] => parts(text, "_");
export const splitKebab = (text: string): string[] => parts(text, "-");

export function upperFirst(text: string): string {
  const [first = "", ...rest] = Array.from(text);
  return first.toUpperCase() + rest.join("");
}

export function lowerFirst(text: string): string {
  const [first = "", ...rest] = Array.from(text);
  return first.toLowerCase() + rest.join("");
}

export const toPascal = (words: readonly string[]): string =>
  words.map((word) => upperFirst(word.toLowerCase())).join("");
export const toCamel = (words: readonly string[]): string =>
  words.map((word, i) => (i === 0 ? word.toLowerCase() : upperFirst(word.toLowerCase()))).join("");
export const toSnake = (words: readonly string[]): string => words.join("_").toLowerCase();
export const toKebab = (words: readonly string[]): string => words.join("-").toLowerCase();

/** The first letter of every word large, the others small. Words end at white space. */
export function titleCase(text: string): string {
  return text.replace(/\P{White_Space}+/gu, (word) => {
    const [first = "", ...rest] = Array.from(word);
    return first.toUpperCase() + rest.join("").toLowerCase();
  });
}
