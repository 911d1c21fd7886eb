import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { exportJWK, generateKeyPair, type JWK } from 'jose'
import type { z } from 'zod'
import { caseSchema, submittedSchema, timelineSchema } from '../shared/api/case-schema.ts'
import { publicationSchema } from '../shared/api/datasets.ts'
import { organisationSchema } from '../shared/api/organisations.ts'
import { sha256 } from '../shared/base/digest.ts'
import { openPackage } from '../shared/disclosure/package.ts'
import { createFile } from '../shared/embedded/durable-file.ts'
import { CommandEnd, expectDone, expectWell } from './command-end.ts'
import { describeCase, describeTimeline } from './commands/case.ts'
import { addressOf, describePublication, duckDbQuery, listFiles } from './commands/dataset.ts'
import { describeOrganisation } from './commands/organisation.ts'
import type { HomeSession } from './home-session.ts'
import { describePushed, push } from './pushed.ts'

/** An organisation of the examples that has a registration, a licence and penalties. */
const SHOWN = '91330203YY0000079F'

const inputs = [
  { authority: 'demo-market-regulator', layout: 'registration', file: 'registration.csv' },
  { authority: 'demo-housing-bureau', layout: 'licence-2018', file: 'licences-2018.csv' },
  { authority: 'demo-environment-bureau', layout: 'penalty-2018', file: 'penalties-2018.csv' },
] as const

/** The main job on the example inputs, told on stdout. A second walk over the same home repeats nothing. */
export async function walkThrough(session: HomeSession): Promise<void> {
  say(`Home: ${session.home.directory}`)
  await receive(session)
  await readOne(session)
  await publish(session)
  await disclose(session)
  say(WHAT_NEXT)
}

async function receive(session: HomeSession): Promise<void> {
  for (const [index, { authority, layout, file: name }] of inputs.entries()) {
    say(`\n[${index + 1}/6] ${authority} sends examples/${name} in the layout ${layout}`)
    const path = fileURLToPath(new URL(`../examples/${name}`, import.meta.url))
    const bytes = new Uint8Array(await readFile(path))
    const submissionId = `walk-through-${layout}-${sha256(bytes).slice(0, 12)}`
    const file = { contentType: 'text/csv', bytes }
    say(describePushed(await push(session, { authority, layout, submissionId, file })))
  }
}

async function readOne(session: HomeSession): Promise<void> {
  say(`\n[4/6] One organisation, joined from what the authorities sent`)
  const path = `/v1/organisations/${SHOWN}`
  const answer = await session.call({ method: 'GET', path, as: 'analyst' })
  say(describeOrganisation(expectDone(answer, organisationSchema)))
}

async function publish(session: HomeSession): Promise<void> {
  say('\n[5/6] Publish the dataset organisations')
  const call = {
    method: 'POST',
    path: '/v1/datasets/organisations/versions',
    as: 'steward',
    json: {},
  } as const
  say(describePublication(expectDone(await session.call(call), publicationSchema)))
  const { files } = await listFiles(session, 'organisations', { as: 'analyst' })
  const [first = ''] = files.map(({ link }) => addressOf(link))
  say(`  files: ${first} and ${files.length - 1} more (credit-fusion dataset files organisations)`)
  say(`  DuckDB:  ${duckDbQuery(files)}`)
  say(`  pandas:  import pandas; pandas.read_parquet('${first}', partitioning=None)  # of one file`)
}

async function disclose(session: HomeSession): Promise<void> {
  say(`\n[6/6] demo-public-security asks for the disclosure of ${SHOWN}`)
  const key = await recipientKey(session)
  let current = await act(session, { as: REQUESTER, path: '', json: requestFor(key.publicJwk) })
  const { id, scopeSha256 } = current
  // Each step by the state it needs: a walk that was broken off goes on from there
  if (current.state === 'Submitted') current = await approveTwice(session, current)
  if (current.state === 'AwaitingSecondApproval')
    current = await act(session, { as: 'officer-two', path: `/${id}/approve`, json: { scopeSha256 } })
  if (current.state === 'Approved')
    current = await act(session, { as: 'officer-two', path: `/${id}/release`, json: {} })
  if (current.state === 'Released') await download(session, id, key.privateJwk)
  say(describeCase(await show(session, id)))
  const path = `/v1/cases/${id}/timeline`
  const timeline = await session.call({ method: 'GET', path, as: 'auditor' })
  say(describeTimeline(expectDone(timeline, timelineSchema)))
}

async function approveTwice(session: HomeSession, { id, scopeSha256 }: CaseState): Promise<CaseState> {
  const approval = { as: 'officer-one', path: `/${id}/approve`, json: { scopeSha256 } }
  const approved = await act(session, approval)
  say('  officer-one approved; trying to approve twice:')
  const again = await session.call({ ...approval, method: 'POST', path: `/v1/cases${approval.path}` })
  say(`    ${again.status} ${(again.body as { code: string }).code}`)
  return approved
}

const REQUESTER = 'demo-public-security'

async function download(session: HomeSession, id: string, privateJwk: JWK): Promise<void> {
  const answer = await session.call({ method: 'POST', path: `/v1/cases/${id}/download`, as: REQUESTER })
  expectWell(answer)
  const opened = await openPackage(String(answer.body), privateJwk, session.home.signer.verifierKey)
  if (opened.outcome !== 'opened') throw new CommandEnd(1, opened.code, opened.reason)
  say("  the package, opened with the requester's private key:")
  say(JSON.stringify(opened.package.organisations, null, 2).replaceAll(/^/gm, '    '))
}

// The requester's own key. In earnest it never leaves the requester; here it lies beside the home's other keys
async function recipientKey(session: HomeSession): Promise<{ publicJwk: JWK; privateJwk: JWK }> {
  const file = join(session.home.directory, 'walk-through-requester.jwk.json')
  if (!existsSync(file)) {
    const { privateKey } = await generateKeyPair('ECDH-ES+A256KW', { crv: 'P-256', extractable: true })
    await createFile(file, Buffer.from(JSON.stringify(await exportJWK(privateKey))))
  }
  const privateJwk = JSON.parse(await readFile(file, 'utf8')) as JWK
  const { d: _, ...publicJwk } = privateJwk
  return { publicJwk, privateJwk }
}

function requestFor(publicJwk: JWK): unknown {
  return {
    organisations: [SHOWN],
    fields: ['name', 'registration_status', 'licences', 'penalties'],
    window: { from: '2024-01-01', to: '2026-06-30' },
    legalBasis: { code: 'CN-DSL-35' },
    instrument: {
      number: '示公调〔2026〕7号',
      sha256: sha256('the walk-through has no scanned instrument'),
      issuedBy: '示例市公安局',
      issuedOn: '2026-06-01',
      expiresOn: '2036-05-31',
    },
    purpose: 'Investigation of a subsidy fraud in 2025 (the walk-through)',
    recipientKey: publicJwk,
    idempotencyKey: 'walk-through-1',
  }
}

type CaseState = z.infer<typeof caseSchema>

async function act(
  session: HomeSession,
  { as, path, json }: { readonly as: string; readonly path: string; readonly json: unknown },
): Promise<CaseState> {
  const answer = await session.call({ method: 'POST', path: `/v1/cases${path}`, as, json })
  return expectDone(answer, path === '' ? submittedSchema : caseSchema)
}

async function show(session: HomeSession, id: string): Promise<CaseState> {
  return expectDone(await session.call({ method: 'GET', path: `/v1/cases/${id}`, as: 'auditor' }), caseSchema)
}

function say(text: string): void {
  process.stdout.write(`${text}\n`)
}

const WHAT_NEXT = `
What to try next
  npx credit-fusion organisation show ${SHOWN} --provenance
  npx credit-fusion push --authority demo-environment-bureau --layout penalty-2018 examples/penalties-2018.csv
  npx credit-fusion dataset files organisations
  npx credit-fusion case list --as auditor
  npx credit-fusion identify ${SHOWN} 91330203YY0000079E`
