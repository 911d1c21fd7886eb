import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { Actor } from '../../shared/base/actor.ts'
import { sha256 } from '../../shared/base/digest.ts'
import { Failure } from '../../shared/base/failure.ts'
import {
  actOnCase,
  type CaseCommand,
  type CaseResult,
  type CaseWorld,
  downloadCase,
  type IsOfficer,
  releaseCase as releaseChecked,
} from '../../shared/disclosure/cases.ts'
import { submitCase } from '../../shared/disclosure/new-case.ts'
import { openPackage } from '../../shared/disclosure/package.ts'
import { type CaseView, caseTimeline, listCases, readCase } from '../../shared/disclosure/view.ts'
import { sealPending } from '../../shared/ledger/seal.ts'
import { findLedgerSize, findSealedEntry, type SealedEntry } from '../../shared/ledger/sealed.ts'
import type { Item, ObjectKey, SealingStore } from '../../shared/ports.ts'
import { Crash, faultsFrom, faulty } from '../faults.ts'
import { sealRecords } from '../records/held.ts'
import {
  alpha,
  auditor,
  beta,
  datasetUser,
  gamma,
  holdRecords,
  insider,
  later,
  licence,
  officerA,
  officerB,
  officerC,
  openSampleWorld,
  otherAgency,
  penalty,
  purpose,
  recipientPrivate,
  registration,
  requester,
  type SampleWorld,
  sampleRequest,
  start,
  submissionOf,
} from './sample.ts'

let world: SampleWorld
beforeEach(async () => {
  world = await openSampleWorld()
})
afterEach(() => world.close())

async function submit(changes: Record<string, unknown> = {}, at: CaseWorld = world): Promise<CaseView> {
  const result = await submitCase(at, { actor: requester, request: sampleRequest(changes) })
  if (result.outcome === 'refused') throw new Error(result.code)
  return result.case
}

/** A release for which every approver is still an officer. */
function releaseCase(
  at: CaseWorld,
  order: Parameters<typeof releaseChecked>[1],
  isOfficer: IsOfficer = async () => true,
): ReturnType<typeof releaseChecked> {
  return releaseChecked(at, order, isOfficer)
}

type Order<Kind extends CaseCommand['kind']> = { readonly actor: Actor; readonly caseId: string } & Omit<
  Extract<CaseCommand, { kind: Kind }>,
  'kind'
>

const narrowCase = (at: CaseWorld, { actor, caseId, ...body }: Order<'narrow'>): Promise<CaseResult> =>
  actOnCase(at, { actor, caseId, command: { kind: 'narrow', ...body } })
const refuseCase = (at: CaseWorld, { actor, caseId, ...body }: Order<'refuse'>): Promise<CaseResult> =>
  actOnCase(at, { actor, caseId, command: { kind: 'refuse', ...body } })
const withdrawCase = (at: CaseWorld, order: Order<'withdraw'>): Promise<CaseResult> =>
  actOnCase(at, { ...order, command: { kind: 'withdraw' } })

async function approve(view: CaseView, actor: Actor, at: CaseWorld = world): Promise<CaseResult> {
  const command = { kind: 'approve', scopeSha256: view.scopeSha256 } as const
  return actOnCase(at, { actor, caseId: view.id, command })
}

async function approved(changes: Record<string, unknown> = {}): Promise<CaseView> {
  const view = await submit(changes)
  await approve(view, officerA)
  await approve(view, officerB)
  return view
}

async function released(changes: Record<string, unknown> = {}): Promise<CaseView> {
  const view = await approved(changes)
  await releaseCase(world, { actor: officerC, caseId: view.id })
  return view
}

async function stateNow(id: string): Promise<string> {
  const read = await readCase(world, { actor: auditor, caseId: id })
  return read.outcome === 'done' ? read.case.state : read.code
}

async function actions(id: string): Promise<readonly string[]> {
  const timeline = await caseTimeline(world, { actor: auditor, caseId: id })
  return timeline.outcome === 'done' ? timeline.rows.map((row) => row.action) : [timeline.code]
}

async function packagesOf(id: string): Promise<readonly string[]> {
  const found: ObjectKey[] = []
  for await (const key of world.objects.list({ area: 'packages', path: id })) found.push(key)
  return found.map((key) => key.path)
}

async function sealedEntries(): Promise<readonly SealedEntry[]> {
  await sealPending(world)
  const size = await findLedgerSize(world.store)
  const entries = await Promise.all(
    Array.from({ length: size }, (_, number) => findSealedEntry(world.store, number)),
  )
  return entries.filter((entry) => entry !== undefined)
}

/** Two people who read before either writes: no commit goes through until so many wait. */
function together(count: number): CaseWorld {
  let waiting = 0
  let open: () => void = () => {}
  const gate = new Promise<void>((resolve) => {
    open = resolve
  })
  const commit: SealingStore['commit'] = async (writes, entry) => {
    if (++waiting >= count) open()
    await gate
    return world.store.commit(writes, entry)
  }
  return { ...world, store: { ...world.store, commit } }
}

describe('a case', () => {
  test('goes from its submission over two approvals and a release to one download', async () => {
    const view = await submit()
    expect(view.state).toBe('Submitted')
    expect(await approve(view, officerA)).toMatchObject({ case: { state: 'AwaitingSecondApproval' } })
    expect(await approve(view, officerB)).toMatchObject({ case: { state: 'Approved' } })
    const release = await releaseCase(world, { actor: officerA, caseId: view.id })
    expect(release).toMatchObject({ case: { state: 'Released' } })
    const download = await downloadCase(world, { actor: requester, caseId: view.id })
    expect(download).toMatchObject({ outcome: 'downloaded', case: { state: 'Downloaded' } })
    expect(await stateNow(view.id)).toBe('Downloaded')
  })

  test('discloses exactly the approved fields of the approved organisations', async () => {
    await holdRecords(world, [
      registration(alpha),
      licence(alpha, 'L-2022', '2022-06-01'),
      licence(alpha, 'L-2024', '2024-06-01'),
      penalty(alpha, 'P-2024', '2024-06-02'),
      registration(gamma),
    ])
    const view = await released({ fields: ['name', 'licences'] })
    const download = await downloadCase(world, { actor: requester, caseId: view.id })
    if (download.outcome === 'refused') throw new Error(download.code)
    const opened = await openPackage(download.body, recipientPrivate, world.signer.verifierKey)
    if (opened.outcome === 'refused') throw new Error(opened.code)
    const [one, two] = opened.package.organisations.toSorted((a) => (a.uscc === alpha ? -1 : 1))
    expect(one).toMatchObject({
      uscc: alpha,
      fields: { name: '合成样本有限公司', licences: [{ document_number: 'L-2024' }] },
    })
    expect(one?.outcome === 'disclosed' && Object.keys(one.fields)).toEqual(['licences', 'name'])
    expect(two).toEqual({ uscc: beta, outcome: 'not-held', code: 'RC-NOT-HELD' })
    expect(opened.package).toMatchObject({
      caseId: view.id,
      requestSha256: view.requestSha256,
      scopeSha256: view.scopeSha256,
      asOf: { validAt: start },
      counts: { organisations: 2, disclosed: 1, notHeld: 1, withheld: 0, fields: 2 },
    })
    expect(sha256(download.body)).toBe(download.case.package?.ciphertextSha256)
  })

  test('is not released on the approval of somebody who is no officer any longer', async () => {
    const view = await approved()
    const order = { actor: officerC, caseId: view.id }
    const refused = await releaseCase(world, order, async (name) => name !== officerA.name)
    expect(refused).toMatchObject({ outcome: 'refused', code: 'APPROVER_REVOKED' })
    expect(await packagesOf(view.id)).toEqual([])
    expect(await actions(view.id)).toEqual(['submitted', 'approved', 'approved', 'attempt-refused'])
    const narrowing = { scopeSha256: view.scopeSha256, narrowing: { fields: ['name'] }, reason: 'Anew' }
    const narrowed = await narrowCase(world, { actor: officerB, caseId: view.id, ...narrowing })
    if (narrowed.outcome === 'refused') throw new Error(narrowed.code)
    await approve(narrowed.case, officerB)
    await approve(narrowed.case, officerC)
    expect(await releaseCase(world, order, async (name) => name !== officerA.name)).toMatchObject({
      case: { state: 'Released' },
    })
  })

  test('is read as of what is applied at the release: what stands later in the ledger is not in it', async () => {
    const view = await approved({ fields: ['licences'], organisations: [alpha] })
    await holdRecords(world, [licence(alpha, 'L-2024', '2024-06-01')])
    // Sealed and not applied yet: nothing that stands behind it in the ledger counts before it, applied or not
    const size = await sealRecords(world, submissionOf(world, [licence(alpha, 'L-2023', '2023-06-01')]))
    await holdRecords(world, [licence(alpha, 'L-2025', '2025-06-01')])
    const release = await releaseCase(world, { actor: officerC, caseId: view.id })
    expect(release).toMatchObject({ case: { package: { ledgerSize: size, counts: { disclosed: 1 } } } })
    const download = await downloadCase(world, { actor: requester, caseId: view.id })
    const body = download.outcome === 'downloaded' ? download.body : ''
    const opened = await openPackage(body, recipientPrivate, world.signer.verifierKey)
    expect(JSON.stringify(opened)).toContain('L-2024')
    expect(JSON.stringify(opened)).not.toMatch(/L-202[35]/)
  })

  test('discloses what it was narrowed to, on two new approvals', async () => {
    await holdRecords(world, [registration(alpha), registration(beta)])
    const view = await approved()
    const command = {
      scopeSha256: view.scopeSha256,
      narrowing: { organisations: [beta] },
      reason: 'One is enough',
    }
    const narrowed = await narrowCase(world, { actor: officerA, caseId: view.id, ...command })
    if (narrowed.outcome === 'refused') throw new Error(narrowed.code)
    expect(narrowed.case).toMatchObject({
      state: 'Submitted',
      approvals: [],
      scope: { organisations: [beta] },
    })
    expect(await releaseCase(world, { actor: officerC, caseId: view.id })).toMatchObject({
      code: 'NOT_APPROVED',
    })
    expect(await approve(view, officerA)).toMatchObject({ code: 'SCOPE_CHANGED' })
    await approve(narrowed.case, officerA)
    await approve(narrowed.case, officerB)
    await releaseCase(world, { actor: officerC, caseId: view.id })
    const download = await downloadCase(world, { actor: requester, caseId: view.id })
    const body = download.outcome === 'downloaded' ? download.body : ''
    const opened = await openPackage(body, recipientPrivate, world.signer.verifierKey)
    expect(opened).toMatchObject({ package: { organisations: [{ uscc: beta, outcome: 'disclosed' }] } })
  })

  test('is refused with a ground and a reason that its authority reads', async () => {
    const view = await submit()
    await refuseCase(world, { actor: officerA, caseId: view.id, code: 'RC-SCOPE', reason: '范围过宽' })
    const read = await readCase(world, { actor: requester, caseId: view.id })
    expect(read).toMatchObject({
      case: { state: 'Refused', refusal: { code: 'RC-SCOPE', reason: '范围过宽' } },
    })
  })

  test('is withdrawn by its authority', async () => {
    const view = await approved()
    expect(await withdrawCase(world, { actor: requester, caseId: view.id })).toMatchObject({
      case: { state: 'Withdrawn' },
    })
    expect(await releaseCase(world, { actor: officerA, caseId: view.id })).toMatchObject({
      code: 'CASE_WITHDRAWN',
    })
  })

  test('expires with its instrument, without anybody’s doing', async () => {
    const view = await released()
    later(world, 24 * 40)
    expect(await stateNow(view.id)).toBe('Expired')
    expect(await downloadCase(world, { actor: requester, caseId: view.id })).toMatchObject({
      code: 'CASE_EXPIRED',
    })
  })
})

describe('a submission', () => {
  test('under the same key with the same content is the same case, in whatever order, whoever of the authority sends it', async () => {
    const view = await submit()
    const turned = sampleRequest({ organisations: [beta, alpha] })
    const colleague = { ...requester, name: 'bureau-desk-2' }
    const again = await submitCase(world, { actor: colleague, request: turned })
    expect(again).toMatchObject({ outcome: 'submitted', repeated: true, case: { id: view.id } })
    expect(await actions(view.id)).toEqual(['submitted'])
  })

  test('repeated once its instrument ran out still answers the case', async () => {
    const view = await submit()
    later(world, 24 * 40)
    const again = await submitCase(world, { actor: requester, request: sampleRequest() })
    expect(again).toMatchObject({ repeated: true, case: { id: view.id, state: 'Expired' } })
  })

  test('under the same key with other content is refused', async () => {
    await submit()
    const again = await submitCase(world, { actor: requester, request: sampleRequest({ fields: ['name'] }) })
    expect(again).toMatchObject({ code: 'IDEMPOTENCY_KEY_REUSED', path: '/idempotencyKey' })
  })

  test('of another authority under the same key is another case', async () => {
    const view = await submit()
    const other = await submitCase(world, { actor: otherAgency, request: sampleRequest() })
    expect(other).toMatchObject({ outcome: 'submitted', repeated: false })
    expect(other.outcome === 'submitted' && other.case.id).not.toBe(view.id)
  })

  test('twice at once is one case', async () => {
    const both = together(2)
    const results = await Promise.all([submit({}, both), submit({}, both)])
    expect(new Set(results.map((view) => view.id)).size).toBe(1)
    expect(await actions(results[0]!.id)).toEqual(['submitted'])
  })

  test('with other content at once under one key leaves one case and one refusal', async () => {
    const both = together(2)
    const send = (fields: readonly string[]): ReturnType<typeof submitCase> =>
      submitCase(both, { actor: requester, request: sampleRequest({ fields }) })
    const outcomes = (await Promise.all([send(['name']), send(['licences'])])).map((each) =>
      each.outcome === 'refused' ? each.code : each.outcome,
    )
    expect(outcomes.toSorted()).toEqual(['IDEMPOTENCY_KEY_REUSED', 'submitted'])
  })

  test('comes from a principal of an authority on file alone', async () => {
    const strangers = [
      officerA,
      datasetUser,
      auditor,
      { ...requester, authority: 'unknown' },
      { name: 'x', role: 'agency' as const },
    ]
    for (const actor of strangers) {
      expect(await submitCase(world, { actor, request: sampleRequest() })).toMatchObject({
        code: 'REQUESTER_NOT_AGENCY',
      })
    }
  })

  test('that breaks a rule leaves no case', async () => {
    expect(
      await submitCase(world, { actor: requester, request: sampleRequest({ fields: ['*'] }) }),
    ).toMatchObject({
      code: 'SCOPE_WILDCARD',
    })
    expect(await listCases(world, { actor: auditor })).toMatchObject({ cases: [] })
  })
})

describe('at the same time', () => {
  test('two approvals of one officer make one', async () => {
    const view = await submit()
    const both = together(2)
    const results = await Promise.all([approve(view, officerA, both), approve(view, officerA, both)])
    expect(results.map((each) => (each.outcome === 'refused' ? each.code : each.outcome)).toSorted()).toEqual(
      ['SAME_OFFICER', 'done'],
    )
    expect(await stateNow(view.id)).toBe('AwaitingSecondApproval')
  })

  test('approvals of two officers make two', async () => {
    const view = await submit()
    const both = together(2)
    await Promise.all([approve(view, officerA, both), approve(view, officerB, both)])
    expect(await stateNow(view.id)).toBe('Approved')
  })

  test('approvals of three officers make two and a refusal', async () => {
    const view = await submit()
    const all = together(3)
    const results = await Promise.all(
      [officerA, officerB, officerC].map((officer) => approve(view, officer, all)),
    )
    expect(results.filter((each) => each.outcome === 'refused')).toMatchObject([{ code: 'ALREADY_APPROVED' }])
  })

  test('an approval and a narrowing never leave an approval of what was narrowed', async () => {
    const view = await submit()
    const both = together(2)
    const narrowing = {
      scopeSha256: view.scopeSha256,
      narrowing: { fields: ['name'] },
      reason: 'Name is enough',
    }
    const [approval] = await Promise.all([
      approve(view, officerA, both),
      narrowCase(both, { actor: officerB, caseId: view.id, ...narrowing }),
    ])
    expect(['done', 'refused']).toContain(approval.outcome)
    expect(await stateNow(view.id)).toBe('Submitted')
    expect(await readCase(world, { actor: auditor, caseId: view.id })).toMatchObject({
      case: { scope: { fields: ['name'] }, approvals: [] },
    })
  })

  test('a narrowing that comes first turns the approval away', async () => {
    const view = await submit()
    const both = together(2)
    const narrowing = {
      scopeSha256: view.scopeSha256,
      narrowing: { fields: ['name'] },
      reason: 'Name is enough',
    }
    const [, approval] = await Promise.all([
      narrowCase(both, { actor: officerB, caseId: view.id, ...narrowing }),
      approve(view, officerA, both),
    ])
    expect(approval).toMatchObject({ code: 'SCOPE_CHANGED' })
  })

  test('two releases make one package, and no orphan stays', async () => {
    const view = await approved()
    const both = together(2)
    const results = await Promise.all(
      [officerA, officerC].map((actor) => releaseCase(both, { actor, caseId: view.id })),
    )
    expect(results.map((each) => (each.outcome === 'refused' ? each.code : each.outcome)).toSorted()).toEqual(
      ['ALREADY_RELEASED', 'done'],
    )
    expect(await packagesOf(view.id)).toHaveLength(1)
  })

  test('a release that stores its package after another release was done takes it away again', async () => {
    const view = await approved()
    const put: CaseWorld['objects']['put'] = async (key, body, when) => {
      await releaseCase(world, { actor: officerC, caseId: view.id })
      return world.objects.put(key, body, when)
    }
    const slow = { ...world, objects: { ...world.objects, put } }
    expect(await releaseCase(slow, { actor: officerA, caseId: view.id })).toMatchObject({
      code: 'ALREADY_RELEASED',
    })
    expect(await packagesOf(view.id)).toHaveLength(1)
    expect(await downloadCase(world, { actor: requester, caseId: view.id })).toMatchObject({
      outcome: 'downloaded',
    })
  })

  test('a release and a withdrawal leave either, never both', async () => {
    const view = await approved()
    const both = together(2)
    await Promise.all([
      withdrawCase(both, { actor: requester, caseId: view.id }),
      releaseCase(both, { actor: officerA, caseId: view.id }),
    ])
    const done = (await actions(view.id)).filter((action) => ['released', 'withdrawn'].includes(action))
    expect(done).toHaveLength(1)
    expect(await packagesOf(view.id)).toHaveLength(done[0] === 'released' ? 1 : 0)
  })

  test('two downloads hand the package out once', async () => {
    const view = await released()
    const both = together(2)
    const results = await Promise.all(
      [1, 2].map(() => downloadCase(both, { actor: requester, caseId: view.id })),
    )
    expect(results.map((each) => (each.outcome === 'refused' ? each.code : each.outcome)).toSorted()).toEqual(
      ['ALREADY_DOWNLOADED', 'downloaded'],
    )
    expect((await actions(view.id)).filter((action) => action === 'downloaded')).toHaveLength(1)
  })

  test('a case that others write without end answers that it is contended', async () => {
    const view = await submit()
    const commit: SealingStore['commit'] = async () => 'conflict'
    const busy = { ...world, store: { ...world.store, commit } }
    await expect(approve(view, officerA, busy)).rejects.toMatchObject({
      code: 'CASE_CONTENDED',
      retryable: true,
    })
  })
})

describe('a download', () => {
  test('happens once', async () => {
    const view = await released()
    await downloadCase(world, { actor: requester, caseId: view.id })
    expect(await downloadCase(world, { actor: requester, caseId: view.id })).toMatchObject({
      code: 'ALREADY_DOWNLOADED',
    })
  })

  test('that was lost is made good by a new case, which two officers approve again', async () => {
    const view = await released()
    await downloadCase(world, { actor: requester, caseId: view.id })
    const remedy = await submit({ idempotencyKey: 'request-0001-again' })
    expect(remedy.id).not.toBe(view.id)
    expect(await releaseCase(world, { actor: officerA, caseId: remedy.id })).toMatchObject({
      code: 'NOT_APPROVED',
    })
    await approve(remedy, officerA)
    await approve(remedy, officerB)
    await releaseCase(world, { actor: officerA, caseId: remedy.id })
    expect(await downloadCase(world, { actor: requester, caseId: remedy.id })).toMatchObject({
      outcome: 'downloaded',
    })
  })

  test('whose bytes cannot be read, or are not the released ones, is not used up', async () => {
    const view = await released()
    const find = async (): Promise<undefined> => undefined
    const without = { ...world, objects: { ...world.objects, find } }
    await expect(downloadCase(without, { actor: requester, caseId: view.id })).rejects.toMatchObject({
      code: 'PACKAGE_MISSING',
    })
    const other = async (): Promise<{ body: Uint8Array; tag: string }> => ({
      body: Buffer.from('x'),
      tag: 'x',
    })
    const wrong = { ...world, objects: { ...world.objects, find: other } }
    await expect(downloadCase(wrong, { actor: requester, caseId: view.id })).rejects.toMatchObject({
      code: 'PACKAGE_CORRUPT',
    })
    expect(await stateNow(view.id)).toBe('Released')
    expect(await downloadCase(world, { actor: requester, caseId: view.id })).toMatchObject({
      outcome: 'downloaded',
    })
  })
})

describe('a refused attempt', () => {
  test('of an officer who approves twice is in the case and in the ledger, and changes nothing', async () => {
    const view = await submit()
    await approve(view, officerA)
    expect(await approve(view, officerA)).toMatchObject({ code: 'SAME_OFFICER' })
    expect(await actions(view.id)).toEqual(['submitted', 'approved', 'attempt-refused'])
    expect(await stateNow(view.id)).toBe('AwaitingSecondApproval')
    expect((await sealedEntries()).at(-1)).toMatchObject({
      kind: 'case-attempt-refused',
      id: `case:${view.id}:3`,
      payload: { actor: { name: 'officer-a' }, command: 'approve', code: 'SAME_OFFICER' },
    })
  })

  test('of an officer from the requesting authority is kept', async () => {
    const view = await submit()
    expect(await approve(view, insider)).toMatchObject({ code: 'OFFICER_OF_REQUESTING_AUTHORITY' })
    expect(await actions(view.id)).toEqual(['submitted', 'attempt-refused'])
  })

  test('of a stranger leaves no trace, and looks as if there were no case', async () => {
    const view = await submit()
    for (const actor of [otherAgency, datasetUser]) {
      const real = await downloadCase(world, { actor, caseId: view.id })
      const none = await downloadCase(world, { actor, caseId: '0'.repeat(32) })
      expect(real).toEqual(none)
    }
    expect(await actions(view.id)).toEqual(['submitted'])
  })

  test('repeated without end fills a case to a limit only', async () => {
    const view = await submit()
    for (let count = 0; count < 14; count++) await downloadCase(world, { actor: requester, caseId: view.id })
    expect(await actions(view.id)).toHaveLength(11)
  })

  test('that cannot be written fails', async () => {
    const view = await submit()
    const attempt = downloadCase(faulty(world, faultsFrom({ crashAt: 1 })), {
      actor: requester,
      caseId: view.id,
    })
    await expect(attempt).rejects.toThrow(Crash)
  })
})

describe('the ledger', () => {
  test('has one entry for each event, under its number', async () => {
    const view = await released()
    await downloadCase(world, { actor: requester, caseId: view.id })
    const entries = await sealedEntries()
    expect(entries.map(({ id, kind }) => [id, kind])).toEqual([
      [`case:${view.id}:1`, 'case-submitted'],
      [`case:${view.id}:2`, 'case-approved'],
      [`case:${view.id}:3`, 'case-approved'],
      [`case:${view.id}:4`, 'case-released'],
      [`case:${view.id}:5`, 'case-downloaded'],
    ])
  })

  test('says who, on what ground, of what digest, and never of whom or why', async () => {
    await holdRecords(world, [registration(alpha), licence(alpha, 'L-2024', '2024-06-01')])
    const view = await released()
    await downloadCase(world, { actor: requester, caseId: view.id })
    const second = await submit({ idempotencyKey: 'request-0002' })
    const narrowing = { scopeSha256: second.scopeSha256, narrowing: { fields: ['name'] }, reason: '理由甲' }
    await narrowCase(world, { actor: officerA, caseId: second.id, ...narrowing })
    await refuseCase(world, { actor: officerA, caseId: second.id, code: 'RC-SCOPE', reason: '理由乙' })
    const payloads = (await sealedEntries())
      .filter(({ kind }) => kind.startsWith('case-'))
      .map(({ payload }) => payload)
    const text = JSON.stringify(payloads)
    for (const said of ['officer-a', 'CN-DSL-35', 'RC-SCOPE', view.requestSha256, view.scopeSha256]) {
      expect(text).toContain(said)
    }
    const unsaid = [
      alpha,
      beta,
      purpose,
      '调证字',
      '南京市公安局',
      '理由甲',
      '理由乙',
      'L-2024',
      '合成样本',
      'request-0002',
    ]
    for (const each of unsaid) expect(text).not.toContain(each)
  })
})

describe('what is stored', () => {
  test('holds of whoever acted the name, the role and the authority, and nothing else that came with them', async () => {
    const caller = { ...requester, token: 'eyJ-secret' }
    const result = await submitCase(world, { actor: caller, request: sampleRequest() })
    const id = result.outcome === 'submitted' ? result.case.id : ''
    await downloadCase(world, { actor: caller, caseId: id })
    expect(await actions(id)).toEqual(['submitted', 'attempt-refused'])
    expect(JSON.stringify(await sealedEntries())).not.toContain('eyJ-secret')
  })

  test('holds no value of the package, only its ciphertext', async () => {
    await holdRecords(world, [registration(alpha), licence(alpha, 'L-2024', '2024-06-01')])
    const view = await released()
    const events: Item[] = []
    for await (const item of world.store.list({ table: 'cases', partition: `case#${view.id}` }))
      events.push(item)
    expect(JSON.stringify(events)).not.toMatch(/L-2024|合成样本/)
    const [path = ''] = await packagesOf(view.id)
    const found = await world.objects.find({ area: 'packages', path })
    const text = Buffer.from(found?.body ?? '').toString()
    const readable = text
      .split('.')
      .map((part) => Buffer.from(part, 'base64url').toString())
      .join()
    expect(readable).not.toMatch(/L-2024|合成样本|organisations/)
    expect(readable).not.toContain(alpha)
  })
})

describe('reading', () => {
  test('shows a case to its authority and to staff, and to nobody else', async () => {
    const view = await submit()
    for (const actor of [requester, officerA, auditor]) {
      expect(await readCase(world, { actor, caseId: view.id })).toMatchObject({ outcome: 'done' })
    }
    for (const actor of [otherAgency, datasetUser]) {
      expect(await readCase(world, { actor, caseId: view.id })).toMatchObject({ code: 'CASE_NOT_FOUND' })
      expect(await caseTimeline(world, { actor, caseId: view.id })).toMatchObject({ code: 'CASE_NOT_FOUND' })
    }
  })

  test('looks no further for a case of another authority than for one that is not there', async () => {
    const view = await submit()
    await approve(view, officerA)
    let read = 0
    const find: SealingStore['find'] = async (key) => {
      const item = await world.store.find(key)
      if (item !== undefined) read++
      return item
    }
    async function* list(range: Parameters<SealingStore['list']>[0]): AsyncGenerator<Item> {
      for await (const item of world.store.list(range)) {
        read++
        yield item
      }
    }
    const counting = { ...world, store: { ...world.store, find, list } }
    const query = { actor: otherAgency, caseId: view.id }
    const answers = [await readCase(counting, query), await caseTimeline(counting, query)]
    for (const step of [downloadCase, withdrawCase]) answers.push((await step(counting, query)) as never)
    for (const answer of answers) expect(answer).toMatchObject({ code: 'CASE_NOT_FOUND' })
    expect(read).toBe(0)
    await readCase(counting, { actor: requester, caseId: view.id })
    expect(read).toBe(2)
  })

  test('takes an id that is none for a case that is not there', async () => {
    for (const caseId of ['', '#', '../x', 'cases']) {
      expect(await readCase(world, { actor: auditor, caseId })).toMatchObject({ code: 'CASE_NOT_FOUND' })
    }
  })

  test('lists cases oldest first and goes on where it stopped', async () => {
    const ids: string[] = []
    for (let number = 1; number <= 5; number++) {
      ids.push((await submit({ idempotencyKey: `request-000${number}` })).id)
      later(world, 1)
    }
    const seen: string[] = []
    let after: string | undefined
    do {
      const page = await listCases(world, { actor: officerA, after, limit: 2 })
      if (page.outcome === 'refused') throw new Error(page.code)
      expect(page.cases.length).toBeLessThanOrEqual(2)
      seen.push(...page.cases.map((view) => view.id))
      after = page.next
    } while (after !== undefined)
    expect(seen).toEqual(ids)
  })

  test('lists to an authority its own cases alone', async () => {
    const own = await submit()
    await submitCase(world, { actor: otherAgency, request: sampleRequest() })
    const listed = await listCases(world, { actor: requester })
    expect(listed.outcome === 'done' && listed.cases.map((view) => view.id)).toEqual([own.id])
    expect(await listCases(world, { actor: datasetUser })).toMatchObject({ code: 'ROLE_NOT_ALLOWED' })
    expect(await listCases(world, { actor: { name: 'x', role: 'agency' } })).toMatchObject({
      code: 'ROLE_NOT_ALLOWED',
    })
  })

  test('tells who did what, when and on what ground', async () => {
    const view = await submit()
    later(world, 1)
    const narrowing = {
      scopeSha256: view.scopeSha256,
      narrowing: { fields: ['name'] },
      reason: 'Name is enough',
    }
    const narrowed = await narrowCase(world, { actor: officerA, caseId: view.id, ...narrowing })
    await refuseCase(world, { actor: officerB, caseId: view.id, code: 'RC-BASIS', reason: 'Not covered' })
    const timeline = await caseTimeline(world, { actor: auditor, caseId: view.id })
    const scopeSha256 = narrowed.outcome === 'done' ? narrowed.case.scopeSha256 : ''
    expect(timeline).toMatchObject({
      rows: [
        {
          number: 1,
          at: start,
          actor: 'bureau-desk-1',
          role: 'agency',
          action: 'submitted',
          ground: { code: 'CN-DSL-35' },
          scopeSha256: view.scopeSha256,
          entryId: `case:${view.id}:1`,
        },
        {
          number: 2,
          actor: 'officer-a',
          action: 'narrowed',
          ground: { code: 'CN-DSL-35', reason: 'Name is enough' },
          scopeSha256,
        },
        {
          number: 3,
          actor: 'officer-b',
          role: 'compliance',
          action: 'refused',
          ground: { code: 'RC-BASIS', reason: 'Not covered' },
          scopeSha256,
        },
      ],
    })
  })

  test('names officers to staff, and to the authority by their role', async () => {
    const view = await submit()
    await approve(view, officerA)
    await approve(view, officerA)
    await downloadCase(world, { actor: requester, caseId: view.id })
    const timeline = await caseTimeline(world, { actor: requester, caseId: view.id })
    const read = await readCase(world, { actor: requester, caseId: view.id })
    expect(JSON.stringify([timeline, read])).not.toContain('officer-a')
    expect(
      timeline.outcome === 'done' && timeline.rows.map(({ number, action }) => [number, action]),
    ).toEqual([
      [1, 'submitted'],
      [2, 'approved'],
      [4, 'attempt-refused'],
    ])
  })
})

type Move = readonly [title: string, run: (at: CaseWorld, view: CaseView | undefined) => Promise<unknown>]

/** The way of a case, each move harmless to repeat. */
const way: readonly Move[] = [
  ['submit', (at) => submit({}, at)],
  ['approve', (at, view) => approve(view!, officerA, at)],
  ['approve again', (at, view) => approve(view!, officerB, at)],
  ['release', (at, view) => releaseCase(at, { actor: officerC, caseId: view!.id })],
  ['download', (at, view) => downloadCase(at, { actor: requester, caseId: view!.id })],
]

/** Writes of the way: a commit each, and the release's package. */
const WRITES = 6

describe.each(['failed', 'stored'] as const)('a process that dies at a write that was %s', (mode) => {
  test.each(Array.from({ length: WRITES }, (_, at) => at + 1))(
    '(write %i) leaves a case that goes on to its end',
    async (crashAt) => {
      await holdRecords(world, [registration(alpha)])
      const faults = faultsFrom({ crashAt, mode })
      let living: CaseWorld = faulty(world, faults)
      let view: CaseView | undefined
      let handedOut = 0
      for (const [title, run] of way) {
        let result: unknown
        try {
          result = await run(living, view)
        } catch (fault) {
          if (!(fault instanceof Crash)) throw fault
          living = world
          result = await run(living, view)
        }
        if (title === 'submit') view = result as CaseView
        if ((result as { outcome?: string }).outcome === 'downloaded') handedOut++
      }
      expect(faults.crashed).toBe(true)
      expect((await actions(view!.id)).filter((action) => action !== 'attempt-refused')).toEqual([
        'submitted',
        'approved',
        'approved',
        'released',
        'downloaded',
      ])
      expect(await packagesOf(view!.id)).toHaveLength(1)
      // Only bytes that were lost after their commit are not handed out a second time
      expect(handedOut).toBe(mode === 'stored' && crashAt === WRITES ? 0 : 1)
      const entries = (await sealedEntries()).filter(({ kind }) => kind.startsWith('case-'))
      expect(entries).toHaveLength((await actions(view!.id)).length)
    },
  )
})

/** A store that lives on, whose n-th commit throws: before it is stored, or after. */
function failingOnce(commitAt: number, mode: 'failed' | 'stored'): CaseWorld {
  let count = 0
  const commit: SealingStore['commit'] = async (writes, entry) => {
    if (++count !== commitAt) return world.store.commit(writes, entry)
    if (mode === 'stored') await world.store.commit(writes, entry)
    throw new Failure('STORE_FAILED', { retryable: true })
  }
  return { ...world, store: { ...world.store, commit } }
}

describe.each(way.map(([title], at) => ({ title, at })))('the write of a $title', ({ title, at }) => {
  async function walkTo(): Promise<CaseView | undefined> {
    let view: CaseView | undefined
    for (const [name, run] of way.slice(0, at)) {
      const result = await run(world, view)
      if (name === 'submit') view = result as CaseView
    }
    return view
  }

  test('that failed is told as failed, and can be tried again', async () => {
    const view = await walkTo()
    await expect(way[at]![1](failingOnce(1, 'failed'), view)).rejects.toMatchObject({ code: 'STORE_FAILED' })
    const result = await way[at]![1](world, view)
    expect((result as { outcome?: string }).outcome).not.toBe('refused')
    const id = (view ?? (result as CaseView)).id
    expect((await actions(id)).length).toBe(at + 1)
    expect((await packagesOf(id)).length).toBe(at >= 3 ? 1 : 0)
  })

  test('that was stored but reported failed is done, once', async () => {
    const view = await walkTo()
    const result = await way[at]![1](failingOnce(1, 'stored'), view)
    expect((result as { outcome?: string }).outcome).toBe(
      title === 'submit' ? undefined : title === 'download' ? 'downloaded' : 'done',
    )
    const id = (view ?? (result as CaseView)).id
    expect((await actions(id)).length).toBe(at + 1)
  })
})

describe('an orphaned package', () => {
  test('of a release that died is swept by the release that follows', async () => {
    const view = await approved()
    const dying = releaseCase(faulty(world, faultsFrom({ crashAt: 2 })), { actor: officerA, caseId: view.id })
    await expect(dying).rejects.toThrow(Crash)
    const [orphan] = await packagesOf(view.id)
    expect(orphan).toBeDefined()
    await releaseCase(world, { actor: officerA, caseId: view.id })
    expect(await packagesOf(view.id)).toHaveLength(1)
    expect(await packagesOf(view.id)).not.toContain(orphan)
  })

  test('is swept when the case is refused or withdrawn instead', async () => {
    for (const [key, close] of [
      ['request-0003', 'refuse'],
      ['request-0004', 'withdraw'],
    ] as const) {
      const view = await approved({ idempotencyKey: key })
      const dying = releaseCase(faulty(world, faultsFrom({ crashAt: 2 })), {
        actor: officerA,
        caseId: view.id,
      })
      await expect(dying).rejects.toThrow(Crash)
      if (close === 'withdraw') await withdrawCase(world, { actor: requester, caseId: view.id })
      else
        await refuseCase(world, { actor: officerA, caseId: view.id, code: 'RC-SCOPE', reason: 'Overbroad' })
      expect(await packagesOf(view.id)).toEqual([])
    }
  })

  test('that cannot be swept leaves the release done, and is swept at the download', async () => {
    const view = await approved()
    const dying = releaseCase(faulty(world, faultsFrom({ crashAt: 2 })), { actor: officerA, caseId: view.id })
    await expect(dying).rejects.toThrow(Crash)
    const remove = async (): Promise<never> => {
      throw new Failure('OBJECTS_FAILED', { retryable: true })
    }
    const stuck = { ...world, objects: { ...world.objects, remove } }
    expect(await releaseCase(stuck, { actor: officerA, caseId: view.id })).toMatchObject({ outcome: 'done' })
    expect(await packagesOf(view.id)).toHaveLength(2)
    await downloadCase(world, { actor: requester, caseId: view.id })
    expect(await packagesOf(view.id)).toHaveLength(1)
  })
})
