/** Text of somebody else for a terminal or a log: what would steer it is shown, not done. */
export function printable(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, (character) =>
    JSON.stringify(character).length > 3
      ? JSON.stringify(character).slice(1, -1)
      : `\\u${character.codePointAt(0)!.toString(16).padStart(4, '0')}`,
  );
}
