import type { Sha256 } from '../shared/base/digest.ts'
import { isHome } from '../shared/embedded/home.ts'
import { ENVELOPE_VERSION, submissionHeadSchema } from '../shared/ingest/envelope.ts'
import type { Layout } from '../shared/ingest/layouts/layout.ts'
import { checkAdmitted } from '../shared/ingest/receive.ts'
import { describeRefusal } from '../shared/ingest/refusal.ts'
import { checkSender } from '../shared/ingest/sender.ts'
import { findAuthority } from '../shared/settings.ts'
import { type Sender, stamp } from './collector/collect.ts'
import { type HomeSession, openHomeSession, unknownAuthority } from './home-session.ts'

/** Whether what an authority sends would be let in, before any of its rows is looked at. */
export type Admission =
  /** No home is at hand to say; a stack says it to operators alone. */
  | { readonly outcome: 'unchecked' }
  | { readonly outcome: 'admitted' }
  | { readonly outcome: 'refused'; readonly refusal: Told }

type Told = { readonly code: string; readonly path: string; readonly reason: string }

export type AdmissionOf = (layout: Layout) => Promise<Admission>

type Asking = { readonly home: string; readonly stack?: string | undefined; readonly sender: Sender }

/** Acts with whoever says what would be let in by the home that is on this machine, if there is one. */
export async function withAdmission<T>(
  { home, stack, sender }: Asking,
  act: (admissionOf: AdmissionOf) => Promise<T>,
): Promise<T> {
  if (stack !== undefined || !isHome(home)) return act(async () => ({ outcome: 'unchecked' }))
  const session = await openHomeSession(home, { makesHome: false })
  try {
    return await act((layout) => askHome(session, sender, layout))
  } finally {
    await session.close()
  }
}

async function askHome({ home }: HomeSession, sender: Sender, layout: Layout): Promise<Admission> {
  const authority = findAuthority(home.settings, sender.authority)
  if (authority === undefined)
    return refused({ code: 'AUTHORITY_UNKNOWN', path: '', reason: unknownAuthority(home) })
  const { sentAt, signature } = await stamp(
    { ...TRIED, authority: authority.code, layout: layout.name },
    sender,
  )
  const { submissionId } = TRIED
  const said = { schemaVersion: ENVELOPE_VERSION, submissionId, layout: layout.name, sentAt }
  const head = submissionHeadSchema.parse(said)
  const checked = await checkSender(home, { authority, head, signature })
  const refusal = 'refusal' in checked ? checked.refusal : checkAdmitted(home, authority, layout)
  if (refusal === undefined) return { outcome: 'admitted' }
  return refused({ code: refusal.code, path: refusal.path, reason: describeRefusal(refusal) })
}

function refused(refusal: Told): Admission {
  return { outcome: 'refused', refusal }
}

// Signed as a submission would be, to see whether the key holds; it is sent nowhere
const TRIED = {
  ...{ submissionId: 'dry-run', form: 'records', sizeBytes: 0 },
  ...{ sha256: '0'.repeat(64) as Sha256, contentSha256: '0'.repeat(64) as Sha256 },
} as const

/** In a line for people. */
export function describeAdmission(admission: Admission): string {
  if (admission.outcome === 'unchecked') return '  let in or not: there is no home here that says'
  return admission.outcome === 'admitted'
    ? '  let in from this authority'
    : `  not let in: ${admission.refusal.code}: ${admission.refusal.reason}`
}

/** Why the whole of what was tried would be refused, by what is in it or by whom it is from. */
export function wholeRefusal({
  refusal,
  admission,
}: {
  readonly refusal?: Told
  readonly admission: Admission
}): Told | undefined {
  return refusal ?? (admission.outcome === 'refused' ? admission.refusal : undefined)
}
