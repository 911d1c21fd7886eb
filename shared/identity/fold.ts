/**
 * Folds what people type differently for the same identifier: width (NFKC), case, spaces, hyphens, zero-width
 * characters. It never maps one character onto another: `O` stays `O`, and fails the check it deserves to fail.
 */
export function foldIdentifier(text: string): string {
  if (CANONICAL.test(text)) return text
  return text.normalize('NFKC').replace(IGNORED, '').toUpperCase()
}

/** Whether a text is one of the official spellings of "there is none". */
export function isPlaceholder(text: string): boolean {
  const folded = foldIdentifier(text)
  return folded === '' || /^0+X?$/.test(folded) || /^(无|暂无|空|\/|NULL|N\/A)$/.test(folded)
}

const CANONICAL = /^[0-9A-Z]+$/
// Spaces, hyphens and dashes of every width, zero-width and joining characters, the byte order mark
const IGNORED = /[\s\-\u00ad\u200b-\u200f\u2010-\u2015\u2060\u2212\ufeff]/g
