import { createHash } from 'node:crypto'
import { createWriteStream } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { pipeline } from 'node:stream/promises'
import type { Sha256 } from '../shared/base/digest.ts'
import { contentSha256 } from '../shared/ingest/envelope.ts'
import { FileRefused } from '../shared/ingest/formats/format.ts'
import type { SentFile } from '../shared/ingest/formats/registry.ts'
import type { Layout } from '../shared/ingest/layouts/layout.ts'
import { outgoingRecords } from '../shared/ingest/outgoing.ts'
import { describeRefusal, type Refusal } from '../shared/ingest/refusal.ts'
import { readFile as readSent } from '../shared/ingest/rows.ts'
import { CommandEnd } from './command-end.ts'

/**
 * What is left of a file of records, as NDJSON on this machine's disk, and how it travels: small ones as records in an
 * envelope, others as the file that they are. The form decides what the receipt's hash is over.
 */
export type MinimisedFile = {
  readonly file: string
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
  const lines = createHash('sha256')
  // JSON.stringify of all records, as it would be if they were held
  const array = createHash('sha256').update('[')
  let sizeBytes = 0
  async function* minimised() {
    for await (const some of readSent(layout, sent)) {
      const texts = [...outgoingRecords(layout, some)].map((record) => JSON.stringify(record))
      onRows?.(texts.length)
      if (texts.length === 0) continue
      const body = Buffer.from(`${texts.join('\n')}\n`)
      array.update(`${sizeBytes === 0 ? '' : ','}${texts.join(',')}`)
      lines.update(body)
      sizeBytes += body.length
      yield body
    }
  }
  try {
    await pipeline(minimised, createWriteStream(to, { mode: 0o600 }))
  } catch (fault) {
    throw fault instanceof FileRefused ? refused(fault.refusal) : fault
  }
  const form = sizeBytes > RECORDS_LIMIT_BYTES ? 'file' : 'records'
  const digest = lines.digest('hex') as Sha256
  const sent256 = form === 'file' ? digest : array.update(']').digest('hex')
  return { file: to, sizeBytes, sha256: digest, form, contentSha256: contentSha256(layout.name, sent256) }
}

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
