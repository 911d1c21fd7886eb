import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { sha256 } from '../../shared/base/digest.ts'
import { type Instant, instantOf } from '../../shared/base/instant.ts'
import { openDatabase } from '../../shared/embedded/database.ts'
import { openObjects } from '../../shared/embedded/objects.ts'
import { openStore } from '../../shared/embedded/store.ts'
import { completeUscc } from '../../shared/identity/uscc.ts'
import type { Objects, World } from '../../shared/ports.ts'
import type { FactRecord } from '../../shared/records/record.ts'
import { ledgerSettingsSchema, policySchema } from '../../shared/settings.ts'
import { holdSubmission } from '../records/held.ts'
import { openMemorySigner } from '../signer.ts'

export type Home = World & {
  /** What the clock says; a test may set it. */
  at: Instant
  /** Accepts, seals and applies one submission of an authority. */
  submit(authority: string, records: readonly FactRecord[], sentAt?: Instant): Promise<void>
  close(): Promise<void>
}

const nowhere = { send: async () => undefined }

/** Everything the datasets room asks of the world, on the embedded adapters. */
export async function openTestHome(bucketCount = 4): Promise<Home> {
  const directory = await mkdtemp(join(tmpdir(), 'credit-fusion-home-'))
  const database = openDatabase(':memory:')
  const home: Home = {
    at: instantOf(Date.parse('2026-01-01T00:00:00Z')),
    store: openStore(database),
    objects: await openObjects(directory),
    queues: { inbox: nowhere, sealed: nowhere },
    now: () => home.at,
    settings: {
      authorities: [],
      policy: policySchema.parse({ bucketCount }),
      ledger: ledgerSettingsSchema.parse({}),
    },
    signer: openMemorySigner(),
    submit: (authority, records, sentAt = home.at) => submit(home, { authority, records, sentAt }),
    close: async () => {
      database.close()
      await rm(directory, { recursive: true })
    },
  }
  return home
}

/** The n-th synthetic organisation's code; `92` before it makes an individual business. */
export function codeOf(n: number, prefix = '91'): string {
  return completeUscc({ prefix, division: '310000', body: `YY${String(n).padStart(6, '0')}` })
}

/** Every object of the area, with the digest of its bytes. */
export async function listObjects(objects: Objects, path: string): Promise<Readonly<Record<string, string>>> {
  const found: Record<string, string> = {}
  for await (const key of objects.list({ area: 'datasets', path })) {
    found[key.path] = sha256((await objects.find(key))?.body ?? '')
  }
  return found
}

export async function collect<T>(items: AsyncIterable<T>): Promise<readonly T[]> {
  const all: T[] = []
  for await (const item of items) all.push(item)
  return all
}

let submissions = 0

async function submit(
  home: Home,
  { authority, records, sentAt }: { authority: string; records: readonly FactRecord[]; sentAt: Instant },
): Promise<void> {
  const submissionId = `s${++submissions}`
  await holdSubmission(home, { authority, submissionId, sentAt, parts: [records] })
}
