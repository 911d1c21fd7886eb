import { copyFile, mkdir, readdir, rename } from 'node:fs/promises'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { RESIDENT_ID } from '../ingest/sample.ts'
import { document, example, makeDirectory, type Running, run, start } from './run.ts'

vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 })

const BUREAU = 'demo-environment-bureau'
let directory: Awaited<ReturnType<typeof makeDirectory>>
let home: string
const serve = (...args: readonly string[]) => serveIn(tmpdir(), ...args)
const serveIn = (temporary: string, ...args: readonly string[]) =>
  start('credit-fusion.ts', ['serve', '--home', home, ...args], temporary)

beforeAll(async () => {
  directory = await makeDirectory()
  home = join(directory.path, 'home')
})
afterAll(() => directory.remove())

async function addressOf(server: Running): Promise<string> {
  return (await server.said(/serving (http:\/\/127\.0\.0\.1:\d+)/))[1] ?? ''
}

describe('serve', () => {
  test.concurrent('on port 0 takes a free port, says which, and ends with 0 when it is interrupted', async () => {
    const server = serve('--port', '0', '--json')
    const url = await addressOf(server)
    try {
      expect(await (await fetch(`${url}/healthz`)).json()).toEqual({ status: 'ok' })
      expect((await fetch(`${url}/v1/datasets`)).status).toBe(401)
    } finally {
      server.signal('SIGTERM')
    }
    const ended = await server.ended
    expect(ended.code).toBe(0)
    expect(document(ended)).toEqual({ url })
  })

  test.concurrent('on a port that is taken fails, and says so without a stack trace', async () => {
    const server = serve('--port', '0')
    try {
      const { port } = new URL(await addressOf(server))
      const taken = { code: 1, stdout: '', stderr: `PORT_UNAVAILABLE: ${port} (EADDRINUSE)\n` }
      expect(await run('serve', '--home', home, '--port', port)).toEqual(taken)
      // Before the walk-through, not after it
      const unmade = join(directory.path, 'unmade')
      expect(await start('start.ts', ['--home', unmade, '--port', port]).ended).toEqual(taken)
      await expect(readdir(unmade)).rejects.toThrow('ENOENT')
    } finally {
      server.signal('SIGTERM')
    }
    await server.ended
  })

  test.concurrent('says of each dropped file what became of it, and not its name', async () => {
    const own = join(directory.path, 'dropped')
    const server = start('credit-fusion.ts', ['serve', '--home', own, '--port', '0'])
    await addressOf(server)
    try {
      const drop = join(own, 'drop', BUREAU, 'penalty-2018')
      await mkdir(drop, { recursive: true })
      for (const name of ['week-1.csv', `${RESIDENT_ID}.csv`]) {
        await copyFile(example('penalties-2018.csv'), join(drop, `.${name}`))
        await rename(join(drop, `.${name}`), join(drop, name))
      }
      await server.said(new RegExp(`^drop: ${BUREAU} week-1: received$`, 'm'))
      await server.said(new RegExp(`^drop: ${BUREAU} refused-[0-9a-f]{32}: FILE_NAME_PERSONAL_DATA$`, 'm'))
    } finally {
      server.signal('SIGTERM')
    }
    const { code, stdout, stderr } = await server.ended
    expect({ code, stdout }).toEqual({ code: 0, stdout: '' })
    expect(stderr).not.toContain(RESIDENT_ID)
  })

  test.concurrent('answers the request that runs when it is interrupted', async () => {
    const temporary = join(directory.path, 'tmp')
    await mkdir(temporary)
    const server = serveIn(temporary, '--port', '0')
    const url = await addressOf(server)
    const { token } = document(await run('token', '--as', 'steward', '--home', home, '--json'))
    const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' }
    const path = `${url}/v1/datasets/organisations/versions`
    const answer = fetch(path, { method: 'POST', headers, body: '{}' })
    // A publication works in a temporary directory, and is far from its end when that is there
    while ((await readdir(temporary)).length === 0) await sleep(2)
    server.signal('SIGTERM')
    const response = await answer
    expect(response.status).toBe(200)
    expect(await response.json()).toMatchObject({ outcome: 'published' })
    expect((await server.ended).code).toBe(0)
    await expect(fetch(`${url}/healthz`)).rejects.toThrow()
  })

  test.concurrent('ends at once when it is interrupted again, whatever it waits for', async () => {
    const server = serve('--port', '0')
    const url = await addressOf(server)
    const { token } = document(await run('token', '--as', 'demo-market-regulator', '--home', home, '--json'))
    const head = 'submissionId=slow&layout=registration&sentAt=2026-01-01T00:00:00Z'
    const upload = connect(Number(new URL(url).port), '127.0.0.1')
    upload.on('error', () => undefined)
    upload.write(
      `POST /v1/submissions?${head} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${token}\r\nContent-Type: text/csv\r\nContent-Length: 9\r\n\r\nhalf`,
    )
    await sleep(200)
    server.signal('SIGTERM')
    // It listens no longer, and lets the upload go on
    while (
      await fetch(`${url}/healthz`).then(
        () => true,
        () => false,
      )
    )
      await sleep(20)
    server.signal('SIGINT')
    expect(await server.ended).toMatchObject({ code: null })
    upload.destroy()
  })
})
