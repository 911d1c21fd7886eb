import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { stagesOf } from '../../bin/home-session.ts'
import { createApi } from '../../shared/api/app.ts'
import type { Routes } from '../../shared/api/routes.ts'
import type { Role } from '../../shared/base/actor.ts'
import type { Instant } from '../../shared/base/instant.ts'
import { type Home, openHome } from '../../shared/embedded/home.ts'
import { workRound } from '../../shared/embedded/worker.ts'
import { openTokenVerifier } from '../../shared/principals/token.ts'
import type { Policy } from '../../shared/settings.ts'
import { codeOf } from '../datasets/home.ts'
import { sampleRequest } from '../disclosure/sample.ts'

const TEMPLATE = fileURLToPath(new URL('../../examples/deployment', import.meta.url))
export const NOW = '2026-11-23T08:00:00.000Z' as Instant

/** One principal of each role, of those the example deployment has. */
export const principalOf = {
  agency: 'demo-market-regulator',
  'dataset-user': 'analyst',
  compliance: 'officer-one',
  steward: 'steward',
  auditor: 'auditor',
  operator: 'operator',
} as const satisfies Record<Role, string>

export type Sent = {
  readonly method?: string
  readonly path: string
  /** The principal whose token goes with it; without one, none does. */
  readonly as?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly json?: unknown
  /** As it is, where it is not JSON or not meant to be. */
  readonly body?: string | Uint8Array<ArrayBuffer>
}

export type Answer = {
  readonly status: number
  readonly headers: Headers
  readonly text: string
  /** What an answer that is JSON says. */
  readonly body: Readonly<Record<string, unknown>>
}

export type ApiHome = {
  readonly home: Home
  readonly api: Routes
  /** What the API told of. */
  readonly faults: readonly unknown[]
  send(sent: Sent): Promise<Answer>
  /** Accepts, seals and applies what was sent. */
  work(): Promise<void>
  close(): Promise<void>
}

/**
 * The API over a home of its own, in this process, under the policy of the template and what is given; `seen` puts
 * something between the two.
 */
export async function openApiHome(
  policy: Partial<Policy> = {},
  seen: (home: Home) => Home = (home) => home,
): Promise<ApiHome> {
  const directory = await mkdtemp(join(tmpdir(), 'credit-fusion-api-'))
  const opened = await openHome({ directory, template: TEMPLATE, now: () => NOW })
  const { settings } = opened
  const home = seen({ ...opened, settings: { ...settings, policy: { ...settings.policy, ...policy } } })
  const faults: unknown[] = []
  const verifyToken = openTokenVerifier(home.issuer.trusted)
  const api = createApi({
    ...{ world: home, verifyToken, stages: stagesOf(home) },
    onFault: (fault) => faults.push(fault),
  })
  const tokenOf = tokens(home)
  return {
    ...{ home, api, faults },
    send: async (sent) => {
      const token = sent.as === undefined ? undefined : await tokenOf(sent.as)
      return answerOf(await api.request(requestOf(sent, token)))
    },
    work: async () => {
      while ((await workRound(home, fail)) > 0);
    },
    close: async () => {
      home.close()
      await rm(directory, { recursive: true })
    },
  }
}

function fail({ code }: { readonly code: string }): never {
  throw new Error(code)
}

// Signing is a good part of a request's time, and one token does for all
function tokens(home: Home): (principal: string) => Promise<string> {
  const issued = new Map<string, Promise<string>>()
  return (principal) => {
    const token = issued.get(principal) ?? home.issuer.issue(principal)
    issued.set(principal, token)
    return token
  }
}

export function requestOf(
  { method = 'GET', path, headers, json, body }: Sent,
  token: string | undefined,
): Request {
  const sent = body ?? (json === undefined ? undefined : JSON.stringify(json))
  return new Request(`http://api.invalid${path}`, {
    method,
    headers: {
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
      ...(json === undefined ? {} : { 'content-type': 'application/json' }),
      ...headers,
    },
    ...(sent === undefined ? {} : { body: sent }),
  })
}

export async function answerOf(response: Response): Promise<Answer> {
  const { status, headers } = response
  const text = await response.text()
  const isJson = /json\b/.test(headers.get('content-type') ?? '')
  return { status, headers, text, body: isJson ? JSON.parse(text) : {} }
}

/** An organisation that does not exist. */
export const organisation = codeOf(1)

/** What a home holds that most requests are about. */
export type Held = { readonly caseId: string; readonly scopeSha256: string }

export const HELD_SUBMISSION = 'held-1'

/** A home that holds an organisation, the receipt it came with, a version of the dataset and a case, all of one agency. */
export async function openHeldHome(): Promise<ApiHome & { readonly held: Held }> {
  const opened = await openApiHome()
  await opened.send(submission(principalOf.agency, HELD_SUBMISSION))
  await opened.work()
  await opened.send({
    ...{ method: 'POST', path: '/v1/datasets/organisations/versions', as: principalOf.steward },
    json: {},
  })
  const { body } = await opened.send(caseRequest(principalOf.agency, 'held-case-1'))
  return { ...opened, held: { caseId: String(body['id']), scopeSha256: String(body['scopeSha256']) } }
}

/** Sends one registration. */
export function submission(as: string, submissionId: string): Sent {
  const records = [{ uni_social_crd_cd: organisation, comp_nm: '合成样本有限公司' }]
  return recordsSent({ as, submissionId, layout: 'registration', records })
}

export type RecordsSent = {
  readonly as: string
  readonly submissionId: string
  readonly layout: string
  readonly records: readonly unknown[]
  readonly sentAt?: string
}

/** Sends records in an envelope. */
export function recordsSent({ as, sentAt = NOW, ...envelope }: RecordsSent): Sent {
  return { method: 'POST', path: '/v1/submissions', as, json: { schemaVersion: '1', sentAt, ...envelope } }
}

/** Asks for a disclosure, in good order. */
export function caseRequest(as: string, idempotencyKey: string): Sent {
  const json = sampleRequest({ organisations: [organisation], idempotencyKey })
  return { method: 'POST', path: '/v1/cases', as, json }
}
