// Whatever leaves no mark on the screen: blanks, controls, and letters that are drawn as nothing (U+2800 is a blank braille cell).
const mark = /[^\p{White_Space}\p{Cc}\p{Cf}\p{Default_Ignorable_Code_Point}\u2800]/u

/** Whether a reader would see anything of it. */
export function isVisible(text: string): boolean {
  return mark.test(text)
}
