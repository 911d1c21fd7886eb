import { createHash } from 'node:crypto'
import { createReadStream, createWriteStream } from 'node:fs'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import type { Sha256 } from '../shared/base/digest.ts'
import { contentSha256 } from '../shared/ingest/envelope.ts'
import { FileRefused } from '../shared/ingest/formats/format.ts'
import type { SentFile } from '../shared/ingest/formats/registry.ts'
import type { Layout } from '../shared/ingest/layouts/layout.ts'
import { outgoingRecords } from '../shared/ingest/outgoing.ts'
import { describeRefusal, type Refusal } from '../shared/ingest/refusal.ts'
import { fileRows } from '../shared/ingest/rows.ts'
import { CommandEnd } from './command-end.ts'

/**
 * What is left of a file of records, as NDJSON on this machine's disk, and how it travels: small ones as records in an
 * envelope, others as the file that they are. The form decides what the receipt's hash is over.
 */
export type MinimisedFile = Measured & { readonly file: string }

export type Measured = {
  readonly sizeBytes: number
  /** Of the NDJSON. */
  readonly sha256: Sha256
  readonly form: 'records' | 'file'
  /** As the receipt will state it. */
  readonly contentSha256: Sha256
}

/**
 * SQS takes 1 MiB (1,048,576 bytes); what is larger goes to the landing bucket, and a message points there. As an array
 * the lines have the same length; the head beside them has some 300 bytes, and its signature up to 4,096.
 */
export const RECORDS_LIMIT_BYTES = 1_000_000

type MinimiseOptions = {
  readonly layout: Layout
  /** Where what is left goes, for its owner alone. */
  readonly to: string
  /** Told how many more rows are read. */
  readonly onRows?: (count: number) => void
}

/**
 * Minimises a file here, so that no person's data leaves the authority's own machine; on its disk, since a file may be
 * of any size. Ends the command with 3 where the file cannot be read.
 */
export async function minimiseFile(sent: SentFile, options: MinimiseOptions): Promise<MinimisedFile> {
  const { layout, to, onRows } = options
  const measure = openMeasure(layout.name)
  async function* minimised() {
    for await (const some of fileRows(layout, sent)) {
      const texts = [...outgoingRecords(layout, some)].map((record) => JSON.stringify(record))
      onRows?.(texts.length)
      if (texts.length === 0) continue
      const body = Buffer.from(`${texts.join('\n')}\n`)
      measure.add(body)
      yield body
    }
  }
  try {
    await pipeline(minimised, createWriteStream(to, { mode: 0o600 }))
  } catch (fault) {
    throw fault instanceof FileRefused ? refused(fault.refusal) : fault
  }
  return { file: to, ...measure.finish() }
}

/** Minimises a file into a directory of its own, which is gone once it was acted on. */
export async function withMinimised<T>(
  sent: SentFile,
  layout: Layout,
  act: (content: MinimisedFile) => Promise<T>,
): Promise<T> {
  const directory = await mkdtemp(join(tmpdir(), 'credit-fusion-'))
  try {
    return await act(await minimiseFile(sent, { layout, to: join(directory, 'records.ndjson') }))
  } finally {
    await rm(directory, { recursive: true })
  }
}

/** Measures a file that was minimised before, as it lies there now. */
export async function measureFile(file: string, layout: string): Promise<Measured> {
  const measure = openMeasure(layout)
  for await (const chunk of createReadStream(file)) measure.add(chunk as Uint8Array)
  return measure.finish()
}

function openMeasure(layout: string) {
  const lines = createHash('sha256')
  // JSON.stringify of all records, as it would be if they were held: no line of NDJSON has a line feed within
  const array = createHash('sha256').update('[')
  let [sizeBytes, isBetween] = [0, false]
  return {
    add(bytes: Uint8Array): void {
      if (bytes.length === 0) return
      lines.update(bytes)
      sizeBytes += bytes.length
      const text = Buffer.from(bytes)
      for (let at = text.indexOf(LINE_FEED); at !== -1; at = text.indexOf(LINE_FEED, at + 1)) text[at] = COMMA
      if (isBetween) array.update(',')
      isBetween = bytes.at(-1) === LINE_FEED
      array.update(isBetween ? text.subarray(0, -1) : text)
    },
    finish(): Measured {
      const form = sizeBytes > RECORDS_LIMIT_BYTES ? 'file' : 'records'
      const digest = lines.digest('hex') as Sha256
      const sent = form === 'file' ? digest : array.update(']').digest('hex')
      return { sizeBytes, sha256: digest, form, contentSha256: contentSha256(layout, sent) }
    },
  }
}

const LINE_FEED = 10
const COMMA = 44

/** The records of a file that was minimised to few of them. */
export async function readMinimised(file: string): Promise<readonly unknown[]> {
  const text = await readFile(file, 'utf8')
  return text
    .split('\n')
    .slice(0, -1)
    .map((line) => JSON.parse(line))
}

/** Ends the command with 3. */
export function refused(refusal: Refusal): CommandEnd {
  const { code, path } = refusal
  return new CommandEnd(3, code, describeRefusal(refusal), { path })
}
