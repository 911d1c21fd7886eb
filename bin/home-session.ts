import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { createApi, type Stages } from '../shared/api/app.ts'
import type { Routes } from '../shared/api/routes.ts'
import { openTokenVerifier } from '../shared/api/token.ts'
import { Failure } from '../shared/base/failure.ts'
import { publish } from '../shared/datasets/publish.ts'
import { releaseCase } from '../shared/disclosure/cases.ts'
import { type Home, openHome } from '../shared/embedded/home.ts'
import { type Service, startService } from '../shared/embedded/service.ts'
import type { FaultListener } from '../shared/embedded/worker.ts'
import { findNumber } from '../shared/ledger/sealed.ts'
import { orderErasure } from '../shared/records/erase.ts'
import { findWatermark } from '../shared/records/watermark.ts'
import { expectDone } from './outcome.ts'
import { type ApiRequest, faultCode, readAnswer, report, requestInit, type Session } from './session.ts'

export const DEFAULT_HOME = '.credit-fusion'

/** Where a new home's three deployment files come from. */
const TEMPLATE = fileURLToPath(new URL('../examples/deployment', import.meta.url))

/** A session on an embedded home, whose API runs in this process. */
export type HomeSession = Session & {
  readonly home: Home
  readonly api: Routes
}

export async function openHomeSession(directory: string): Promise<HomeSession> {
  const home = await openHome({ directory, template: TEMPLATE })
  const verifyToken = openTokenVerifier(home.issuer.trusted)
  const api = createApi({
    world: home,
    verifyToken,
    stages: stagesOf(home, () => work()),
    onFault: (fault) => report(faultCode(fault)),
  })
  const call = async (request: ApiRequest) =>
    readAnswer(await api.request(request.path, requestInit(request, await home.issuer.issue(request.as))))
  let service: Service | undefined
  const work = (): void => {
    const onFault: FaultListener = ({ queue, code }) => report(`${queue}: ${code}, will try again`)
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

/** A home runs everything in its own process; `work` sees to it that somebody works for it. */
export function stagesOf(home: Home, work: () => void = () => undefined): Stages {
  return {
    publish: (options) => publish(home, options),
    release: (order) => releaseCase(home, order),
    erase: async (order) => {
      const erasure = await orderErasure(home, order)
      if (erasure.outcome !== 'erased') return erasure
      work()
      await untilApplied(home, erasure.erasure)
      // Whoever reads at this moment keeps the old pages; the database clears them when the last of them is gone
      home.scrub()
      return erasure
    },
  }
}

async function untilApplied({ store }: Home, id: string): Promise<void> {
  const deadline = performance.now() + APPLY_TIMEOUT_MS
  while (performance.now() < deadline) {
    const number = await findNumber(store, id)
    if (number !== undefined && (await findWatermark(store)) > number) return
    await sleep(APPLY_POLL_MS)
  }
  // It is ordered and will be done; who asked is not to wait for ever
  throw new Failure('ERASURE_NOT_APPLIED_YET', { retryable: true })
}

const APPLY_TIMEOUT_MS = 60_000
const APPLY_POLL_MS = 25
