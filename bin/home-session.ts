import { createReadStream } from 'node:fs'
import { Readable } from 'node:stream'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { createApi, type Stages } from '../shared/api/app.ts'
import type { Routes } from '../shared/api/routes.ts'
import { mendsQuery, receivedSchema } from '../shared/api/submissions.ts'
import type { Role } from '../shared/base/actor.ts'
import { Failure } from '../shared/base/failure.ts'
import { publish } from '../shared/datasets/publish.ts'
import { releaseCase } from '../shared/disclosure/cases.ts'
import { type Home, isHome, openHome } from '../shared/embedded/home.ts'
import { openReceivers } from '../shared/embedded/receivers.ts'
import { type Service, startService } from '../shared/embedded/service.ts'
import type { Told } from '../shared/embedded/told.ts'
import { ENVELOPE_VERSION } from '../shared/ingest/envelope.ts'
import { findNumber } from '../shared/ledger/sealed.ts'
import { findActor, isOfficer, listPrincipals } from '../shared/principals/principal.ts'
import { openTokenVerifier } from '../shared/principals/token.ts'
import { orderErasure } from '../shared/records/erase.ts'
import { findWatermark } from '../shared/records/watermark.ts'
import { findAuthority } from '../shared/settings.ts'
import { CommandEnd, expectDone, expectWell } from './command-end.ts'
import { readMinimised } from './minimised-file.ts'
import {
  type ApiAnswer,
  type ApiRequest,
  faultCode,
  type MinimisedSubmission,
  readAnswer,
  report,
  requestInit,
  type Session,
  withFacts,
} from './session.ts'

export const DEFAULT_HOME = '.credit-fusion'

/** Where a new home's four deployment files come from. */
const TEMPLATE = fileURLToPath(new URL('../examples/deployment', import.meta.url))

/** A session on an embedded home, whose API runs in this process. */
export type HomeSession = Session & {
  readonly home: Home
  readonly api: Routes
}

export type Opening = {
  /** Of these the principal is wanted to be; any where it is left out. */
  readonly roles?: readonly Role[]
  /** Whether a home is made where there is none: a mistyped one is no place to look for anything. */
  readonly makesHome: boolean
}

export async function openHomeSession(
  directory: string,
  { roles, makesHome }: Opening = { makesHome: true },
): Promise<HomeSession> {
  const home = await openTold(directory, { makesHome })
  const verifyToken = openTokenVerifier(home.issuer.trusted)
  const receivers = openReceivers(home, { directory, template: TEMPLATE })
  const api = createApi({
    world: home,
    verifyToken,
    stages: { ...stagesOf(home, () => work()), receive: receivers.receive },
    onFault: (fault) => report(faultCode(fault)),
  })
  const call = async (request: ApiRequest) =>
    (await findDenial(home, request.as, roles)) ??
    readAnswer(await api.request(request.path, requestInit(request, await home.issuer.issue(request.as))))
  let service: Service | undefined
  const work = (): void => {
    service ??= startService({ directory, template: TEMPLATE }, reportWork)
  }
  return {
    ...{ home, api, call, work },
    async submit({ authority, layout, submissionId, sentAt, as, file, mends }) {
      expectAuthority(home, authority)
      work()
      const path = `/v1/submissions?${new URLSearchParams({ authority, layout, submissionId, sentAt, ...mendsQuery(mends) })}`
      const { sha256 } = expectDone(await call({ method: 'POST', path, as, file }), receivedSchema)
      return { sha256 }
    },
    async submitMinimised(submission) {
      expectAuthority(home, submission.authority)
      work()
      const { sha256 } = expectDone(await call(await minimisedRequest(submission)), receivedSchema)
      return { sha256 }
    },
    async token(principal) {
      const denial = await findDenial(home, principal, roles)
      if (denial !== undefined) expectWell(denial)
      return home.issuer.issue(principal)
    },
    async close() {
      await receivers.stop()
      await service?.stop()
      home.close()
    },
  }
}

function expectAuthority(home: Home, code: string): void {
  if (findAuthority(home.settings, code) !== undefined) return
  throw new CommandEnd(3, 'AUTHORITY_UNKNOWN', unknownAuthority(home))
}

/** What there is to say of an authority that a home does not have. Its name is not repeated: it may be anything. */
export function unknownAuthority({ settings }: Pick<Home, 'settings'>): string {
  const there = settings.authorities.map(({ code }) => code).join(', ')
  return `the home has no such authority; --authority names one: ${there}`
}

async function minimisedRequest(submission: MinimisedSubmission): Promise<ApiRequest> {
  const { authority, layout, submissionId, sentAt, as, signature, mends, content } = submission
  const head = { submissionId, layout, sentAt }
  const path = `/v1/submissions?${new URLSearchParams({ authority })}`
  if (content.form === 'records') {
    const records = await readMinimised(content.file)
    const json = { schemaVersion: ENVELOPE_VERSION, ...head, mends, records, signature }
    return { method: 'POST', path, as, json }
  }
  const bytes = Readable.toWeb(createReadStream(content.file)) as ReadableStream<Uint8Array<ArrayBuffer>>
  const file = { contentType: 'application/x-ndjson', bytes }
  const query = new URLSearchParams({ ...head, ...mendsQuery(mends) })
  return { method: 'POST', path: `${path}&${query}`, as, file, signature }
}

function reportWork(told: Told): void {
  if ('submissionId' in told) {
    report(`drop: ${told.authority} ${told.submissionId}: ${told.outcome}`)
    return
  }
  if ('stray' in told) {
    const { stray, place, inode } = told
    report(`drop: ${withFacts('DROP_STRAY', { kind: stray, place, inode })}, stays there`)
    return
  }
  const { where, code, facts = {} } = told
  report(`${where}: ${withFacts(code, facts)}, will ${where === 'watch' ? 'look' : 'try'} again`)
}

async function openTold(directory: string, { makesHome }: Opening): Promise<Home> {
  if (!isHome(directory)) {
    if (!makesHome) throw new CommandEnd(2, 'HOME_MISSING', `there is no home in ${directory}`)
    report(`making a new home in ${directory}`)
  }
  const home = await openHome({ directory, template: TEMPLATE })
  for (const name of home.leftOut) {
    report(`the home's files name ${name} no more, who may sign in until \`principal revoke ${name}\``)
  }
  return home
}

/**
 * Why nobody can sign in under a name; undefined where somebody can. The API would say of their token that it doesn't
 * hold, and no more: whoever has the home may know who is in it.
 */
async function findDenial(
  { store }: Home,
  name: string,
  roles: readonly Role[] | undefined,
): Promise<ApiAnswer | undefined> {
  if ((await findActor(store, name)) !== undefined) return undefined
  const all = await listPrincipals(store)
  const isRevoked = all.some((principal) => principal.name === name)
  const fitting = all.filter(({ revoked, role }) => !revoked && (roles?.includes(role) ?? true))
  const wanted = roles === undefined ? '' : ` whose role is ${roles.join(' or ')}`
  const there = fitting.map((principal) => principal.name).join(', ')
  const code = isRevoked ? 'PRINCIPAL_REVOKED' : 'PRINCIPAL_UNKNOWN'
  const title = isRevoked ? `the principal "${name}" is revoked` : `no principal "${name}" in this home`
  const detail = `${title}; --as names one${wanted}: ${there || 'there is none'}`
  return { status: 401, body: { code, title, detail } }
}

/** A home runs everything in its own process; `work` sees to it that somebody works for it. */
export function stagesOf(home: Home, work: () => void = () => undefined): Stages {
  return {
    publish: (options) => publish(home, options),
    release: (order) => releaseCase(home, order, (name) => isOfficer(home.store, name)),
    erase: async (order) => {
      const erasure = await orderErasure(home, order)
      if (erasure.outcome !== 'erased') return erasure
      work()
      await untilApplied(home, erasure.erasure)
      // Whoever reads at this moment keeps the old pages; the database clears them when the last of them is gone
      home.scrub()
      return erasure
    },
  }
}

async function untilApplied({ store }: Home, id: string): Promise<void> {
  const deadline = performance.now() + APPLY_TIMEOUT_MS
  while (performance.now() < deadline) {
    const number = await findNumber(store, id)
    if (number !== undefined && (await findWatermark(store)) > number) return
    await sleep(APPLY_POLL_MS)
  }
  // It is ordered and will be done; who asked is not to wait for ever
  throw new Failure('ERASURE_NOT_APPLIED_YET', { retryable: true })
}

const APPLY_TIMEOUT_MS = 60_000
const APPLY_POLL_MS = 25
