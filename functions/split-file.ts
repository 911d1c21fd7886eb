import { basename } from 'node:path'
import { count, type SqsMessage, sqsHandler } from '../shared/aws/handler.ts'
import { type LandingFile, parseFiles, readLanding } from '../shared/aws/landing.ts'
import { decodeMessage } from '../shared/aws/queue.ts'
import { authorityOf, openAws } from '../shared/aws/world.ts'
import { sha256 } from '../shared/base/digest.ts'
import { Failure } from '../shared/base/failure.ts'
import type { SubmissionHead } from '../shared/ingest/envelope.ts'
import { checkFileName, parseFileName } from '../shared/ingest/file-name.ts'
import { refuseUnread } from '../shared/ingest/message.ts'
import { notTaken, receiveSubmission } from '../shared/ingest/receive.ts'
import type { Refusal } from '../shared/ingest/refusal.ts'

const world = await openAws()

/** Reads files out of the landing bucket and divides them into parts of the archive. */
export const handler = sqsHandler({ reserveMs: 600_000, work: splitFiles })

async function splitFiles({ body }: SqsMessage): Promise<void> {
  for (const file of parseFiles(await decodeMessage(body, world.large))) await splitFile(file)
}

async function splitFile(file: LandingFile): Promise<void> {
  if ('refusal' in file) return refuse(file, file.refusal)
  const named = checkFileName(basename(file.key))
  if (named !== undefined) return refuse(file, { ...named, path: '/object' })
  const landed = await readLanding(world.s3, world.environment.BUCKET_LANDING, file)
  if (landed.outcome === 'absent') return refuse(file, { code: 'OBJECT_NOT_FOUND', path: '/object' })
  if (landed.outcome === 'too-large') return refuse(file, notTaken['too-large'])
  const { head, sha256, signature } = file
  const format = parseFileName(file.key)?.format
  const received = await receiveSubmission(world, {
    authority: authorityOf(world, file.authority),
    head,
    file: { format, bytes: landed.bytes, sha256, signature },
  })
  // Without its head: it is no word of the authority's, and takes no id of its
  if (received.outcome === 'denied') return refuse({ ...file, head: undefined }, received.refusal)
  const { outcome } = received
  // Pointers were looked at before they were sent on, and S3 dates what is dropped: two of our clocks differ, and will
  // have caught up when this comes again
  if (outcome === 'early') throw new Failure('SENT_AT_IN_FUTURE', { retryable: true })
  if (outcome in notTaken) await refuse(file, notTaken[outcome as keyof typeof notTaken])
}

type Refused = Omit<LandingFile, 'head'> & { readonly head?: SubmissionHead | undefined }

async function refuse(file: Refused, refusal: Refusal): Promise<void> {
  await refuseUnread(world, {
    authority: authorityOf(world, file.authority),
    ...(file.head !== undefined && { head: file.head }),
    // What was never read has no other hash than that of its name
    sha256: file.sha256 ?? sha256(`${file.key}\n${file.versionId}`),
    sizeBytes: 0,
    refusal,
  })
  count('refused')
}
