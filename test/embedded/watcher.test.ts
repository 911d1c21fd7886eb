import { once } from 'node:events'
import { readFile, writeFile } from 'node:fs/promises'
import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { afterEach, describe, expect, test } from 'vitest'
import { type Home, openHome } from '../../shared/embedded/home.ts'
import type { Trouble } from '../../shared/embedded/told.ts'
import { watchHome } from '../../shared/embedded/watcher.ts'
import { runWorker, workRound } from '../../shared/embedded/worker.ts'
import { openCheckpoint } from '../../shared/ledger/checkpoint.ts'
import { readTrusted } from '../../shared/ledger/log.ts'
import { findLedgerSize } from '../../shared/ledger/sealed.ts'
import { formatVerifierKey } from '../../shared/ledger/verifier-key.ts'
import { flipped } from '../ledger/sealed-log.ts'
import { openWitness } from '../ledger/witness-double.ts'
import { temporaryDirectory } from '../temporary-directory.ts'

const template = fileURLToPath(new URL('../../examples/deployment', import.meta.url))
const WITNESS = 'witness.example'

const opened: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (const close of opened.splice(0).reverse()) await close()
})

/** A home whose log has the entries that a new home begins with, and a witness at an address. */
async function openSealed(url = 'http://127.0.0.1:9/'): Promise<Home> {
  const directory = await temporaryDirectory()
  const origin = 'log.example/ledger'
  const none = { origin, keys: [], witnesses: [] }
  const vkey = formatVerifierKey(openWitness(WITNESS, none).witness.key)
  await writeFile(join(directory, 'ledger.json'), JSON.stringify({ origin, witnesses: [{ url, vkey }] }))
  const home = await openHome({ directory, template })
  while ((await workRound(home, () => undefined)) > 0);
  opened.push(async () => home.close())
  return home
}

async function witnessOf(home: Home) {
  const trust = await readTrusted(home.objects, home.settings.ledger.origin)
  if (trust === undefined) throw new Error('nothing is sealed')
  return { trust, double: openWitness(WITNESS, trust) }
}

/** Watches until something holds, then sees that watching ends at once. */
async function watchUntil(
  home: Home,
  {
    holds,
    post,
  }: {
    holds: (told: readonly Trouble[]) => boolean | Promise<boolean>
    post?: Parameters<typeof watchHome>[1]['post']
  },
): Promise<readonly Trouble[]> {
  const told: Trouble[] = []
  const stop = new AbortController()
  const watching = { signal: stop.signal, onFound: (found: Trouble) => void told.push(found), firstMs: 0 }
  const ended = watchHome(home, { ...watching, ...(post && { post }) })
  while (!(await holds(told))) await sleep(5)
  stop.abort()
  const before = performance.now()
  await ended
  expect(performance.now() - before).toBeLessThan(2_000)
  return told
}

async function serve(answer: RequestListener): Promise<string> {
  const server = createServer(answer).listen(0, '127.0.0.1')
  await once(server, 'listening')
  opened.push(async () => {
    server.closeAllConnections()
    server.close()
  })
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/`
}

describe('a home that is watched', () => {
  test('has its checkpoint signed by its witness, and nothing is told', async () => {
    const home = await openSealed(`https://${WITNESS}/submit/`)
    const { trust, double } = await witnessOf(home)
    const file = join(home.directory, 'ledger/checkpoint')
    const isSigned = async () => (await readFile(file, 'utf8')).includes(`— ${WITNESS} `)
    const told = await watchUntil(home, { holds: isSigned, post: double.post })
    expect(told).toEqual([])
    const checkpoint = openCheckpoint(await readFile(file), { ...trust, witnesses: [double.witness.key] })
    expect(checkpoint).toMatchObject({ seen: [{ witness: { name: WITNESS } }] })
  })

  test('tells which file of its log is not what it was, and asks its witness all the same', async () => {
    const home = await openSealed()
    const size = await findLedgerSize(home.store)
    const file = join(home.directory, `ledger/tile/entries/000.p/${size}`)
    await writeFile(file, flipped(await readFile(file), 20))
    const told = await watchUntil(home, {
      holds: (all) => all.some(({ code }) => code.startsWith('WITNESS')),
    })
    expect(told).toContainEqual({
      ...{ where: 'watch', code: 'FILE_WRONG', facts: { path: `tile/0/000.p/${size}` } },
    })
  })

  test.each<[string, RequestListener, Trouble['code'], object]>([
    ['declines', (_, response) => response.writeHead(403).end(), 'WITNESS_DECLINED', { status: 403 }],
    ['signs something else', (_, response) => response.end('— a b\n'), 'WITNESS_SIGNATURE_WRONG', {}],
    ['answers without end', (_, response) => endless(response), 'WITNESS_UNREACHABLE', {}],
    ['breaks off', (_, response) => response.destroy(), 'WITNESS_UNREACHABLE', {}],
  ])('tells that its witness %s', async (_, answer, code, facts) => {
    const home = await openSealed(await serve(answer))
    const began = performance.now()
    const told = await watchUntil(home, { holds: (all) => all.length > 0 })
    expect(told).toEqual([{ where: 'watch', code, facts: { witness: WITNESS, ...facts } }])
    // Nobody waited for what does not come
    expect(performance.now() - began).toBeLessThan(8_000)
  })

  test('does not wait for a witness that does not answer: neither its other work nor its end', async () => {
    let asked = 0
    const home = await openSealed(await serve(() => void asked++))
    await watchUntil(home, { holds: () => asked > 0 })
    const size = await findLedgerSize(home.store)
    const stop = new AbortController()
    const faults: unknown[] = []
    const watched = watchHome(home, {
      signal: stop.signal,
      onFound: (found) => faults.push(found),
      firstMs: 0,
    })
    const worked = runWorker(home, stop.signal, (fault) => faults.push(fault))
    while (asked < 2) await sleep(5)
    await home.store.commit([], { id: 'during', kind: 'test', at: home.now(), payload: null })
    while ((await findLedgerSize(home.store)) <= size) await sleep(5)
    stop.abort()
    await Promise.all([watched, worked])
    expect(faults).toEqual([])
  })

  test('tells of a fault of the look itself, and looks again', async () => {
    const home = await openSealed()
    await writeFile(join(home.directory, 'ledger/vkey'), 'none\n')
    const settings = { ...home.settings, ledger: { ...home.settings.ledger, watchMinutes: 1 / 60_000 } }
    const told = await watchUntil({ ...home, settings }, { holds: (all) => all.length > 1 })
    expect(told[0]).toEqual({ where: 'watch', code: 'VERIFIER_KEY_UNREADABLE', facts: { path: 'vkey' } })
    expect(told[1]).toEqual(told[0])
  })
})

test('a key that is no witness’s is a fault of the settings, for every command', async () => {
  const directory = await temporaryDirectory()
  const witnesses = [{ url: 'http://127.0.0.1:9/', vkey: 'none' }]
  await writeFile(join(directory, 'ledger.json'), JSON.stringify({ witnesses }))
  await expect(openHome({ directory, template })).rejects.toMatchObject({
    code: 'SETTINGS_INVALID',
    facts: { file: 'ledger.json', path: '/witnesses/0/vkey' },
  })
})

function endless(response: Parameters<RequestListener>[1]): void {
  const more = () => void (response.destroyed || response.write('x'.repeat(65_536), () => setImmediate(more)))
  more()
}
