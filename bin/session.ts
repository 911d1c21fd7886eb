import { fileURLToPath } from 'node:url'
import { createApi } from '../shared/api/app.ts'
import type { Routes } from '../shared/api/routes.ts'
import { openTokenVerifier } from '../shared/api/token.ts'
import { Failure } from '../shared/base/failure.ts'
import { type Home, openHome } from '../shared/embedded/home.ts'
import { type Service, startService } from '../shared/embedded/service.ts'
import type { FaultListener } from '../shared/embedded/worker.ts'

export const DEFAULT_HOME = '.credit-fusion'

/** Where a new home's three deployment files come from. */
const TEMPLATE = fileURLToPath(new URL('../examples/deployment', import.meta.url))

export type ApiRequest = {
  readonly method: 'GET' | 'POST'
  readonly path: string
  /** The principal it is made as. */
  readonly as: string
  readonly json?: unknown
  readonly file?: { readonly contentType: string; readonly bytes: Uint8Array<ArrayBuffer> }
}

export type ApiAnswer = { readonly status: number; readonly body: unknown }

/** A client of the API of one home, in this process. */
export type Session = {
  readonly home: Home
  readonly api: Routes
  call(request: ApiRequest): Promise<ApiAnswer>
  /** Sees to it that the home is worked for, by a thread of this process if no other process does. */
  work(): void
  /** Ends the worker's round and closes the home. */
  close(): Promise<void>
}

export async function openSession(directory: string): Promise<Session> {
  const home = await openHome({ directory, template: TEMPLATE })
  const verifyToken = openTokenVerifier(home.issuer.trusted)
  const api = createApi({ world: home, verifyToken, onFault: (fault) => report(faultCode(fault)) })
  let service: Service | undefined
  return {
    home,
    api,
    call: (request) => callApi(home, api, request),
    work() {
      const onFault: FaultListener = ({ queue, code }) => report(`${queue}: ${code}, will try again`)
      service ??= startService({ directory, template: TEMPLATE }, onFault)
    },
    async close() {
      await service?.stop()
      home.close()
    },
  }
}

/** Messages go to stderr: stdout is for results. */
export function report(message: string): void {
  process.stderr.write(`${message}\n`)
}

export function faultCode(fault: unknown): string {
  if (!(fault instanceof Failure)) return fault instanceof Error ? `UNEXPECTED ${fault.name}` : 'UNEXPECTED'
  const facts = Object.entries(fault.facts).map(([name, value]) => ` ${name}=${value}`)
  return fault.code + facts.join('')
}

async function callApi(home: Home, api: Routes, request: ApiRequest): Promise<ApiAnswer> {
  const headers: Record<string, string> = { authorization: `Bearer ${await home.issuer.issue(request.as)}` }
  const init: RequestInit = { method: request.method, headers }
  if (request.file !== undefined) {
    headers['content-type'] = request.file.contentType
    init.body = request.file.bytes
  } else if (request.json !== undefined) {
    headers['content-type'] = 'application/json'
    init.body = JSON.stringify(request.json)
  }
  const response = await api.request(request.path, init)
  const text = await response.text()
  const isJson = /json\b/.test(response.headers.get('content-type') ?? '')
  return { status: response.status, body: isJson ? JSON.parse(text) : text }
}
