import { limits } from './limits.ts'
import { checkCount, readPart, type XmlPart } from './package-xml.ts'

/** The format of numbers in each style of a workbook, by the index that cells name it by. */
export async function readStyles(part: XmlPart): Promise<readonly string[]> {
  const own = new Map<number, string>()
  const ids: number[] = []
  await readPart(part, {
    open({ name, attributes }, path) {
      const id = Number(attributes.get('numFmtId') ?? 0)
      if (path[1] === 'numFmts' && name === 'numFmt') own.set(id, attributes.get('formatCode') ?? '')
      if (path[1] === 'cellXfs' && path.length === 3 && name === 'xf') ids.push(id)
      checkCount(Math.max(own.size, ids.length), limits.workbookStyles)
    },
    close: () => undefined,
  })
  return ids.map((id) => own.get(id) ?? BUILT_IN.get(id) ?? (id < OWN ? 'General' : ''))
}

/** Where the formats begin that a workbook writes out; of one that it does not, nobody knows what it shows. */
const OWN = 164

// What a workbook names and does not write out (ECMA-376 part 1, 18.8.30), the dates of China, Japan and Korea among
// it, and fractions; of the others no digit is shown otherwise
const BUILT_IN: ReadonlyMap<number, string> = new Map([
  ...[9, 10].map((id) => [id, '0%'] as const),
  ...[12, 13].map((id) => [id, '# ?/?'] as const),
  ...[between(14, 22), between(27, 36), between(45, 47), between(50, 58)]
    .flat()
    .map((id) => [id, 'yyyy-mm-dd'] as const),
])

function between(first: number, last: number): readonly number[] {
  return Array.from({ length: last - first + 1 }, (_, at) => first + at)
}
