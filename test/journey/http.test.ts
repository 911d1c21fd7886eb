import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, test, vi } from 'vitest'
import { openSigner } from '../../shared/embedded/signer.ts'
import { document, makeDirectory, type Running, run, start } from '../bin/run.ts'
import {
  agenciesPush,
  analystReads,
  officersDisclose,
  type Place,
  type Pushed,
  publishOrder,
  readExample,
  stewardPublishes,
  strangersAreTurnedAway,
} from './journey.ts'

vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 })

describe('the main job, over HTTP', () => {
  let directory: Awaited<ReturnType<typeof makeDirectory>>
  let server: Running
  let place: Place

  beforeAll(async () => {
    directory = await makeDirectory()
    const home = join(directory.path, 'home')
    server = start('credit-fusion.ts', ['serve', '--port', '0', '--home', home])
    const [, url = ''] = await server.said(/serving (http:\/\/127\.0\.0\.1:\d+)/)
    const call = caller(url, home)
    const { verifierKey } = await openSigner(join(home, 'signer.pem'))
    const publish = () => call(publishOrder)
    place = { call, push: (file) => pushOver(call, file), publish, verifierKey }
  })

  afterAll(async () => {
    server?.signal('SIGTERM')
    await server?.ended
    await directory.remove()
  })

  test('three agencies push, and get receipts that add up', () => agenciesPush(place))
  test('an analyst reads one organisation with the origin of each field', () => analystReads(place))
  test('a steward publishes a version that opens in DuckDB', () => stewardPublishes(place))
  test('two officers decide a case, and its package opens with one key, once', () => officersDisclose(place))
  test('whoever has no right is turned away', () => strangersAreTurnedAway(place))
})

type Call = Place['call']

/** Requests with the bearer token that the command line gives a principal. */
function caller(url: string, home: string): Call {
  const tokens = new Map<string, Promise<string>>()
  const tokenOf = (name: string) => {
    const token = tokens.get(name) ?? run('token', '--as', name, '--home', home, '--json').then(readToken)
    tokens.set(name, token)
    return token
  }
  return async ({ method, path, as, json, file }) => {
    const type = file?.contentType ?? (json === undefined ? undefined : 'application/json')
    const response = await fetch(`${url}${path}`, {
      method,
      headers: {
        authorization: `Bearer ${await tokenOf(as)}`,
        ...(type === undefined ? {} : { 'content-type': type }),
      },
      body: file?.bytes ?? (json === undefined ? null : JSON.stringify(json)),
    })
    const isJson = /json\b/.test(response.headers.get('content-type') ?? '')
    return { status: response.status, body: isJson ? await response.json() : await response.text() }
  }
}

function readToken(ended: { readonly stdout: string }): string {
  return String(document(ended)['token'])
}

/** Sends an example file as its authority, and asks for its receipt until it is applied. */
async function pushOver(call: Call, file: Parameters<Place['push']>[0]): Promise<Pushed> {
  const { authority, layout, name } = file
  const submissionId = `journey-${layout}`
  const query = new URLSearchParams({ submissionId, layout, sentAt: new Date().toISOString() })
  const sent = await call({
    ...{ method: 'POST', path: `/v1/submissions?${query}`, as: authority },
    file: { contentType: 'text/csv', bytes: await readExample(name) },
  })
  if (sent.status >= 300) throw new Error(JSON.stringify(sent))
  const { receipt: path } = sent.body as { receipt: string }
  for (;;) {
    const { status, body } = await call({ method: 'GET', path, as: authority })
    const state = body as { status: string; receipt: Pushed } & Pick<Pushed, 'entry' | 'applied' | 'records'>
    if (status === 200 && state.status === 'applied') {
      return { ...state.receipt, entry: state.entry, applied: state.applied, records: state.records }
    }
    if (status >= 500) throw new Error(JSON.stringify(body))
    await sleep(20)
  }
}
