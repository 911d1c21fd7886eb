import { readFile, rm, writeFile } from 'node:fs/promises'
import { Command } from 'commander'
import { type ClientOptions, clientCommand, runClient } from '../command.ts'
import { CommandEnd, expectDone } from '../outcome.ts'
import type { Session } from '../session.ts'

type CaseOptions = ClientOptions & { readonly as: string }

type Case = {
  readonly id: string
  readonly state: string
  readonly authority: string
  readonly scopeSha256: string
  readonly scope: {
    readonly organisations: readonly string[]
    readonly fields: readonly string[]
    readonly window: { readonly from: string; readonly to: string }
  }
  readonly refusal?: { readonly code: string; readonly reason: string }
}

export type TimelineRow = {
  readonly number: number
  readonly at: string
  readonly actor: string | undefined
  readonly role: string
  readonly action: string
  readonly ground: { readonly code: string; readonly reason?: string }
}

/** `case …`: every step is taken as the principal that `--as` names. */
export function caseCommand(): Command {
  return new Command('case')
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
}

function asSomebody(name: string, summary: string): Command {
  const command = clientCommand(name, summary)
  const option = command.options.find((each) => each.long === '--as')
  if (option !== undefined) option.mandatory = true
  return command
}

function submitCommand(): Command {
  return asSomebody('submit', 'Ask for a disclosure')
    .argument('<request>', 'a JSON file')
    .action((file: string, options: CaseOptions) =>
      runClient(options, async (session) => post(session, options, '', await readJson(file)), describeCase),
    )
}

function listCommand(): Command {
  return asSomebody('list', 'Cases, oldest first').action((options: CaseOptions) =>
    runClient(
      options,
      async (session) => expectDone(await session.call({ method: 'GET', path: '/v1/cases', as: options.as })),
      (answer) =>
        (answer as unknown as { cases: Case[] }).cases
          .map((each) => `${each.id}  ${each.state}  ${each.authority}`)
          .join('\n'),
    ),
  )
}

function showCommand(): Command {
  return asSomebody('show', 'A case as it stands')
    .argument('<case>')
    .action((id: string, options: CaseOptions) =>
      runClient(options, (session) => showCase(session, options.as, id), describeCase),
    )
}

function approveCommand(): Command {
  return asSomebody('approve', 'Approve the scope as it stands; two different officers must')
    .argument('<case>')
    .option('--scope <sha256>', 'the scope you saw (default: the one there is now)')
    .action((id: string, options: CaseOptions & { scope?: string }) =>
      runClient(
        options,
        async (session) => {
          const scopeSha256 = options.scope ?? (await showCase(session, options.as, id)).scopeSha256
          return post(session, options, `/${id}/approve`, { scopeSha256 })
        },
        describeCase,
      ),
    )
}

function refuseCommand(): Command {
  return asSomebody('refuse', 'Refuse a case')
    .argument('<case>')
    .requiredOption('--code <code>', 'the ground: RC-SCOPE, RC-BASIS, RC-AUTHORITY …')
    .requiredOption('--reason <text>', 'the reason, for the authority')
    .action((id: string, options: CaseOptions & { code: string; reason: string }) =>
      runClient(
        options,
        (session) => post(session, options, `/${id}/refuse`, { code: options.code, reason: options.reason }),
        describeCase,
      ),
    )
}

type NarrowOptions = CaseOptions & {
  readonly organisations?: readonly string[]
  readonly fields?: readonly string[]
  readonly from?: string
  readonly to?: string
  readonly reason: string
}

function narrowCommand(): Command {
  return asSomebody('narrow', 'Keep a strict subset of the scope; voids the approvals')
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
  return post(session, options, `/${id}/narrow`, { scopeSha256, narrowing, reason })
}

function stepCommand(step: 'release' | 'withdraw', summary: string): Command {
  return asSomebody(step, summary)
    .argument('<case>')
    .action((id: string, options: CaseOptions) =>
      runClient(options, (session) => post(session, options, `/${id}/${step}`, {}), describeCase),
    )
}

function downloadCommand(): Command {
  return asSomebody('download', 'Fetch the sealed package; it is handed out once')
    .argument('<case>')
    .requiredOption('--out <file>', 'where to write the JWE; it must not exist yet')
    .action((id: string, options: CaseOptions & { out: string }) =>
      runClient(
        options,
        (session) => download(session, options, id),
        ({ file, sizeBytes }) => `${sizeBytes} bytes in ${file}`,
      ),
    )
}

async function download(session: Session, { as, out }: CaseOptions & { out: string }, id: string) {
  // Claimed before the one download is used up: a path that can't be written must not cost the package
  await writeFile(out, '', { flag: 'wx', mode: 0o600 }).catch(() => {
    throw new CommandEnd(2, `FILE_UNWRITABLE: ${out} exists, or cannot be made`)
  })
  const path = `/v1/cases/${encodeURIComponent(id)}/download`
  const answer = await session.call({ method: 'POST', path, as })
  if (answer.status !== 200) {
    await rm(out)
    expectDone(answer)
  }
  await writeFile(out, String(answer.body))
  return { case: id, file: out, sizeBytes: String(answer.body).length }
}

function timelineCommand(): Command {
  return asSomebody('timeline', 'Who did what, when, on what ground')
    .argument('<case>')
    .action((id: string, options: CaseOptions) =>
      runClient(
        options,
        async (session) => {
          const path = `/v1/cases/${encodeURIComponent(id)}/timeline`
          return expectDone(await session.call({ method: 'GET', path, as: options.as }))
        },
        (answer) => describeTimeline((answer as unknown as { events: TimelineRow[] }).events),
      ),
    )
}

async function showCase(session: Session, as: string, id: string): Promise<Case> {
  const answer = await session.call({ method: 'GET', path: `/v1/cases/${encodeURIComponent(id)}`, as })
  return expectDone(answer) as unknown as Case
}

async function post(session: Session, options: CaseOptions, step: string, json: unknown): Promise<Case> {
  const answer = await session.call({ method: 'POST', path: `/v1/cases${step}`, as: options.as, json })
  return expectDone(answer) as unknown as Case
}

async function readJson(file: string): Promise<unknown> {
  const text = await readFile(file, 'utf8').catch(() => {
    throw new CommandEnd(2, `FILE_UNREADABLE: ${file}`)
  })
  try {
    return JSON.parse(text)
  } catch {
    // What JSON.parse throws quotes the file
    throw new CommandEnd(2, `FILE_NOT_JSON: ${file}`)
  }
}

export function describeCase(current: Case): string {
  const { organisations, fields, window } = current.scope
  const lines = [
    `case ${current.id}: ${current.state}`,
    `  organisations: ${organisations.join(' ')}`,
    `  fields: ${fields.join(' ')}`,
    `  window: ${window.from} to ${window.to}`,
    `  scope: ${current.scopeSha256}`,
  ]
  if (current.refusal !== undefined)
    lines.push(`  refused: ${current.refusal.code}: ${current.refusal.reason}`)
  return lines.join('\n')
}

export function describeTimeline(rows: readonly TimelineRow[]): string {
  return rows.map(describeRow).join('\n')
}

function describeRow({ at, actor, role, action, ground }: TimelineRow): string {
  const reason = ground.reason === undefined ? '' : `: ${ground.reason}`
  return `  ${at}  ${actor ?? '(withheld)'} (${role})  ${action}  ${ground.code}${reason}`
}
