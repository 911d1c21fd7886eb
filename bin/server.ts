import { once } from 'node:events'
import { createServer, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { getRequestListener, RequestError } from '@hono/node-server'
import { problemResponse } from '../shared/api/problem.ts'

export type ServerLimits = {
  /** Connections at once; one more is closed unheard. */
  readonly connections: number
  /** Until the headers of a request are there, and until all of it is. */
  readonly headersMs: number
  readonly requestMs: number
  /** For what is under way when the server is closed. */
  readonly graceMs: number
}

/**
 * Nobody has signed in before the headers are read, so until then little is lent. 128 connections are half of the
 * descriptors that macOS gives a process; the other half are for the home's files. The largest file, 8 GiB, takes
 * 860 s at 10 MB/s, and is read as it comes. A publication that the grace is too short for is one that died: nothing of it stands, and it can be
 * tried again.
 */
const LIMITS: ServerLimits = { connections: 128, headersMs: 10_000, requestMs: 900_000, graceMs: 30_000 }

export type ApiServer = {
  readonly url: string
  /** Takes nothing new, and ends when what is under way is answered, or after the grace. */
  close(): Promise<void>
}

/** Serves on 127.0.0.1; port 0 is any that is free. Throws what listening throws. */
export async function openServer(
  fetch: Parameters<typeof getRequestListener>[0],
  port: number,
  limits: ServerLimits = LIMITS,
): Promise<ApiServer> {
  const { connections, headersMs, requestMs, graceMs } = limits
  const listener = getRequestListener(fetch, { hostname: '127.0.0.1', errorHandler })
  const server = createServer({
    headersTimeout: headersMs,
    requestTimeout: requestMs,
    connectionsCheckingInterval: headersMs / 10,
  })
  server.maxConnections = connections
  const close = closing(server, graceMs)
  server.on('request', listener)
  server.listen(port, '127.0.0.1')
  await once(server, 'listening')
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, close }
}

// What names no route, by its host or its target, reaches no route that could answer it
function errorHandler(fault: unknown): Response {
  return problemResponse(
    fault instanceof RequestError
      ? { status: 400, code: 'REQUEST_MALFORMED' }
      : { status: 500, code: 'INTERNAL' },
  )
}

// A connection on which nothing is being answered may wait for its other end for ever, so it is not waited for
function closing(server: Server, graceMs: number): () => Promise<void> {
  const running = new Set<ServerResponse>()
  const endIfIdle = (): void => {
    if (!server.listening && running.size === 0) server.closeAllConnections()
  }
  server.on('request', (_, response) => {
    running.add(response)
    response.once('close', () => {
      running.delete(response)
      endIfIdle()
    })
  })
  return async () => {
    const closed = once(server, 'close')
    server.close()
    endIfIdle()
    const grace = setTimeout(() => server.closeAllConnections(), graceMs)
    await closed.finally(() => clearTimeout(grace))
  }
}
