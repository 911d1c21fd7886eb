import { csv } from './csv.ts'
import { decodeText, startsWith } from './encoding.ts'
import { exchangeMessage } from './exchange-message.ts'
import {
  type Batch,
  type BinaryFormat,
  type Bytes,
  FileRefused,
  placed,
  type RowCount,
  type TextFormat,
} from './format.ts'
import { GZIP_SIGNATURE, gunzip } from './gzip.ts'
import { json } from './json.ts'
import { ndjson } from './ndjson.ts'
import { peek, piecesOf } from './pieces.ts'
import { workbook } from './workbook.ts'

const binaryFormats = [workbook] as const satisfies readonly BinaryFormat[]
/** In the order in which an unnamed text is tried: CSV is what begins in no other way. */
const textFormats = [exchangeMessage, json, ndjson, csv] as const satisfies readonly TextFormat[]

export const formats = [...binaryFormats, ...textFormats]
export type FileFormat = (typeof formats)[number]['name']

/** Whether a file begins as one that may come to much more than it is: a workbook, or what gzip has packed. */
export function isPacked(head: Uint8Array): boolean {
  const signatures = [GZIP_SIGNATURE, ...binaryFormats.flatMap(({ signatures }) => signatures)]
  return signatures.some((each) => startsWith(head, each))
}

/** A file as it came, and what its sender says it is, if that says anything. */
export type SentFile = { readonly format?: FileFormat | undefined; readonly bytes: Bytes }

/** Media types that leave it to the content. */
export const UNTOLD_MEDIA_TYPES: readonly string[] = ['application/gzip', 'application/octet-stream']

export const mediaTypes = formats.flatMap(({ mediaTypes }): readonly string[] => mediaTypes)

export function findMediaType(mediaType: string): FileFormat | undefined {
  return formats.find(({ mediaTypes }) => mediaTypes.some((each) => each === mediaType))?.name
}

/**
 * Reads a file by what is in it, in memory that does not grow with it, save a workbook's. Throws `FileRefused` with
 * the place of what is wrong.
 */
export function readBatches(file: SentFile): AsyncGenerator<Batch> {
  const place = { row: 0 }
  return placed(place, readContent(file, place))
}

async function* readContent({ format, bytes }: SentFile, place: RowCount): AsyncGenerator<Batch> {
  const { head, all } = await unpack(bytes)
  const binary = binaryFormats.find(({ signatures }) => signatures.some((each) => startsWith(head, each)))
  if (binary !== undefined) {
    yield* binary.read(all)
    return
  }
  const texts = await peek(decodeText(all))
  yield* chooseText(format, texts.head ?? '').read(texts.all, place)
}

async function unpack(bytes: Bytes): Promise<{ readonly head: Uint8Array; readonly all: Bytes }> {
  const { head = NOTHING, all } = await peek(piecesOf(bytes))
  if (!startsWith(head, GZIP_SIGNATURE)) return { head, all }
  const inner = await peek(piecesOf(gunzip(all)))
  if (startsWith(inner.head ?? NOTHING, GZIP_SIGNATURE)) throw new FileRefused('FORMAT_UNKNOWN')
  return { head: inner.head ?? NOTHING, all: inner.all }
}

const NOTHING = new Uint8Array()

// Among texts the sender decides, since a title of a table may begin in any way; but what begins as XML is no other
function chooseText(told: FileFormat | undefined, opening: string): TextFormat {
  if (binaryFormats.some(({ name }) => name === told)) throw new FileRefused('FORMAT_DISAGREES')
  const found = textFormats.find((format) => format.opening.test(opening)) ?? csv
  if (found === exchangeMessage) return found
  return textFormats.find(({ name }) => name === told) ?? found
}
