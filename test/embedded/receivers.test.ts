import { rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { Failure } from '../../shared/base/failure.ts'
import { type Home, openHome } from '../../shared/embedded/home.ts'
import { openReceivers, type Receivers } from '../../shared/embedded/receivers.ts'
import type { FileFormat } from '../../shared/ingest/formats/registry.ts'
import { type Delivery, receiveSubmission } from '../../shared/ingest/receive.ts'
import type { Authority } from '../../shared/settings.ts'
import { csvOf, fileDelivery, rows, streamOf } from '../ingest/sample.ts'
import { codeOf } from '../records/world.ts'
import { temporaryDirectory } from '../temporary-directory.ts'

const template = fileURLToPath(new URL('../../examples/deployment', import.meta.url))

let [directory, home, receivers] = ['', {} as Home, {} as Receivers]

beforeEach(async () => {
  directory = await temporaryDirectory()
  home = await openHome({ directory, template })
  receivers = openReceivers(home, { directory, template })
})

afterEach(async () => {
  await receivers.stop()
  home.close()
})

const [header, cells] = [Object.keys(rows['licence-2018']), Object.values(rows['licence-2018'])]
const NUMBER = header.indexOf('XK_WSH')

/** Rows of licences, some 100 bytes each, no two the same. */
function licences(count: number, first = 0): string {
  const numbered = Array.from({ length: count }, (_, at) => cells.with(NUMBER, `示许〔2026〕${first + at}号`))
  return csvOf([header, ...numbered])
}

const LARGE = licences(5_000)

function deliver(submissionId: string, bytes: string | Uint8Array, format: FileFormat = 'csv'): Delivery {
  const delivery = fileDelivery(bytes, format, { layout: 'licence-2018', submissionId })
  return { ...delivery, authority: home.settings.authorities[0] as Authority }
}

test('a large file comes to the same in a thread as here, and so does its repetition', async () => {
  const there = await receivers.receive(deliver('large', LARGE))
  expect(there).toMatchObject({ outcome: 'received', draft: { received: 5_000, accepted: 5_000 } })
  const { draft } = there as Extract<typeof there, { outcome: 'received' }>
  const here = await receiveSubmission(home, deliver('large', LARGE))
  expect(here).toEqual({ outcome: 'received', draft: { ...draft, receivedAt: expect.any(String) } })
})

test('several at once are each received, by no more threads than there may be', async () => {
  const two = openReceivers(home, { directory, template }, 2)
  let threads = 0
  const count = () => threads++
  process.on('worker', count)
  try {
    const files = [1, 2, 3, 4, 5].map((at) => deliver(`s${at}`, licences(4_000, at * 10_000)))
    const received = await Promise.all(files.map((file) => two.receive(file)))
    expect(received.map((each) => ('draft' in each ? each.draft.submissionId : each.outcome))).toEqual([
      ...['s1', 's2', 's3', 's4', 's5'],
    ])
    expect(threads).toBe(2)
  } finally {
    process.off('worker', count)
    await two.stop()
  }
})

test('a file that is refused halfway is let go of, and the thread goes on', async () => {
  const torn = Buffer.concat([Buffer.from(LARGE), Uint8Array.of(0xff, 0xff), Buffer.from(LARGE)])
  const refused = await receivers.receive(deliver('torn', torn))
  expect(refused).toMatchObject({ outcome: 'received', draft: { refusal: { code: 'ENCODING_INVALID' } } })
  expect(await receivers.receive(deliver('whole', LARGE))).toMatchObject({ outcome: 'received' })
})

test('a connection that breaks off is told as that, by the thread that it broke in', async () => {
  const broken = new Error('the line is gone')
  async function* bytes(): AsyncGenerator<Uint8Array> {
    yield Buffer.from(LARGE)
    throw broken
  }
  const delivery = deliver('broken', '') as Extract<Delivery, { file: unknown }>
  const received = receivers.receive({ ...delivery, file: { ...delivery.file, bytes: bytes() } })
  await expect(received).rejects.toBe(broken)
  expect(await receivers.receive(deliver('broken', LARGE))).toMatchObject({ outcome: 'received' })
})

test('a fault in a thread is told under its code, with whether it passes', async () => {
  await receivers.receive(deliver('before', LARGE))
  await rm(join(directory, 'objects'), { recursive: true })
  await writeFile(join(directory, 'objects'), '')
  const file = deliver('after', licences(5_000, 5_000))
  const there = await receivers.receive(file).catch((fault: unknown) => fault)
  const here = await receiveSubmission(home, deliver('after', licences(5_000, 5_000))).catch(
    (fault: unknown) => fault,
  )
  expect(here).toBeInstanceOf(Failure)
  const { code, retryable, facts } = here as Failure
  expect(there).toMatchObject({ name: 'Failure', code, retryable, facts })
})

test('a small file is received though no thread can begin, and a large one can be sent again', async () => {
  const nowhere = openReceivers(home, { directory: join(directory, 'store.sqlite'), template })
  expect(await nowhere.receive(deliver('small', licences(3)))).toMatchObject({ outcome: 'received' })
  for (const id of ['large', 'large']) {
    const fault = { code: 'RECEIVER_ENDED', retryable: true, facts: { code: 'HOME_UNUSABLE' } }
    await expect(nowhere.receive(deliver(id, LARGE))).rejects.toMatchObject(fault)
  }
  await nowhere.stop()
})

test('a packed file is received in a thread however small it is', async () => {
  let threads = 0
  const count = () => threads++
  process.on('worker', count)
  try {
    expect(await receivers.receive(deliver('plain', licences(3)))).toMatchObject({ outcome: 'received' })
    expect(threads).toBe(0)
    const packed = gzipSync(licences(3, 10))
    expect(await receivers.receive(deliver('packed', packed))).toMatchObject({ draft: { accepted: 3 } })
    expect(threads).toBe(1)
  } finally {
    process.off('worker', count)
  }
})

test('threads go by the settings that the doors go by, whatever became of the files since', async () => {
  await writeFile(join(directory, 'policy.json'), '{"admitIndividualBusinesses": true}')
  await writeFile(join(directory, 'authorities.json'), 'half of it')
  const shops = LARGE.replaceAll(codeOf(1), codeOf(1, '92'))
  const counts = { received: 5_000, refused: 5_000 }
  expect(await receivers.receive(deliver('shops', shops))).toMatchObject({ draft: counts })
  expect(await receiveSubmission(home, deliver('shops', shops))).toMatchObject({ draft: counts })
})

test('receivers stop though a sender never comes to the end', async () => {
  const ended: unknown[] = []
  async function* bytes(): AsyncGenerator<Uint8Array> {
    yield Buffer.from(LARGE)
    await new Promise(() => undefined)
  }
  const delivery = deliver('endless', '') as Extract<Delivery, { file: unknown }>
  const received = receivers
    .receive({ ...delivery, file: { ...delivery.file, bytes: bytes() } })
    .catch((fault: unknown) => ended.push(fault))
  await receivers.receive(deliver('whole', LARGE))
  await receivers.stop()
  await received
  expect(ended).toMatchObject([{ code: 'RECEIVER_ENDED' }])
})

test('bytes that come one by one are received as well', async () => {
  const delivery = deliver('slow', '') as Extract<Delivery, { file: unknown }>
  const pieces = Array.from({ length: 300 }, (_, at) =>
    Buffer.from(LARGE).subarray(at * 2_000, (at + 1) * 2_000),
  )
  const received = await receivers.receive({
    ...delivery,
    file: { ...delivery.file, bytes: streamOf(...pieces) },
  })
  expect(received).toMatchObject({ outcome: 'received', draft: { accepted: 5_000 } })
})
