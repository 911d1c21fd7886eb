import { describe, expect, test } from 'vitest'
import { signStatement } from '../../shared/authorities/signature.ts'
import { resumeAuthority, suspendAuthority } from '../../shared/authorities/standing.ts'
import { sha256 } from '../../shared/base/digest.ts'
import { contentSha256 } from '../../shared/ingest/envelope.ts'
import type { Mends } from '../../shared/ingest/mends.ts'
import { type Delivery, receiveSubmission } from '../../shared/ingest/receive.ts'
import { statementOf } from '../../shared/ingest/sender.ts'
import type { Authority } from '../../shared/settings.ts'
import { makeKeyPair, signing } from '../authorities/keys.ts'
import type { TestWorld } from '../records/world.ts'
import { csvOf, fileDelivery, recordsDelivery, rows, streamOf, take, withWorld } from './sample.ts'

const layout = 'penalty-2018'
const own = await makeKeyPair()
const authority = signing(own)
const records = [rows[layout]]
const bytes = Buffer.from(csvOf([Object.keys(rows[layout]), Object.values(rows[layout])]))

const contents = {
  envelope: sha256(JSON.stringify(records)),
  file: sha256(bytes),
  'file whose hash is stated': sha256(bytes),
} as const
type Kind = keyof typeof contents
const kinds = Object.keys(contents) as Kind[]

/** Signs one submission; what is sent may be another. */
async function sign(
  kind: Kind,
  submissionId = 's1',
  { content = contents[kind] as string, mends }: { content?: string; mends?: Mends } = {},
): Promise<string> {
  const { sentAt } = deliver(kind, { authority }).head
  const head = { schemaVersion: '1', submissionId, layout, sentAt, mends } as const
  const statement = statementOf(authority.code, head)
  return signStatement({ ...statement, sha256: contentSha256(layout, content) }, own.privateJwk)
}

type Sent = {
  readonly authority: Authority
  readonly id?: string
  readonly signature?: string
  readonly mends?: Mends
}

function deliver(kind: Kind, { authority, id = 's1', signature, mends }: Sent): Delivery {
  if (kind === 'envelope') {
    const { head } = recordsDelivery(records, { layout, submissionId: id })
    return { authority, head: { ...head, signature, mends } as never }
  }
  const { head: plain } = fileDelivery('', 'csv', { layout, submissionId: id })
  const head = { ...plain, mends }
  const stated = kind === 'file' ? undefined : contents[kind]
  return { authority, head, file: { format: 'csv', bytes: streamOf(bytes), sha256: stated, signature } }
}

async function send(world: TestWorld, kind: Kind, sent: Omit<Sent, 'authority'>): Promise<string> {
  const received = await receiveSubmission(world, deliver(kind, { authority, ...sent }))
  return received.outcome === 'denied' ? received.refusal.code : received.outcome
}

const reason = 'Its machine was broken into'
const order = { authority: authority.code, by: 'operator' }
const knowing = (world: TestWorld): TestWorld => ({
  ...world,
  settings: { ...world.settings, authorities: [authority, ...world.settings.authorities.slice(1)] },
})

describe.each(kinds)('from an authority that has to sign, as %s,', (kind) => {
  test('what is signed is received, and repeated when it comes again', async () => {
    await withWorld(async (world) => {
      const signature = await sign(kind)
      await take(world, deliver(kind, { authority, signature }))
      expect(await send(world, kind, { signature })).toBe('repeated')
    })
  })

  test('what is not signed is not received, and leaves its id to what is', async () => {
    await withWorld(async (world) => {
      expect(await send(world, kind, {})).toBe('SIGNATURE_MISSING')
      expect(world.queues.inbox.log).toEqual([])
      expect(await send(world, kind, { signature: await sign(kind) })).toBe('received')
    })
  })

  test('a signature carries over to no other id and no other content', async () => {
    await withWorld(async (world) => {
      expect(await send(world, kind, { id: 's2', signature: await sign(kind) })).toBe('SIGNATURE_REBOUND')
      const signature = await sign(kind, 's1', { content: sha256('other content') })
      expect(await send(world, kind, { signature })).toBe('SIGNATURE_REBOUND')
      expect(world.queues.inbox.log).toEqual([])
    })
  })

  test('a signature carries over to nothing that mends another, other places, or nothing', async () => {
    await withWorld(async (world) => {
      const mends = { submissionId: 'first', places: [3, 17] }
      const signature = await sign(kind, 's1', { mends })
      const others = [
        undefined,
        { ...mends, places: [17, 3] },
        { submissionId: 'first' },
        { ...mends, submissionId: 'x' },
      ]
      for (const other of others)
        expect(await send(world, kind, { signature, ...(other && { mends: other }) })).toBe(
          'SIGNATURE_REBOUND',
        )
      expect(await send(world, kind, { signature: await sign(kind), mends })).toBe('SIGNATURE_REBOUND')
      expect(world.queues.inbox.log).toEqual([])
      // What it names is not there: refused as itself, by a receipt
      expect(await send(world, kind, { signature, mends })).toBe('received')
    })
  })

  test('nothing new is received while it is suspended; what came before stands, and it may go on later', async () => {
    await withWorld(async (plain) => {
      const world = knowing(plain)
      const signature = await sign(kind)
      await take(world, deliver(kind, { authority, signature }))
      const next = await sign(kind, 's2')
      await suspendAuthority(world, { ...order, reason })
      expect(await send(world, kind, { id: 's2', signature: next })).toBe('AUTHORITY_SUSPENDED')
      expect(await send(world, kind, { signature })).toBe('repeated')
      await resumeAuthority(world, order)
      expect(await send(world, kind, { id: 's2', signature: next })).toBe('received')
    })
  })
})

test.each(['envelope', 'file whose hash is stated'] as const)(
  'of an %s whose signature does not hold nothing is stored at all',
  async (kind) => {
    await withWorld(async (world) => {
      const objects = { ...world.objects, put: () => Promise.reject(new Error('something was stored')) }
      const signature = await sign(kind, 's1', { content: sha256('other content') })
      expect(await send({ ...world, objects }, kind, { signature })).toBe('SIGNATURE_REBOUND')
    })
  },
)

test('who need not sign may, and then the signature has to hold', async () => {
  await withWorld(async (world) => {
    const free = signing(own, { requireSignature: false })
    const signature = await sign('envelope')
    const wrong = deliver('envelope', { authority: free, id: 's2', signature })
    expect(await receiveSubmission(world, wrong)).toMatchObject({ outcome: 'denied' })
    const unsigned = deliver('envelope', { authority: free })
    expect(await receiveSubmission(world, unsigned)).toMatchObject({ outcome: 'received' })
  })
})
