import { startsWith } from './encoding.ts'
import { type Batch, type BinaryFormat, type Bytes, FileRefused } from './format.ts'
import { limits } from './limits.ts'
import { readXls } from './xls.ts'
import { readXlsx } from './xlsx.ts'

const ZIP = [0x50, 0x4b, 0x03, 0x04]
const COMPOUND_FILE = [0xd0, 0xcf, 0x11, 0xe0, 0xa1, 0xb1, 0x1a, 0xe1]

/**
 * A workbook of Excel 97 or later (.xls, .xlsx): the one visible sheet that has cells. It is held whole, so its size
 * has a limit of its own. Nothing is computed, and a formula's last result is nobody's statement.
 */
export const workbook = {
  name: 'workbook',
  endings: ['xlsx', 'xls'],
  mediaTypes: [
    'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet',
    'application/vnd.ms-excel',
  ],
  signatures: [ZIP, COMPOUND_FILE],
  read: readWorkbook,
} as const satisfies BinaryFormat

async function* readWorkbook(bytes: Bytes): AsyncGenerator<Batch> {
  const body = await readWhole(bytes)
  const excel = await import('@e965/xlsx')
  yield* startsWith(body, ZIP) ? readXlsx(excel.SSF, body) : readXls(excel, body)
}

async function readWhole(bytes: Bytes): Promise<Buffer> {
  const chunks: Uint8Array[] = []
  let sizeBytes = 0
  for await (const chunk of bytes) {
    sizeBytes += chunk.length
    if (sizeBytes > limits.workbookBytes) throw new FileRefused('WORKBOOK_TOO_LARGE')
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}
