// Invisible characters: blanks, controls, and letters without a glyph (U+2800 is a blank braille cell).
const mark = /[^\p{White_Space}\p{Cc}\p{Cf}\p{Default_Ignorable_Code_Point}\u2800]/u

/** Whether a text has a visible character. */
export function isVisible(text: string): boolean {
  return mark.test(text)
}
