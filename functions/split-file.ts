import { count, type SqsMessage, sqsHandler } from '../shared/aws/handler.ts'
import { type LandingFile, parseFiles, readLanding } from '../shared/aws/landing.ts'
import { decodeMessage } from '../shared/aws/queue.ts'
import { authorityOf, openAws } from '../shared/aws/world.ts'
import { sha256 } from '../shared/base/digest.ts'
import { Failure } from '../shared/base/failure.ts'
import { parseFileName } from '../shared/ingest/formats/registry.ts'
import { checkFileName, refuseUnread } from '../shared/ingest/message.ts'
import { notTaken, receiveSubmission } from '../shared/ingest/receive.ts'
import type { RefusalCode } from '../shared/ingest/refusal.ts'

const world = await openAws()

/** Reads files out of the landing bucket and divides them into parts of the archive. */
export const handler = sqsHandler({ reserveMs: 600_000, work: splitFiles })

async function splitFiles({ body }: SqsMessage): Promise<void> {
  for (const file of parseFiles(await decodeMessage(body, world.large))) await splitFile(file)
}

async function splitFile(file: LandingFile): Promise<void> {
  const { head: _, ...unnamed } = file
  const refusal = isDropped(file) ? checkFileName(file.key.slice(file.key.lastIndexOf('/') + 1)) : undefined
  if (refusal !== undefined) return refuse(unnamed, refusal.code)
  const landed = await readLanding(world.s3, world.environment.BUCKET_LANDING, file)
  if (landed.outcome === 'absent') return refuse(file, 'OBJECT_NOT_FOUND')
  if (landed.outcome === 'too-large') return refuse(file, 'OBJECT_TOO_LARGE')
  const { head, sha256 } = file
  const format = parseFileName(file.key)?.format
  const { outcome } = await receiveSubmission(world, {
    authority: authorityOf(world, file.authority),
    head,
    file: { format, bytes: landed.bytes, sha256 },
  })
  // Pointers were looked at before they were sent on, and S3 dates what is dropped: two of our clocks differ, and will
  // have caught up when this comes again
  if (outcome === 'early') throw new Failure('SENT_AT_IN_FUTURE', { retryable: true })
  if (outcome in notTaken) await refuse(file, notTaken[outcome as keyof typeof notTaken].code)
}

// What a pointer names has the name that its sender's program gave it
function isDropped({ sha256 }: LandingFile): boolean {
  return sha256 === undefined
}

type Refused = Omit<LandingFile, 'head'> & Partial<Pick<LandingFile, 'head'>>

async function refuse(file: Refused, code: RefusalCode): Promise<void> {
  await refuseUnread(world, {
    authority: authorityOf(world, file.authority),
    ...(file.head && { head: file.head }),
    // What was never read has no other hash than that of its name
    sha256: file.sha256 ?? sha256(`${file.key}\n${file.versionId}`),
    sizeBytes: 0,
    refusal: { code, path: '/object' },
  })
  count('refused')
}
