import type { JWK } from 'jose'
import { signStatement } from '../../shared/authorities/signature.ts'
import type { Clock } from '../../shared/base/instant.ts'
import { detectFile } from '../../shared/ingest/detect.ts'
import { ENVELOPE_VERSION } from '../../shared/ingest/envelope.ts'
import { FileRefused } from '../../shared/ingest/formats/format.ts'
import type { Layout } from '../../shared/ingest/layouts/layout.ts'
import { findLayout } from '../../shared/ingest/layouts/registry.ts'
import type { Mends } from '../../shared/ingest/mends.ts'
import { statementOf } from '../../shared/ingest/sender.ts'
import { CommandEnd } from '../command-end.ts'
import type { LocalFile } from '../local-file.ts'
import { minimiseFile, refused } from '../minimised-file.ts'
import type { ProgressBar } from './progress-bar.ts'
import type { Spool, SpooledHead } from './spool.ts'

/** Whose records are collected, and how they are signed. */
export type Sender = {
  readonly authority: string
  /** Without one nothing is signed. */
  readonly key?: JWK | undefined
  readonly now: Clock
}

/** The layout that was named, or the one the file's header tells; ends the command with 2 where none does. */
export async function chooseLayout(sent: LocalFile, named: string | undefined): Promise<Layout> {
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

async function detect({ format, open }: LocalFile): ReturnType<typeof detectFile> {
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
  readonly progress: ProgressBar
}

/**
 * Minimises a file into the spool, signed; nothing else of it is copied. Its id comes from what is left of it, so the
 * same content, however often it is collected, is one submission.
 */
export async function collectFile(
  { format, open }: LocalFile,
  { spool, sender, layout, progress }: Collecting,
): Promise<SpooledHead> {
  const draft = spool.draft()
  try {
    const bytes = progress.through(open())
    const content = await minimiseFile({ format, bytes }, { layout, to: draft, onRows: progress.addRows })
    const { file: _, ...measured } = content
    const said = { authority: sender.authority, layout: layout.name, submissionId: content.contentSha256 }
    const head = await stamp({ ...said, ...measured }, sender)
    await spool.add(draft, head)
    return head
  } catch (fault) {
    await spool.drop(draft)
    throw fault
  }
}

/** What is said of a submission before it is sent. */
type Said = {
  readonly authority: string
  readonly layout: string
  readonly submissionId: string
  readonly contentSha256: string
  readonly mends?: Mends | undefined
  /** Of an earlier try. */
  readonly signature?: string | undefined
}

type Stamped<S extends Said> = Omit<S, 'signature'> & {
  readonly sentAt: string
  readonly signature?: string
}

/** Says when it is sent, and signs that. */
export async function stamp<S extends Said>(said: S, { key, now }: Sender): Promise<Stamped<S>> {
  const { signature: _, ...rest } = said
  const sentAt = now()
  if (key === undefined) return { ...rest, sentAt }
  const { authority, submissionId, layout, mends, contentSha256: sha256 } = said
  const head = { schemaVersion: ENVELOPE_VERSION, submissionId, layout, sentAt, mends } as const
  const signature = await signStatement({ ...statementOf(authority, head), sha256 }, key)
  return { ...rest, sentAt, signature }
}
