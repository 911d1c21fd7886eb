import { rm, stat, writeFile } from 'node:fs/promises'
import { Command, Option } from 'commander'
import type { z } from 'zod'
import { caseListSchema, caseSchema, submittedSchema, timelineSchema } from '../../shared/api/case-schema.ts'
import type { commandBodies } from '../../shared/disclosure/command.ts'
import { type LegalBasis, legalBases } from '../../shared/disclosure/legal-basis.ts'
import { refusalGroundCodes, refusalGrounds } from '../../shared/disclosure/refusal.ts'
import { caseStates } from '../../shared/disclosure/states.ts'
import { fieldsOf } from '../../shared/fusion/golden-record.ts'
import { type ClientOptions, clientCommand, print, runClient } from '../command.ts'
import { CommandEnd, expectDone, expectWell } from '../command-end.ts'
import { readText, writeNew } from '../file.ts'
import { report, type Session } from '../session.ts'
import { packageCommands } from './package.ts'

type Case = z.infer<typeof caseSchema>
type Timeline = z.infer<typeof timelineSchema>

const PATH = '/v1/cases'

/** `case …`: every step is taken as the principal that `--as` names. */
export function caseCommand(): Command {
  const command = new Command('case')
    .description('Work a disclosure case')
    .addCommand(submitCommand())
    .addCommand(listCommand())
    .addCommand(showCommand())
    .addCommand(approveCommand())
    .addCommand(refuseCommand())
    .addCommand(narrowCommand())
    .addCommand(stepCommand('release', 'Extract what was approved and seal it to the requester'))
    .addCommand(stepCommand('withdraw', 'Take the request back'))
    .addCommand(downloadCommand())
    .addCommand(timelineCommand())
    .addCommand(tableCommand('fields', 'The fields that a case may name', fields))
    .addCommand(tableCommand('legal-bases', 'The legal bases that a case may rest on', bases))
  for (const each of packageCommands()) command.addCommand(each)
  return command
}

type Table<Row> = { readonly rows: readonly Row[]; readonly describe: (row: Row) => string }

function tableCommand<Row>(name: string, summary: string, { rows, describe }: Table<Row>): Command {
  return new Command(name)
    .description(`${summary}; needs no home`)
    .option('--json', 'one JSON document on stdout')
    .action(({ json }: { json?: boolean }) =>
      print(json ? JSON.stringify(rows) : rows.map(describe).join('\n')),
    )
}

const fields = {
  rows: fieldsOf('disclosed').map(({ name, type, zh, en }) => ({ name, type, zh, en })),
  describe: ({ name, type, zh, en }: Readonly<Record<'name' | 'type' | 'zh' | 'en', string>>) =>
    `${name}  ${type}  ${zh}  ${en}`,
}

const bases: Table<LegalBasis> = { rows: legalBases, describe: ({ code, zh, en }) => `${code}  ${zh}  ${en}` }

function submitCommand(): Command {
  return clientCommand('submit', 'Ask for a disclosure', { may: 'case:submit' })
    .argument('<request>', 'a JSON file')
    .option('--recipient-key <file>', "the public key (JWK) to seal to, in place of the request's own")
    .action((file: string, options: ClientOptions & { recipientKey?: string }) =>
      runClient(
        options,
        async (session) => {
          const { as, recipientKey: keyFile } = options
          const request = await readJson(file)
          const json =
            keyFile === undefined ? request : { ...Object(request), recipientKey: await readJson(keyFile) }
          return expectDone(await session.call({ method: 'POST', path: PATH, as, json }), submittedSchema)
        },
        describeCase,
      ),
    )
}

type ListOptions = ClientOptions & {
  readonly state?: string
  readonly limit?: string
  readonly after?: string
  readonly oldest?: boolean
}

function listCommand(): Command {
  return clientCommand('list', 'Cases, newest first', { may: 'case:read' })
    .addOption(new Option('--state <state>', 'in this state alone').choices(caseStates))
    .option('--limit <number>', 'so many at most, 1 to 100 (default: 100)')
    .option('--after <place>', 'go on after a page, by the `next` that it ended with')
    .option('--oldest', 'oldest first')
    .action((options: ListOptions) =>
      runClient(
        options,
        (session) => listCases(session, options),
        ({ cases }) => cases.map(describeListed).join('\n'),
      ),
    )
}

type Cases = z.infer<typeof caseListSchema>

async function listCases(session: Session, { as, oldest, ...options }: ListOptions): Promise<Cases> {
  const { state, limit, after } = options
  const query = new URLSearchParams({
    order: oldest ? 'oldest' : 'newest',
    ...(state !== undefined && { state }),
    ...(limit !== undefined && { limit }),
    ...(after !== undefined && { after }),
  })
  const answer = await session.call({ method: 'GET', path: `${PATH}?${query}`, as })
  const page = expectDone(answer, caseListSchema)
  if (page.next !== null) report(`there are more: --after '${page.next}'`)
  else if (page.cases.length === 0) report('there is no case to be listed')
  return page
}

function describeListed({ id, submittedAt, state, authority, scope }: Case): string {
  return [submittedAt, id, state, authority, scope.organisations.join(' ')].join('  ')
}

function showCommand(): Command {
  return clientCommand('show', 'A case as it stands', { may: 'case:read' })
    .argument('<case>')
    .action((id: string, options: ClientOptions) =>
      runClient(options, (session) => showCase(session, options.as, id), describeCase),
    )
}

function approveCommand(): Command {
  return clientCommand('approve', 'Approve the scope as it stands; two different officers must', {
    may: 'case:decide',
  })
    .argument('<case>')
    .option('--scope <sha256>', 'the scope you saw (default: the one there is now)')
    .action((id: string, options: ClientOptions & { scope?: string }) =>
      runClient(
        options,
        async (session) => {
          const scopeSha256 = options.scope ?? (await showCase(session, options.as, id)).scopeSha256
          return take(session, { id, step: 'approve', as: options.as, json: { scopeSha256 } })
        },
        describeCase,
      ),
    )
}

function refuseCommand(): Command {
  return clientCommand('refuse', 'Refuse a case', { may: 'case:decide' })
    .argument('<case>')
    .addOption(new Option('--code <code>', 'the ground').choices(refusalGroundCodes).makeOptionMandatory())
    .requiredOption('--reason <text>', 'the reason, for the authority')
    .addHelpText('after', `\nGrounds:\n${GROUNDS}`)
    .action((id: string, options: ClientOptions & { code: string; reason: string }) =>
      runClient(
        options,
        (session) => {
          const { as, code, reason } = options
          return take(session, { id, step: 'refuse', as, json: { code, reason } })
        },
        describeCase,
      ),
    )
}

const GROUNDS = refusalGrounds.map(({ code, en, zh }) => `  ${code.padEnd(22)}  ${en} (${zh})`).join('\n')

type NarrowOptions = ClientOptions & {
  readonly organisations?: readonly string[]
  readonly fields?: readonly string[]
  readonly from?: string
  readonly to?: string
  readonly reason: string
}

function narrowCommand(): Command {
  return clientCommand('narrow', 'Keep a strict subset of the scope; voids the approvals', {
    may: 'case:decide',
  })
    .argument('<case>')
    .option('--organisations <uscc...>', 'the organisations that stay')
    .option('--fields <name...>', 'the fields that stay')
    .option('--from <date>', 'the first day that stays')
    .option('--to <date>', 'the last day that stays')
    .requiredOption('--reason <text>', 'the reason, for the authority')
    .action((id: string, options: NarrowOptions) =>
      runClient(options, (session) => narrow(session, options, id), describeCase),
    )
}

async function narrow(session: Session, options: NarrowOptions, id: string): Promise<Case> {
  const { scope, scopeSha256 } = await showCase(session, options.as, id)
  const { organisations, fields, from = scope.window.from, to = scope.window.to, reason } = options
  const window = options.from === undefined && options.to === undefined ? {} : { window: { from, to } }
  const narrowing = {
    ...(organisations === undefined ? {} : { organisations }),
    ...(fields === undefined ? {} : { fields }),
    ...window,
  }
  return take(session, { id, step: 'narrow', as: options.as, json: { scopeSha256, narrowing, reason } })
}

function stepCommand(step: 'release' | 'withdraw', summary: string): Command {
  return clientCommand(step, summary, { may: step === 'release' ? 'case:decide' : 'case:collect' })
    .argument('<case>')
    .action((id: string, options: ClientOptions) =>
      runClient(options, (session) => take(session, { id, step, as: options.as, json: {} }), describeCase),
    )
}

function downloadCommand(): Command {
  return clientCommand('download', 'Fetch the sealed package; it is handed out once', { may: 'case:collect' })
    .argument('<case>')
    .requiredOption('--out <file>', 'where to write the JWE; it must not exist yet')
    .action((id: string, options: ClientOptions & { out: string }) =>
      runClient(
        options,
        (session) => download(session, options, id),
        ({ file, sizeBytes }) => `${sizeBytes} bytes in ${file}`,
      ),
    )
}

export async function download(
  session: Session,
  { as, out }: { readonly as: string; readonly out: string },
  id: string,
) {
  // Claimed before the one download is used up: a path that can't be written must not cost the package
  await writeNew(out, '')
  try {
    const path = `${PATH}/${encodeURIComponent(id)}/download`
    const answer = await session.call({ method: 'POST', path, as })
    expectWell(answer)
    await writeFile(out, String(answer.body))
    return { case: id, file: out, sizeBytes: String(answer.body).length }
  } finally {
    // Refused or broken off: an empty file would only stand in the way of the next try
    if ((await stat(out)).size === 0) await rm(out)
  }
}

function timelineCommand(): Command {
  return clientCommand('timeline', 'Who did what, when, on what ground', { may: 'case:read' })
    .argument('<case>')
    .action((id: string, options: ClientOptions) =>
      runClient(
        options,
        async (session) => {
          const path = `${PATH}/${encodeURIComponent(id)}/timeline`
          return expectDone(await session.call({ method: 'GET', path, as: options.as }), timelineSchema)
        },
        describeTimeline,
      ),
    )
}

async function showCase(session: Session, as: string, id: string): Promise<Case> {
  const answer = await session.call({ method: 'GET', path: `${PATH}/${encodeURIComponent(id)}`, as })
  return expectDone(answer, caseSchema)
}

type CaseStep = {
  readonly id: string
  readonly step: keyof typeof commandBodies
  readonly as: string
  readonly json: unknown
}

async function take(session: Session, { id, step, as, json }: CaseStep): Promise<Case> {
  const path = `${PATH}/${encodeURIComponent(id)}/${step}`
  return expectDone(await session.call({ method: 'POST', path, as, json }), caseSchema)
}

async function readJson(file: string): Promise<unknown> {
  const text = await readText(file)
  try {
    return JSON.parse(text)
  } catch {
    // What JSON.parse throws quotes the file
    throw new CommandEnd(2, 'FILE_NOT_JSON', `${file} is not JSON`)
  }
}

/** All that an officer has to see to decide. */
export function describeCase(current: Case): string {
  const { legalBasis, instrument, scope } = current
  const lines = [
    `case ${current.id}: ${current.state}`,
    `  asked by: ${current.authority}, by ${current.submittedBy} at ${current.submittedAt}`,
    `  legal basis: ${legalBasis === undefined ? '' : `${legalBasis.code}, ${legalBasis.source}`}`,
    `  instrument: ${instrument.number} of ${instrument.issuedBy}, ${instrument.issuedOn} to ${instrument.expiresOn}`,
    `    sha256 ${instrument.sha256}`,
    `  purpose: ${current.purpose}`,
    `  organisations: ${scope.organisations.join(' ')}`,
    `  fields: ${scope.fields.join(' ')}`,
    `  window: ${scope.window.from} to ${scope.window.to}`,
    `  scope: ${current.scopeSha256}`,
    `  sealed to: ${current.recipientKeyThumbprint}`,
    ...current.approvals.map(
      ({ officer, at, endsAt }) => `  approved by ${officer ?? '(withheld)'} at ${at}, until ${endsAt}`,
    ),
  ]
  if (current.refusal !== undefined)
    lines.push(`  refused: ${current.refusal.code}: ${current.refusal.reason}`)
  return [...lines, ...describePackage(current.package)].join('\n')
}

function describePackage(facts: Case['package']): readonly string[] {
  if (facts === undefined) return []
  const { counts, sizeBytes, ledgerSize, validAt, ciphertextSha256 } = facts
  const { disclosed, notHeld, withheld, fields } = counts
  return [
    `  package: ${disclosed} disclosed, ${notHeld} not held, ${withheld} withheld, ${fields} fields, ${sizeBytes} bytes`,
    `    as of ledger size ${ledgerSize}, valid at ${validAt}, sha256 ${ciphertextSha256}`,
  ]
}

export function describeTimeline({ events }: Timeline): string {
  return events.map(describeRow).join('\n')
}

function describeRow({ at, actor, role, action, command, ground }: Timeline['events'][number]): string {
  const attempt = command === undefined ? '' : ` (${command})`
  const reason = ground.reason === undefined ? '' : `: ${ground.reason}`
  return `  ${at}  ${actor ?? '(withheld)'} (${role})  ${action}${attempt}  ${ground.code}${reason}`
}
