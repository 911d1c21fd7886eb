import { generateKeyPairSync } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { JWK } from 'jose'
import type { Actor } from '../../shared/base/actor.ts'
import { digestOf } from '../../shared/base/digest.ts'
import type { CalendarDate, Instant } from '../../shared/base/instant.ts'
import { instantOf } from '../../shared/base/instant.ts'
import { openDatabase } from '../../shared/embedded/database.ts'
import { openObjects } from '../../shared/embedded/objects.ts'
import { openStore } from '../../shared/embedded/store.ts'
import { completeUscc } from '../../shared/identity/uscc.ts'
import type { Signer, World } from '../../shared/ports.ts'
import type { FactRecord } from '../../shared/records/record.ts'
import { ledgerSettingsSchema, type Policy, policySchema } from '../../shared/settings.ts'
import { holdSubmission, type RecordSubmission } from '../records/held.ts'
import { openMemorySigner } from '../signer.ts'

/** A code of an organisation that does not exist: its organisation-code part begins with YY. */
export function syntheticUscc(number: number, prefix = '91', division = '320100'): string {
  return completeUscc({ prefix, division, body: `YY${String(number).padStart(6, '0')}` })
}

export const alpha = syntheticUscc(101)
export const beta = syntheticUscc(202)
export const gamma = syntheticUscc(303)

export const start = '2026-11-23T08:00:00.000Z' as Instant
export const policy: Policy = policySchema.parse({})

export const requester: Actor = { name: 'bureau-desk-1', role: 'agency', authority: 'nanjing-bureau' }
export const otherAgency: Actor = { name: 'tax-desk-1', role: 'agency', authority: 'suzhou-tax' }
export const officerA: Actor = { name: 'officer-a', role: 'compliance' }
export const officerB: Actor = { name: 'officer-b', role: 'compliance' }
export const officerC: Actor = { name: 'officer-c', role: 'compliance' }
export const insider: Actor = { name: 'officer-i', role: 'compliance', authority: 'nanjing-bureau' }
export const auditor: Actor = { name: 'auditor-1', role: 'auditor' }
export const steward: Actor = { name: 'steward-1', role: 'steward' }
export const operator: Actor = { name: 'operator-1', role: 'operator' }
export const datasetUser: Actor = { name: 'builder-1', role: 'dataset-user' }

const pair = generateKeyPairSync('ec', { namedCurve: 'P-256' })
export const recipientPrivate = pair.privateKey.export({ format: 'jwk' }) as JWK
export const recipientPublic = pair.publicKey.export({ format: 'jwk' }) as JWK

export const purpose = 'Whether the supplier held a licence when the contract was signed 核实许可情况'

/** What an authority sends; members given replace those of the sample. */
export function sampleRequest(changes: Readonly<Record<string, unknown>> = {}): Record<string, unknown> {
  return {
    organisations: [alpha, beta],
    fields: ['name', 'licences', 'penalties'],
    window: { from: '2023-01-01', to: '2025-12-31' },
    legalBasis: { code: 'CN-DSL-35' },
    instrument: {
      number: '宁公（经）调证字〔2026〕118号',
      sha256: 'ab'.repeat(32),
      issuedBy: '南京市公安局经济犯罪侦查支队',
      issuedOn: '2026-11-20',
      expiresOn: '2026-12-20',
    },
    purpose,
    recipientKey: recipientPublic,
    idempotencyKey: 'request-0001',
    ...changes,
  }
}

export type SampleWorld = World & {
  clock: { at: Instant }
  signer: Signer
  close: () => Promise<void>
}

/** The real store and objects, a clock that stands still, and two authorities. */
export async function openSampleWorld(): Promise<SampleWorld> {
  const directory = await mkdtemp(join(tmpdir(), 'credit-fusion-'))
  const database = openDatabase(':memory:')
  const clock = { at: start }
  const queue = { send: async () => {} }
  return {
    store: openStore(database),
    objects: await openObjects(directory),
    queues: { inbox: queue, sealed: queue },
    signer: openMemorySigner(),
    now: () => clock.at,
    settings: {
      authorities: [authority('nanjing-bureau', 901), authority('suzhou-tax', 902)],
      policy,
      ledger: ledgerSettingsSchema.parse({}),
    },
    clock,
    close: async () => {
      database.close()
      await rm(directory, { recursive: true })
    },
  }
}

function authority(code: string, number: number): World['settings']['authorities'][number] {
  return {
    code,
    name: { zh: '合成机关', en: 'Synthetic office' },
    uscc: syntheticUscc(number, '11'),
    recordTypes: ['registration', 'licence', 'penalty'],
    contact: 'office@example.invalid',
  }
}

export function later(world: SampleWorld, hours: number): void {
  world.clock.at = instantOf(Date.parse(world.clock.at) + hours * 60 * 60 * 1000)
}

/** Holds records as if a submission had been received, sealed and applied. */
export async function holdRecords(world: SampleWorld, records: readonly FactRecord[]): Promise<void> {
  await holdSubmission(world, submissionOf(world, records))
}

export function submissionOf(world: SampleWorld, records: readonly FactRecord[]): RecordSubmission {
  const submissionId = digestOf(records).slice(0, 12)
  return { authority: 'suzhou-tax', submissionId, sentAt: world.now(), parts: [records] }
}

const base = {
  authority: 'suzhou-tax',
  otherIdentifiers: [],
  revision: '',
  layout: 'sample@1',
}

export function registration(uscc: string, facts: Record<string, unknown> = {}): FactRecord {
  return {
    ...base,
    type: 'registration',
    subject: { kind: 'uscc', value: uscc },
    document: uscc,
    facts: { name: '合成样本有限公司', address: '样本路1号', ...facts },
  } as FactRecord
}

export function licence(uscc: string, documentNumber: string, decidedOn: string): FactRecord {
  return {
    ...base,
    type: 'licence',
    subject: { kind: 'uscc', value: uscc },
    document: documentNumber,
    facts: {
      subjectName: '合成样本有限公司',
      documentNumber,
      decidedOn: decidedOn as CalendarDate,
      content: `${documentNumber}的内容`,
      licensingAuthority: '合成机关',
    },
  }
}

export function penalty(uscc: string, documentNumber: string, decidedOn: string): FactRecord {
  return {
    ...base,
    type: 'penalty',
    subject: { kind: 'uscc', value: uscc },
    document: documentNumber,
    facts: {
      subjectName: '合成样本有限公司',
      documentNumber,
      kinds: ['责令停产停业'],
      grounds: `${documentNumber}的事实`,
      decidedOn: decidedOn as CalendarDate,
      publishedTo: '2027-06-30' as CalendarDate,
      penaltyAuthority: '合成机关',
    },
  }
}
