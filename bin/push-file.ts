import { Readable } from 'node:stream'
import { digestOf, sha256 } from '../shared/base/digest.ts'
import { contentSha256, submissionHeadSchema } from '../shared/ingest/envelope.ts'
import { findLayout } from '../shared/ingest/layouts/registry.ts'
import type { Mends } from '../shared/ingest/mends.ts'
import { type Sender, stamp } from './collector/collect.ts'
import { openSender } from './collector/signing-key.ts'
import type { ClientOptions } from './command.ts'
import { CommandEnd } from './command-end.ts'
import { FileChanged, findLocalFile, type LocalFile } from './local-file.ts'
import { refused, withMinimised } from './minimised-file.ts'
import { describePushed, outcomesToTell, type Pushed, push, waitUntilApplied } from './pushed.ts'
import { report, type Session } from './session.ts'

export const KEY_OPTION =
  'minimise it here and sign it with this: the private half, as `authority make-key` made it'

export type Pushing = Omit<ClientOptions, 'as'> & {
  readonly as: string
  readonly authority: string
  readonly layout: string
  readonly submission?: string
  readonly sentAt?: string
  readonly key?: string
  readonly timeout: number
  readonly mends?: Mends
}

/** Sends a file, minimised and signed here where a key is named, and waits until it is applied. */
export async function pushFile(session: Session, file: string, options: Pushing): Promise<Pushed> {
  checkHead(options)
  const sender = await openSender(options)
  const sent = await findLocalFile(file)
  report(`reading ${sent.sizeBytes} bytes`)
  const pushed = await (sender.key === undefined
    ? pushAsItIs(session, sent, options)
    : pushSigned(session, sent, { ...options, sender }))
  if (pushed.refusal === undefined) return pushed
  const { code, path, reason } = pushed.refusal
  const text = describePushed(pushed)
  throw new CommandEnd(3, code, reason, { path, document: pushed, text })
}

async function pushAsItIs(session: Session, sent: LocalFile, options: Pushing): Promise<Pushed> {
  const { authority, layout, sentAt, as, mends } = options
  const submissionId = options.submission ?? idOf(contentSha256(layout, await sent.hash()), mends)
  const body = sent.open()
  const bytes = Readable.toWeb(body) as ReadableStream<Uint8Array<ArrayBuffer>>
  try {
    return await push(session, {
      ...{ authority, layout, as, submissionId, file: { contentType: sent.contentType, bytes } },
      ...{ timeoutSeconds: options.timeout, outcomes: outcomesToTell(options.json) },
      ...(sentAt !== undefined && { sentAt }),
      ...(mends !== undefined && { mends }),
    })
  } catch (fault) {
    // Whoever it was sent to knows no more than that it broke off
    throw body.errored instanceof FileChanged ? body.errored : fault
  }
}

/** As `collect` does, and under the same id where none is named and nothing is mended. */
async function pushSigned(
  session: Session,
  { format, open }: LocalFile,
  { sender, as, mends, timeout, json, ...options }: Pushing & { readonly sender: Sender },
): Promise<Pushed> {
  const layout = findLayout(options.layout)
  if (layout === undefined) throw refused({ code: 'LAYOUT_UNKNOWN', path: '/layout' })
  return withMinimised({ format, bytes: open() }, layout, async (content) => {
    const { authority } = sender
    const { contentSha256 } = content
    const submissionId = options.submission ?? idOf(contentSha256, mends)
    const said = { authority, layout: layout.name, submissionId, contentSha256, ...(mends && { mends }) }
    const { contentSha256: _, ...head } = await stamp(said, sender)
    const submitted = await session.submitMinimised({ ...head, as, content })
    report(`received as ${submissionId}, signed, waiting until applied`)
    const waiting = { authority, submissionId, as, outcomes: outcomesToTell(json), ...submitted }
    return waitUntilApplied(session, { ...waiting, timeoutMs: timeout * 1_000 })
  })
}

// What is mended is part of what an id names: the same rows may have been sent before, as themselves or for other places
function idOf(content: string, mends: Mends | undefined): string {
  return mends === undefined ? content : sha256(`${content}\n${digestOf(mends)}`)
}

// Neither is quoted: whoever mistypes may have typed somebody's number
function checkHead({ submission, sentAt }: Pushing): void {
  const { shape } = submissionHeadSchema
  if (submission !== undefined && !shape.submissionId.safeParse(submission).success) {
    const rule = 'up to 100 of A-Z a-z 0-9 . _ -, the first a letter or digit, and no person’s number'
    throw new CommandEnd(2, 'SUBMISSION_INVALID', `--submission: ${rule}`)
  }
  if (sentAt !== undefined && !shape.sentAt.safeParse(sentAt).success) {
    const rule = 'a date and time with an offset, such as 2026-06-01T09:00:00+08:00'
    throw new CommandEnd(2, 'SENT_AT_INVALID', `--sent-at: ${rule}`)
  }
}
