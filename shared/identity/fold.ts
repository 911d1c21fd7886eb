/**
 * Folds what people type differently for the same identifier: width (NFKC), case, spaces, hyphens, invisible
 * characters. It never maps one character onto another: `O` stays `O`, and fails the check it deserves to fail.
 */
export function foldIdentifier(text: string): string {
  if (CANONICAL.test(text)) return text
  // Normalised again, since what is taken out or made upper case may let its neighbours combine
  return foldText(text).replace(SEPARATORS, '').normalize('NFKC')
}

/** Folds width and case, and takes out what does not show; spaces and hyphens stay. */
function foldText(text: string): string {
  return text.normalize('NFKC').replace(INVISIBLE, '').toUpperCase()
}

/** Whether a text is one of the official spellings of "there is none". */
export function isPlaceholder(text: string): boolean {
  const folded = foldIdentifier(text)
  return folded === '' || /^0+X?$/.test(folded) || /^(无|暂无|空|\/|NULL|N\/A)$/.test(folded)
}

const CANONICAL = /^[0-9A-Z]+$/
// Spaces, hyphens and dashes of every width
const SEPARATORS = /[\s\-\u2010-\u2015\u2212]/g
// Zero-width, joining and direction marks, the soft hyphen, the byte order mark
const INVISIBLE = /\p{Default_Ignorable_Code_Point}/gu
