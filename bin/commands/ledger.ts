import { readdir, readFile } from 'node:fs/promises'
import { join, relative } from 'node:path'
import { Command } from 'commander'
import { z } from 'zod'
import { erasureSchema } from '../../shared/api/ledger.ts'
import { errnoOf } from '../../shared/embedded/durable-file.ts'
import { openHomeStore } from '../../shared/embedded/home.ts'
import { type Evidence, evidenceSchema } from '../../shared/ledger/evidence.ts'
import { CHECKPOINT_PATH, SECOND_VERIFIER_KEY_PATH, VERIFIER_KEY_PATH } from '../../shared/ledger/log.ts'
import { isQuorum } from '../../shared/ledger/policy.ts'
import { parseVerifierKey } from '../../shared/ledger/verifier-key.ts'
import { type LogFiles, type LogFinding, type LogVerdict, verifyLog } from '../../shared/ledger/verify.ts'
import { verifyEntries } from '../../shared/ledger/verify-entries.ts'
import { type ClientOptions, clientCommand, print, run, runClient } from '../command.ts'
import { CommandEnd, expectDone } from '../command-end.ts'
import { packEvidence, unpackEvidence } from '../evidence-archive.ts'
import { endUnreadable, readBytes, writeNew } from '../file.ts'
import { DEFAULT_HOME } from '../home-session.ts'
import { callSealed, report, type Session } from '../session.ts'
import { type Believed, readTrust, type TrustOptions, vkeyOption } from '../trust.ts'
import { printVerified, verifyEvidences } from '../verified-evidence.ts'

/** Who examines the ledger when no other principal is named, and who may erase. */
const EXAMINER = 'auditor'
const OPERATOR = 'operator'
const EXAMINE = { may: 'ledger:read', as: EXAMINER } as const

export function ledgerCommand(): Command {
  return new Command('ledger')
    .description('Prove what happened, and verify what is said to have')
    .addCommand(checkpointCommand())
    .addCommand(showCommand())
    .addCommand(proveCommand())
    .addCommand(verifyCommand())
    .addCommand(exportCommand())
    .addCommand(verifyExportCommand())
    .addCommand(eraseCommand())
}

function checkpointCommand(): Command {
  return clientCommand('checkpoint', 'The newest signed state of the public log', { as: EXAMINER }).action(
    (options: ClientOptions) =>
      runClient(
        options,
        async (session) => ({ checkpoint: await readLogFile(session, CHECKPOINT_PATH) }),
        ({ checkpoint }) => checkpoint.trimEnd(),
      ),
  )
}

async function readLogFile(session: Session, path: string): Promise<string> {
  return expectDone(await session.call({ method: 'GET', path: `/ledger/${path}`, as: EXAMINER }), z.string())
}

function showCommand(): Command {
  return clientCommand('show', 'One entry: what it says, its number, its public leaf', EXAMINE)
    .argument('<entry>', 'its id, as receipts and timelines name it')
    .action((id: string, options: ClientOptions) =>
      runClient(options, (session) => readEvidence(session, id, options.as), describeEvidence),
    )
}

async function readEvidence(session: Session, id: string, as: string): Promise<Evidence> {
  const path = `/v1/ledger/entries/${encodeURIComponent(id)}`
  return expectDone(await callSealed(session, { method: 'GET', path, as }), evidenceSchema)
}

function describeEvidence({ id, kind, at, number, sealedAt, leaf, opening }: Evidence): string {
  return [
    `entry ${number}: ${id}`,
    `  ${kind} at ${at}, sealed at ${sealedAt}`,
    `  leaf: ${leaf}`,
    `  says: ${opening === undefined ? '(erased)' : JSON.stringify(opening.payload)}`,
  ].join('\n')
}

type OutOptions = ClientOptions & { readonly out: string }

function proveCommand(): Command {
  return clientCommand('prove', 'Write the proof that the log has an entry (c2sp.org/tlog-proof)', EXAMINE)
    .argument('<entry>', 'its id')
    .requiredOption('--out <file>', 'where to write it; it must not exist yet')
    .action((id: string, options: OutOptions) =>
      runClient(
        options,
        async (session) => {
          const { number, leaf, proof } = await readEvidence(session, id, options.as)
          await writeNew(options.out, proof)
          return { entry: id, number, leaf, file: options.out }
        },
        ({ number, leaf, file }) => `entry ${number}, proof in ${file}\n  of the leaf ${leaf}`,
      ),
    )
}

type VerifyOptions = TrustOptions & {
  readonly home: string
  readonly against?: readonly string[]
  readonly json?: boolean
}

function verifyCommand(): Command {
  return new Command('verify')
    .description(
      'Work the whole public log out again from its entries, and hold every file against it; of a home, its store too',
    )
    .argument('[log]', "a log's directory, or the address it is served at (default: that of the home)")
    .option('--home <dir>', 'the embedded home', DEFAULT_HOME)
    .addOption(vkeyOption(' (default: those beside the log)'))
    .option(
      '--policy <file>',
      'logs and witnesses to believe, and how many are enough (c2sp.org/tlog-policy)',
    )
    .option('--against <file...>', 'checkpoints kept from earlier, which the log has to have grown from')
    .option('--json', 'one JSON document on stdout')
    .action((log: string | undefined, options: VerifyOptions) => run(options, () => verify(log, options)))
}

async function verify(named: string | undefined, options: VerifyOptions): Promise<void> {
  const log = named ?? join(options.home, 'ledger')
  const files = /^https?:\/\//.test(log) ? filesAt(log) : filesIn(log)
  const beside = await keysBeside(files, options)
  const believed = await readTrust({ ...options, ...(beside && { vkey: beside }) })
  const { against: names = [] } = options
  const against = await Promise.all(names.map(async (name) => ({ name, note: await readBytes(name) })))
  const onProgress = (done: number, size: number): void => {
    if (done === size || done % PROGRESS_ENTRIES === 0) report(`  ${done} of ${size} entries`)
  }
  const verdict = await verifyLog(files, {
    trust: believed.trust,
    isEveryKey: beside !== undefined,
    against,
    onProgress,
  })
  const rows = named === undefined ? await verifyRows(options.home, files, verdict) : []
  const document = describeVerdict({ ...verdict, findings: [...verdict.findings, ...rows] }, believed)
  if (!document.verified) throw notVerified(document)
  await print(options.json ? JSON.stringify(document) : explain(document))
}

/** Of a home, what its store says of the entries as well. */
async function verifyRows(
  home: string,
  files: LogFiles,
  { opened, findings }: LogVerdict,
): Promise<readonly LogFinding[]> {
  const read = opened && findings.length === 0 ? openHomeStore(home) : undefined
  if (opened === undefined || read === undefined) return []
  try {
    return await verifyEntries(read.store, files, opened.checkpoint)
  } finally {
    read.close()
  }
}

const PROGRESS_ENTRIES = 256 * 256

/** The keys that lie beside a log; undefined where others are to be believed, or none are there. */
async function keysBeside(files: LogFiles, options: VerifyOptions): Promise<readonly string[] | undefined> {
  if (options.vkey !== undefined || options.policy !== undefined) return undefined
  const keys: string[] = []
  for (const path of [VERIFIER_KEY_PATH, SECOND_VERIFIER_KEY_PATH]) {
    const found = await files.find(path)
    if (found === undefined) continue
    const text = Buffer.from(found).toString('utf8').trim()
    const parsed = parseVerifierKey(text)
    if (parsed.outcome === 'refused') throw notVerified({ findings: [{ code: parsed.code, path }] })
    keys.push(text)
  }
  if (keys.length === 0) return undefined
  report('trusting the key beside the log; one had by another way (--vkey) proves more')
  return keys
}

function describeVerdict({ findings, opened }: LogVerdict, { policy }: Believed) {
  const seen = opened?.seen ?? []
  const cosigners = seen.map(({ witness }) => witness)
  const isWitnessed = policy === undefined || isQuorum(policy, cosigners)
  return {
    verified: findings.length === 0 && isWitnessed,
    ...(opened && { origin: opened.checkpoint.origin, size: opened.checkpoint.size }),
    ...(opened && { root: Buffer.from(opened.checkpoint.root).toString('base64') }),
    witnesses: seen.map(({ witness, timeSeconds }) => ({
      name: witness.name,
      at: new Date(timeSeconds * 1000).toISOString(),
    })),
    ...(isWitnessed ? {} : { quorum: 'missing' as const }),
    findings,
  }
}

function notVerified(told: Partial<ReturnType<typeof describeVerdict>>): CommandEnd {
  const document = { verified: false, witnesses: [], findings: [], ...told }
  return new CommandEnd(1, 'NOT_VERIFIED', explain(document), { document })
}

function explain(document: ReturnType<typeof describeVerdict>): string {
  const { verified, origin, size, findings, quorum, witnesses } = document
  const lines = findings.slice(0, 20).map(({ code, path }) => `  ${code} at ${path}`)
  if (findings.length > lines.length) lines.push(`  and ${findings.length - lines.length} more`)
  if (quorum !== undefined)
    lines.push('  QUORUM_MISSING: too few of the witnesses have signed the checkpoint')
  const state = size === undefined ? 'the log is not believed' : `${origin}: ${size} entries`
  const seen = witnesses.map(({ name, at }) => `  seen by ${name} at ${at}`)
  return [`${state}, ${verified ? 'verified' : 'NOT verified'}`, ...lines, ...seen].join('\n')
}

function filesIn(directory: string): LogFiles {
  return {
    find: async (path) => readFile(join(directory, path)).catch(absentAs(undefined, path)),
    list: async () => {
      const names = await readdir(directory).catch(absentAs([], directory))
      const below = await Promise.all(['checkpoints', 'tile'].map((name) => listBelow(directory, name)))
      return [...names, ...below.flat()]
    },
  }
}

// Each by its name: a link in the place of either directory is followed, or cannot be
async function listBelow(directory: string, name: string): Promise<readonly string[]> {
  const options = { recursive: true, withFileTypes: true } as const
  const entries = await readdir(join(directory, name), options).catch(absentAs([], name))
  const files = entries.filter((entry) => !entry.isDirectory())
  return files.map((entry) => relative(directory, join(entry.parentPath, entry.name)))
}

// What is there and cannot be read is no finding about the log: fewer files would be verified, or one be told of as missing
function absentAs<T>(absent: T, path: string): (fault: unknown) => T {
  return (fault) => {
    const errno = errnoOf(fault) ?? ''
    return ['ENOENT', 'ENOTDIR'].includes(errno) ? absent : endUnreadable(path)(fault)
  }
}

function filesAt(address: string): LogFiles {
  return {
    find: async (path) => {
      const response = await fetch(`${address.replace(/\/$/, '')}/${path}`).catch(() => {
        throw new CommandEnd(1, 'LOG_UNREACHABLE', `${address}`)
      })
      if (response.status === 404) return undefined
      if (!response.ok) throw new CommandEnd(1, 'LOG_UNREACHABLE', `${response.status} for ${path}`)
      return new Uint8Array(await response.arrayBuffer())
    },
    // Over HTTP nothing can be listed
    list: async () => [],
  }
}

type ExportOptions = OutOptions & { readonly case?: string; readonly submission?: string }

function exportCommand(): Command {
  return clientCommand(
    'export',
    'Write the entries of a case or a submission, with their proofs, in one archive',
    { may: 'case:prove', as: EXAMINER },
  )
    .option('--case <id>', 'all that was done about a case')
    .option('--submission <authority/id>', 'what was received')
    .requiredOption('--out <file>', 'the zip to write; it must not exist yet')
    .action((options: ExportOptions) =>
      runClient(
        options,
        async (session) => {
          const list = await readExport(session, options)
          await writeNew(options.out, packEvidence(list))
          return { file: options.out, entries: list.map(({ id, number }) => ({ id, number })) }
        },
        ({ file, entries }) => `${entries.length} entries with their proofs in ${file}`,
      ),
    )
}

async function readExport(session: Session, { as, ...options }: ExportOptions): Promise<Evidence[]> {
  const { case: caseId, submission } = options
  const [authority, id, ...rest] = submission?.split('/') ?? []
  if ((caseId === undefined) === (submission === undefined))
    throw new CommandEnd(2, 'EXPORT_OF_WHAT', 'one of --case and --submission is wanted')
  if (caseId !== undefined) {
    const path = `/v1/cases/${encodeURIComponent(caseId)}/evidence`
    return expectDone(await callSealed(session, { method: 'GET', path, as }), z.array(evidenceSchema))
  }
  if (authority === undefined || id === undefined || rest.length > 0)
    throw new CommandEnd(2, 'SUBMISSION_INVALID', 'AUTHORITY/ID is wanted')
  const path = `/v1/receipts/${encodeURIComponent(authority)}/${encodeURIComponent(id)}/evidence`
  return [expectDone(await callSealed(session, { method: 'GET', path, as }), evidenceSchema)]
}

function verifyExportCommand(): Command {
  return new Command('verify-export')
    .description('Verify an exported archive with nothing but the key of the log')
    .argument('<file>', 'the archive')
    .addOption(vkeyOption())
    .option(
      '--policy <file>',
      'logs and witnesses to believe, and how many are enough (c2sp.org/tlog-policy)',
    )
    .option('--json', 'one JSON document on stdout')
    .action((file: string, options: TrustOptions & { json?: boolean }) =>
      run(options, async () => {
        const unpacked = unpackEvidence(await readBytes(file))
        if (unpacked === undefined)
          throw new CommandEnd(1, 'ARCHIVE_MALFORMED', `${file} is not what \`ledger export\` writes`)
        const verified = verifyEvidences(unpacked.list, await readTrust(options))
        if (unpacked.changedAt !== undefined)
          throw new CommandEnd(1, 'ARCHIVE_CHANGED', `${file} at byte ${unpacked.changedAt}`)
        await printVerified(verified, options)
      }),
    )
}

type EraseOptions = ClientOptions & { readonly reason: string; readonly rows?: readonly string[] }

function eraseCommand(): Command {
  return clientCommand(
    'erase',
    'Delete what an entry says, or records of a submission; the log stays whole',
    {
      may: 'ledger:erase',
      as: OPERATOR,
    },
  )
    .argument('<entry>', 'its id')
    .requiredOption('--reason <text>', 'why; it is told of in the ledger')
    .option('--rows <index...>', 'of a submission, the records at these places alone')
    .action((id: string, options: EraseOptions) =>
      runClient(
        options,
        async (session) => {
          const rows = options.rows?.map(Number)
          if (rows?.some((row) => !Number.isSafeInteger(row) || row < 0))
            throw new CommandEnd(2, 'ROW_INVALID', 'places count from 0')
          const path = `/v1/ledger/entries/${encodeURIComponent(id)}/erasure`
          const json = { reason: options.reason, ...(rows && { rows }) }
          return expectDone(await session.call({ method: 'POST', path, as: options.as, json }), erasureSchema)
        },
        ({ erasure, records }) => `erased, with ${records} records; told of as ${erasure}`,
      ),
    )
}
