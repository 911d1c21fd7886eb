import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, onTestFinished, test } from 'vitest'
import { openServer, type ServerLimits } from '../../bin/server.ts'
import { problemSchema } from '../../shared/api/problem.ts'
import { openApiHome, submission } from '../api/home.ts'

const LONG_MS = 3_600_000
const lenient: ServerLimits = {
  ...{ connections: 50, headersMs: LONG_MS },
  ...{ requestMs: LONG_MS, graceMs: LONG_MS },
}

type Opened = { readonly url: string; readonly close: () => Promise<void>; connect(): Promise<Socket> }

/** A server and its connections, all of which end with the test. */
async function open(
  fetch: (request: Request) => Response | Promise<Response>,
  limits: Partial<ServerLimits> = {},
): Promise<Opened> {
  const { url, close } = await openServer(fetch, 0, { ...lenient, ...limits })
  const sockets: Socket[] = []
  onTestFinished(async () => {
    for (const socket of sockets) socket.destroy()
    await close().catch(() => undefined)
  })
  return {
    ...{ url, close },
    async connect() {
      const socket = connect(Number(new URL(url).port), '127.0.0.1')
      // What the server does to it is looked at by its end alone
      socket.on('error', () => undefined)
      sockets.push(socket)
      await once(socket, 'connect')
      return socket
    },
  }
}

const ended = (socket: Socket) => once(socket.resume(), 'close')
const isOpen = (socket: Socket) =>
  Promise.race([ended(socket).then(() => false), sleep(200).then(() => true)])

async function answerTo(server: Opened, text: string): Promise<string> {
  const socket = await server.connect()
  let answer = ''
  socket.on('data', (data) => {
    answer += data
  })
  socket.end(text)
  await once(socket, 'close')
  return answer
}

const nothing = () => new Response()

describe('a connection', () => {
  test('beyond the most there may be is closed, until another ends', async () => {
    const server = await open(nothing, { connections: 2 })
    const first = await server.connect()
    const second = await server.connect()
    await ended(await server.connect())
    expect(await isOpen(second)).toBe(true)
    first.destroy()
    while (!(await isOpen(await server.connect())));
  })

  test.each([
    ['says nothing', ''],
    ['says half of its headers', 'GET / HTTP/1.1\r\nHost: x\r\nX-Half: '],
  ])('that %s is closed before long', async (_, said) => {
    const server = await open(nothing, { headersMs: 200 })
    const socket = await server.connect()
    socket.write(said)
    await ended(socket)
  })

  test('that sends its body without end is closed', async () => {
    const server = await open(async (request) => new Response(await request.text()), {
      ...{ headersMs: 100, requestMs: 200 },
    })
    const socket = await server.connect()
    socket.write('POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\nhalf')
    await ended(socket)
  })
})

describe('a server that is closed', () => {
  test.each([
    ['says nothing', ''],
    ['says half of its headers', 'POST /v1/submissions HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n'],
  ])('does not wait for a connection that %s', async (_, said) => {
    const server = await open(nothing)
    const socket = await server.connect()
    socket.write(said)
    await sleep(50)
    await server.close()
    await ended(socket)
  })

  test('answers what it was asked, and no more', async () => {
    let asked = (): void => undefined
    const begun = new Promise<void>((resolve) => {
      asked = resolve
    })
    const server = await open(async () => {
      asked()
      await sleep(200)
      return new Response('answered')
    })
    const answer = fetch(server.url)
    await begun
    const closed = server.close()
    expect(await (await answer).text()).toBe('answered')
    await closed
    await expect(fetch(server.url)).rejects.toThrow()
  })

  test('gives up after the grace on what is never answered', async () => {
    const server = await open(() => new Promise<never>(() => undefined), { graceMs: 100 })
    const answer = fetch(server.url).catch(() => 'cut off')
    await sleep(50)
    await server.close()
    expect(await answer).toBe('cut off')
  })
})

describe('a request that reaches no route', () => {
  test.each([
    ['its target is none', 'OPTIONS * HTTP/1.1\r\nHost: x\r\n\r\n'],
    ['its host is none', 'GET /healthz HTTP/1.1\r\nHost: a b\r\n\r\n'],
    ['its host holds a name to sign in by', 'GET /healthz HTTP/1.1\r\nHost: a@b\r\n\r\n'],
    ['its address is none', 'GET http://[/healthz HTTP/1.1\r\nHost: x\r\n\r\n'],
  ])('since %s is answered with a problem document', async (_, text) => {
    const answer = await answerTo(await open(nothing), text)
    expect(answer).toMatch(/^HTTP\/1\.1 400 /)
    expect(answer).toMatch(/^content-type: application\/problem\+json\r$/im)
    const problem = problemSchema.strict().parse(JSON.parse(answer.split('\r\n\r\n')[1] ?? ''))
    expect(problem).toMatchObject({ status: 400, code: 'REQUEST_MALFORMED' })
  })
})

test.each(['Content-Length: 1000\r\n\r\nhalf', 'Transfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n'])(
  'an upload that its sender breaks off is no fault of ours (%j)',
  async (rest) => {
    const api = await openApiHome()
    onTestFinished(() => api.close())
    const { as = '' } = submission('demo-market-regulator', 'broken-off')
    const token = await api.home.issuer.issue(as)
    const answers: Promise<Response>[] = []
    const server = await open((request) => {
      const answer = Promise.resolve(api.api.fetch(request))
      answers.push(answer)
      return answer
    })
    const socket = await server.connect()
    const query = 'submissionId=broken-off&layout=registration&sentAt=2026-01-01T00:00:00Z'
    socket.write(
      `POST /v1/submissions?${query} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${token}\r\nContent-Type: text/csv\r\n${rest}`,
    )
    while (answers.length === 0) await sleep(5)
    socket.destroy()
    expect((await answers[0])?.status).toBe(400)
    expect(api.faults).toEqual([])
  },
)
