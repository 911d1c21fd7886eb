import { limits } from './limits.ts'
import { checkCount, readPart, type XmlPart } from './package-xml.ts'

/** The texts that the cells of a workbook share, in the order in which cells count them. */
export async function readSharedStrings(part: XmlPart): Promise<readonly string[]> {
  const strings: string[] = []
  let text = ''
  await readPart(part, {
    open({ name }, path) {
      if (name === 'si' && path.length === 2) text = ''
    },
    close(name, path, more) {
      if (name === 't' && !path.includes('rPh')) text += more
      if (name === 'si' && path.length === 2)
        checkCount(strings.push(readEscapes(text)), limits.workbookStrings)
    },
  })
  return strings
}

/** Reads `_x000D_`, which is how a workbook writes a character that XML does not have (ECMA-376 part 1, 22.9.2.19). */
export function readEscapes(text: string): string {
  return text.replace(/_x([0-9A-Fa-f]{4})_/g, (_, code: string) =>
    String.fromCharCode(Number.parseInt(code, 16)),
  )
}
