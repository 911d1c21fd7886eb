import { fileURLToPath } from 'node:url'
import { createApi, type Stages } from '../shared/api/app.ts'
import { isOfficer } from '../shared/api/principal.ts'
import type { Routes } from '../shared/api/routes.ts'
import { openTokenVerifier } from '../shared/api/token.ts'
import { publish } from '../shared/datasets/publish.ts'
import { releaseCase } from '../shared/disclosure/cases.ts'
import { type Home, openHome } from '../shared/embedded/home.ts'
import { type Service, type ServiceListener, startService } from '../shared/embedded/service.ts'
import { expectDone } from './outcome.ts'
import { type ApiRequest, faultCode, readAnswer, report, requestInit, type Session } from './session.ts'

export const DEFAULT_HOME = '.credit-fusion'

/** Where a new home's three deployment files come from. */
const TEMPLATE = fileURLToPath(new URL('../examples/deployment', import.meta.url))

/** A session on an embedded home, whose API runs in this process. */
export type HomeSession = Session & {
  readonly home: Home
  readonly api: Routes
  /** Sees to it that the home is worked for, by a thread of this process if no other process does. */
  work(): void
}

export async function openHomeSession(directory: string): Promise<HomeSession> {
  const home = await openHome({ directory, template: TEMPLATE })
  const verifyToken = openTokenVerifier(home.issuer.trusted)
  const api = createApi({
    world: home,
    verifyToken,
    stages: stagesOf(home),
    onFault: (fault) => report(faultCode(fault)),
  })
  const call = async (request: ApiRequest) =>
    readAnswer(await api.request(request.path, requestInit(request, await home.issuer.issue(request.as))))
  let service: Service | undefined
  const work = (): void => {
    const onFault: ServiceListener = ({ queue, code }) => report(`${queue}: ${code}, will try again`)
    service ??= startService({ directory, template: TEMPLATE }, onFault)
  }
  return {
    ...{ home, api, call, work },
    async submit({ layout, submissionId, sentAt, as, file }) {
      work()
      const path = `/v1/submissions?${new URLSearchParams({ layout, submissionId, sentAt })}`
      return { sha256: String(expectDone(await call({ method: 'POST', path, as, file }))['sha256']) }
    },
    token: (principal) => home.issuer.issue(principal),
    async close() {
      await service?.stop()
      home.close()
    },
  }
}

/** A home runs everything in its own process. */
export function stagesOf(home: Home): Stages {
  return {
    publish: (options) => publish(home, options),
    release: (order) => releaseCase(home, order, (name) => isOfficer(home.store, name)),
  }
}
