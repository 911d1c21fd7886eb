import type { JWK } from 'jose'
import { signStatement } from '../../shared/authorities/signature.ts'
import type { Clock } from '../../shared/base/instant.ts'
import { detectFile } from '../../shared/ingest/detect.ts'
import { ENVELOPE_VERSION } from '../../shared/ingest/envelope.ts'
import { FileRefused } from '../../shared/ingest/formats/format.ts'
import type { Layout } from '../../shared/ingest/layouts/layout.ts'
import { findLayout } from '../../shared/ingest/layouts/registry.ts'
import { CommandEnd } from '../command-end.ts'
import { minimiseFile, refused } from '../minimised-file.ts'
import type { SentFile } from '../sent-file.ts'
import type { Progress } from './progress.ts'
import type { Spool, SpooledHead } from './spool.ts'

/** Whose records are collected, and how they are signed. */
export type Sender = {
  readonly authority: string
  /** Without one nothing is signed. */
  readonly key?: JWK | undefined
  readonly now: Clock
}

/** The layout that was named, or the one the file's header tells; ends the command with 2 where none does. */
export async function chooseLayout(sent: SentFile, named: string | undefined): Promise<Layout> {
  const told = named === undefined ? undefined : findLayout(named)
  if (told !== undefined) return told
  const [layout, ...others] = await detect(sent)
  if (layout === undefined) {
    const reason = 'no layout has this header; `layout list` tells them, and --layout names one'
    throw new CommandEnd(2, 'LAYOUT_NOT_DETECTED', reason)
  }
  if (others.length === 0) return layout
  const names = [layout, ...others].map(({ name }) => name).join(' and ')
  throw new CommandEnd(2, 'LAYOUT_AMBIGUOUS', `${names} have the same columns; --layout says which it is`)
}

async function detect({ format, open }: SentFile): ReturnType<typeof detectFile> {
  const bytes = open()
  try {
    return await detectFile({ format, bytes })
  } catch (fault) {
    throw fault instanceof FileRefused ? refused(fault.refusal) : fault
  } finally {
    bytes.destroy()
  }
}

type Collecting = {
  readonly spool: Spool
  readonly sender: Sender
  readonly layout: Layout
  readonly progress: Progress
}

/**
 * Minimises a file into the spool, signed; nothing else of it is copied. Its id comes from what is left of it, so the
 * same content, however often it is collected, is one submission.
 */
export async function collectFile(
  { format, open }: SentFile,
  { spool, sender, layout, progress }: Collecting,
): Promise<SpooledHead> {
  const draft = spool.draft()
  const bytes = progress.through(open())
  const content = await minimiseFile({ format, bytes }, { layout, to: draft, onRows: progress.addRows })
  const { form, sizeBytes, sha256, contentSha256 } = content
  const head = await stamp(
    {
      ...{ authority: sender.authority, layout: layout.name, submissionId: contentSha256 },
      ...{ form, sizeBytes, sha256, contentSha256 },
    },
    sender,
  )
  await spool.add(draft, head)
  return head
}

/** Says when it is sent, and signs that. */
export async function stamp(
  { signature: _, ...head }: Omit<SpooledHead, 'sentAt'>,
  { key, now }: Sender,
): Promise<SpooledHead> {
  const stamped = { ...head, sentAt: now() }
  if (key === undefined) return stamped
  const { authority, submissionId, layout, sentAt, contentSha256 } = stamped
  const statement = { schemaVersion: ENVELOPE_VERSION, authority, submissionId, layout, sentAt }
  return { ...stamped, signature: await signStatement({ ...statement, sha256: contentSha256 }, key) }
}
