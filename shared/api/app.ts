import { bodyLimit } from 'hono/body-limit'
import { compress } from 'hono/compress'
import { createMiddleware } from 'hono/factory'
import type { World } from '../ports.ts'
import { findActor } from '../principals/principal.ts'
import type { TokenVerifier } from '../principals/token.ts'
import { authorityRoutes } from './authorities.ts'
import { caseRoutes, type Releaser } from './cases.ts'
import { datasetRoutes, type Publisher } from './datasets.ts'
import { type Eraser, ledgerRoutes } from './ledger.ts'
import { addOpenapi } from './openapi.ts'
import { organisationRoutes } from './organisations.ts'
import { principalRoutes } from './principals.ts'
import { faultToProblem, problem } from './problem.ts'
import { addPublicLog } from './public-log.ts'
import { quarantineRoutes } from './quarantine.ts'
import { receiptRoutes } from './receipts.ts'
import { replayRoutes } from './replays.ts'
import { type ApiEnv, newRoutes, type Routes } from './routes.ts'
import { signingKeyRoutes } from './signing-key.ts'
import { bringsFile, type Receiver, submissionRoutes } from './submissions.ts'

/** What takes longer, or reaches further, than the API itself: run here, or by functions with roles of their own. */
export type Stages = {
  readonly publish: Publisher
  readonly release: Releaser
  /** As the domain does where it is left out, like what follows. */
  readonly receive?: Receiver
  readonly erase?: Eraser
}

export type ApiOptions = {
  readonly world: World
  readonly verifyToken: TokenVerifier
  readonly stages: Stages
  /** The cases alone, or all but them; both where it is left out. */
  readonly mount?: 'data' | 'cases'
  /** How long a call may read rows again; as long as it takes where it is left out. */
  readonly replayLimitMs?: number
  /** Told of faults that were answered with 5xx. */
  readonly onFault?: (fault: unknown) => void
}

/** Largest body that is held whole: an envelope's. A file is read as it comes, and has a limit of its own. */
const BODY_LIMIT_BYTES = 256 * 1024 * 1024

/** The API over a world: one app, every route behind a token but `/healthz`, `/openapi.json` and the public log. */
export function createApi(options: ApiOptions): Routes {
  const api = newRoutes()
  api.onError((fault, context) => {
    const response = faultToProblem(fault, context)
    if (response.status >= 500) options.onFault?.(fault)
    return response
  })
  api.notFound((context) => problem(context, { status: 404, code: 'NOT_FOUND' }))
  // A function answers 6 MB at most, and the 4,096 files that a version may have come to 8 with their links, of 2 KB each
  api.use(compress({ encoding: 'gzip' }))
  api.use('/v1/*', requireActor(options))
  const limitBody = bodyLimit({
    maxSize: BODY_LIMIT_BYTES,
    onError: (context) => problem(context, { status: 413, code: 'BODY_TOO_LARGE' }),
  })
  api.use('/v1/*', (context, next) => (bringsFile(context) ? next() : limitBody(context, next)))
  api.get('/healthz', (context) => context.json({ status: 'ok' }))
  const { data, cases } = routesOf(options)
  // Described whole by either mount: to its clients it is one API
  const whole = newRoutes()
  for (const routes of [...data, ...cases]) whole.route('/v1', routes)
  addOpenapi(api, whole)
  addPublicLog(api, options.world)
  const mounted = { data, cases, both: [...data, ...cases] }[options.mount ?? 'both']
  for (const routes of mounted) api.route('/v1', routes)
  return api
}

function routesOf({ world, stages, replayLimitMs }: ApiOptions) {
  const cases = [caseRoutes(world, stages.release), signingKeyRoutes(world)]
  const data = [
    submissionRoutes(world, stages.receive),
    receiptRoutes(world),
    quarantineRoutes(world),
    organisationRoutes(world),
    datasetRoutes(world, stages.publish),
    principalRoutes(world),
    authorityRoutes(world),
    ledgerRoutes(world, stages.erase),
    replayRoutes(world, replayLimitMs),
  ]
  return { data, cases }
}

// Before the body is read: who is nobody gets no work out of us
function requireActor({ world, verifyToken }: ApiOptions) {
  return createMiddleware<ApiEnv>(async (context, next) => {
    const [, token] = /^Bearer ([\w.~+/-]+=*)$/i.exec(context.req.header('authorization') ?? '') ?? []
    const name = token === undefined ? undefined : await verifyToken(token)
    const actor = name === undefined ? undefined : await findActor(world.store, name)
    if (actor === undefined) {
      context.header('www-authenticate', 'Bearer')
      return problem(context, { status: 401, code: 'TOKEN_INVALID' })
    }
    context.set('actor', actor)
    return next()
  })
}
