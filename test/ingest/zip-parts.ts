import { crc32, deflateRawSync } from 'node:zlib'
import * as excel from '@e965/xlsx'

export type ZipPart = {
  readonly name: string
  readonly packed: Buffer
  readonly crc: number
  readonly sizeBytes: number
}

export function part(name: string, body: string | Uint8Array): ZipPart {
  const bytes = Buffer.from(body as string)
  return { name, packed: deflateRawSync(bytes), crc: crc32(bytes), sizeBytes: bytes.length }
}

// APPNOTE 4.3.7, 4.3.12 and 4.3.16; written here because no library writes what is wrong
export function zipOf(parts: readonly ZipPart[]): Buffer {
  const local: Buffer[] = []
  const directory: Buffer[] = []
  let offset = 0
  for (const { name, packed, crc, sizeBytes } of parts) {
    const common = Buffer.alloc(26)
    common.writeUInt16LE(20, 0)
    common.writeUInt16LE(8, 4)
    common.writeInt32LE(crc | 0, 10)
    common.writeUInt32LE(packed.length, 14)
    common.writeUInt32LE(sizeBytes, 18)
    common.writeUInt16LE(Buffer.byteLength(name), 22)
    local.push(Buffer.from('PK\u0003\u0004'), common, Buffer.from(name), packed)
    const rest = Buffer.alloc(14)
    rest.writeUInt32LE(offset, 10)
    directory.push(Buffer.from('PK\u0001\u0002\u0014\0'), common, rest, Buffer.from(name))
    offset += 30 + Buffer.byteLength(name) + packed.length
  }
  const end = Buffer.alloc(22)
  end.write('PK\u0005\u0006', 'latin1')
  end.writeUInt16LE(parts.length, 8)
  end.writeUInt16LE(parts.length, 10)
  end.writeUInt32LE(Buffer.concat(directory).length, 12)
  end.writeUInt32LE(offset, 16)
  return Buffer.concat([...local, ...directory, end])
}

type Compound = {
  readonly FullPaths: readonly string[]
  readonly FileIndex: readonly { readonly content: Uint8Array }[]
}

/** The parts of a workbook that is a zip. */
export function partsOf(bytes: Uint8Array): readonly ZipPart[] {
  const { FullPaths, FileIndex } = excel.CFB.read(bytes, { type: 'buffer' }) as Compound
  return FullPaths.flatMap((path, at) => {
    const name = path.replace('Root Entry/', '')
    return path.endsWith('/') || name.startsWith('\u0001') ? [] : [part(name, FileIndex[at]?.content ?? '')]
  })
}

export const isNoSheet = ({ name }: ZipPart) => !name.includes('sheet1.xml')

/** A workbook whose one sheet has this data. */
export function sheetOf(data: string, styles?: string): Buffer {
  return worksheetOf(`<sheetData>${data}</sheetData>`, styles)
}

/** A workbook of one sheet. */
export function worksheetOf(content: string, styles?: string): Buffer {
  const book = excel.utils.book_new(excel.utils.aoa_to_sheet([['a', 1]]))
  const parts = partsOf(excel.write(book, { type: 'buffer', bookType: 'xlsx' }))
  const own = [part('xl/worksheets/sheet1.xml', `<worksheet>${content}</worksheet>`)]
  if (styles !== undefined) own.push(part('xl/styles.xml', styles))
  const names = new Set(own.map(({ name }) => name))
  return zipOf([...parts.filter(({ name }) => !names.has(name)), ...own])
}
