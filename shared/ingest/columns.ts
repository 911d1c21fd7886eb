import { findPersonalData } from '../identity/personal-data.ts'
import { foldBrackets } from './cell.ts'
import { limits } from './formats/limits.ts'
import type { Column, Layout } from './layouts/layout.ts'

/** Tells which column of the layout a header means; remembers each spelling it has seen. */
export function columnFinder(layout: Layout): (header: string) => Column | undefined {
  const bySpelling = new Map<string, Column>()
  for (const column of layout.columns) {
    for (const header of [column.code, ...column.headers]) bySpelling.set(foldHeader(header), column)
  }
  const seen = new Map<string, Column | undefined>()
  return (header) => {
    if (seen.has(header)) return seen.get(header)
    const column = bySpelling.get(foldHeader(header))
    if (seen.size < 1_000 && header.length < 1_000) seen.set(header, column)
    return column
  }
}

/** Whether a cell, or a name, is longer than anything here is made for; what is done to each is done to all of it. */
export function isTooLong(text: string): boolean {
  return text.length > limits.cellUnits
}

/** A header is no place for a person. */
export function holdsPersonalData(header: string): boolean {
  return findPersonalData(header) !== undefined
}

// Real headers come with full-width digits and brackets, line breaks, a mark or word for mandatory fields, a colon at the
// end, 代码-1 for 代码_1; and interfaces write the standard's codes without underscores (cfXdrMc)
export function foldHeader(header: string): string {
  return foldBrackets(header)
    .replace(/\((?:必填|选填)项?\)/g, '')
    .replace(/[\s*_:\-\u200b\ufeff]/g, '')
    .toUpperCase()
}

/** The one member of what stands for a record that its sender refused before it left (outgoing.ts). */
export const REFUSED_BEFORE = '@refused'
