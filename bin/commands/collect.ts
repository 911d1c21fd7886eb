import { mkdir } from 'node:fs/promises'
import { basename, join } from 'node:path'
import type { Command } from 'commander'
import { tryLock } from '../../shared/embedded/lock.ts'
import { authoritySchema } from '../../shared/settings.ts'
import { type AdmissionOf, wholeRefusal, withAdmission } from '../admission.ts'
import { chooseLayout, collectFile, type Sender } from '../collector/collect.ts'
import { type Attempt, deliverAll, type Outlet, openOutlet } from '../collector/deliver.ts'
import { openProgressBar } from '../collector/progress-bar.ts'
import { keyOf, type SeenFile, seenFile } from '../collector/seen-files.ts'
import { openSender } from '../collector/signing-key.ts'
import { openSpool, type Spool, type SpooledHead } from '../collector/spool.ts'
import { scan, watchDirectory } from '../collector/watch.ts'
import {
  type ClientOptions,
  clientCommand,
  faultEnd,
  openSession,
  parseSeconds,
  print,
  run,
} from '../command.ts'
import { CommandEnd } from '../command-end.ts'
import { describeDryRun, dryRun, type FileDryRun, LISTED_PLACES, printDryRun, WOULD_BE } from '../dry-run.ts'
import { interruption } from '../interruption.ts'
import { LAYOUTS, parseLayout } from '../layout-option.ts'
import { ENDINGS, FileChanged, findLocalFile, toldName } from '../local-file.ts'
import { describePushed, TIMEOUT_SECONDS } from '../pushed.ts'
import { report } from '../session.ts'

type CollectOptions = Omit<ClientOptions, 'as'> & {
  readonly as?: string
  readonly authority: string
  readonly layout?: string
  readonly watch?: string
  readonly key?: string
  readonly spool: string
  readonly timeout: number
  readonly dryRun?: boolean
}

const SIGN_IN = { may: 'submission:send', otherwise: 'the authority', makesHome: true } as const
const DEFAULT_SPOOL = '.credit-fusion-spool'

export function collectCommand(): Command {
  const summary = 'At the agency: check, minimise and sign files, keep them on disk until they are received'
  return clientCommand('collect', summary, SIGN_IN)
    .argument('[file]', `a file: ${ENDINGS}; each also as .gz; ends with its receipt`)
    .requiredOption('--authority <code>', 'the authority it comes from')
    .option('--watch <dir>', 'in place of a file: every file of this directory, and those that come')
    .option('--layout <name>', `the layout it is in: ${LAYOUTS} (default: told from the header)`, parseLayout)
    .option('--key <file>', 'the private half of the signing key, as `authority make-key` made it')
    .option('--spool <dir>', 'where minimised submissions wait until they are received', DEFAULT_SPOOL)
    .option('--timeout <seconds>', 'how long to try to send a file', parseSeconds, TIMEOUT_SECONDS)
    .option('--dry-run', 'read the files here and say what would become of them; nothing is kept or sent')
    .action(async (file: string | undefined, options: CollectOptions) => {
      await run(options, () => {
        checkUsage(file, options)
        if (options.dryRun) return tryHere(file, options)
        return withSpool(options, (collecting) =>
          file === undefined ? watchOn(collecting, options) : collectOne(collecting, file, options),
        )
      })
      // What is under way when a watch is called off is on disk, and goes on with the next process
      if (options.watch !== undefined) process.exit()
    })
}

function checkUsage(file: string | undefined, { authority, watch }: CollectOptions): void {
  if ((file === undefined) === (watch === undefined))
    throw new CommandEnd(2, 'USAGE_INVALID', 'a file is wanted, or --watch and a directory')
  // It names a directory of the spool as well
  if (!authoritySchema.shape.code.safeParse(authority).success)
    throw new CommandEnd(2, 'AUTHORITY_INVALID', '--authority: small letters, digits and hyphens')
}

type Collecting = { readonly spool: Spool; readonly sender: Sender; readonly outlet: Outlet }

async function withSpool(
  options: CollectOptions,
  act: (collecting: Collecting) => Promise<void>,
): Promise<void> {
  const { authority, as = authority, json, timeout } = options
  const sender = await openSender(options)
  const directory = join(options.spool, authority)
  await mkdir(directory, { recursive: true, mode: 0o700 }).catch(() => {
    throw new CommandEnd(2, 'SPOOL_UNUSABLE', '--spool: no directory can be made there')
  })
  const lock = tryLock(join(directory, 'lock'))
  if (lock === undefined) throw new CommandEnd(1, 'SPOOL_IN_USE', 'another collector works on this spool')
  const open = () => openSession({ ...options, as })
  const outlet = openOutlet({ open, as, json, timeoutMs: timeout * 1_000 })
  try {
    await act({ spool: await openSpool(directory), sender, outlet })
  } finally {
    await outlet.close()
    lock.release()
  }
}

async function collectInto(
  { spool, sender }: Collecting,
  file: string,
  { layout: named, seen }: { readonly layout?: string | undefined; readonly seen?: SeenFile },
): Promise<SpooledHead> {
  const sent = await findLocalFile(file)
  // Not as it stood still: whoever writes it has gone on
  if (seen !== undefined && keyOf(seenFile(file, sent.stats)) !== keyOf(seen)) throw new FileChanged()
  const layout = await chooseLayout(sent, named)
  const progress = openProgressBar(sent.sizeBytes)
  try {
    return await collectFile(sent, { spool, sender, layout, progress })
  } finally {
    progress.end()
  }
}

async function collectOne(collecting: Collecting, file: string, options: CollectOptions): Promise<void> {
  const { layout, submissionId } = await collectInto(collecting, file, { layout: options.layout })
  report(`${layout}, waiting as ${submissionId}`)
  const signal = AbortSignal.timeout(options.timeout * 1_000)
  const damaged: string[] = []
  let last: Attempted | undefined
  await deliverAll(collecting, {
    ...{ signal, idles: false },
    onAttempt(tried) {
      if (tried.outcome === 'damaged') {
        report(tried.end.message)
        damaged.push(tried.name)
        return true
      }
      last = tried
      if (tried.outcome === 'unreachable') report(`not sent yet: ${tried.code}`)
      const isOwn = tried.spooled.head.submissionId === submissionId
      if (tried.outcome === 'refused' && !isOwn) report(refusalOf(tried))
      if (tried.outcome === 'received' && !isOwn)
        report(`${tried.spooled.head.submissionId} received: it waited from before; its receipt is there`)
      const isOver = tried.outcome === 'held' || (isOwn && tried.outcome !== 'unreachable')
      return !isOver
    },
  })
  await printEnd(last, { submissionId, damaged, json: options.json })
}

type Attempted = Exclude<Attempt, { outcome: 'damaged' }>

type Own = {
  readonly submissionId: string
  /** Names of what was set aside on the way. */
  readonly damaged: readonly string[]
  readonly json: boolean | undefined
}

async function printEnd(last: Attempted | undefined, { submissionId, damaged, json }: Own): Promise<void> {
  const isOwn = last?.spooled.head.submissionId === submissionId
  if (last?.outcome === 'received' && isOwn) {
    const { pushed } = last
    const text = describePushed(pushed)
    if (damaged.length > 0) throw setAside(damaged, { document: pushed, text })
    return print(json ? JSON.stringify(pushed) : text)
  }
  if (last?.outcome === 'refused' && isOwn) throw last.end
  if (last?.outcome === 'held') throw last.end.saying(STAYS)
  if (damaged.some((name) => name.endsWith(submissionId))) throw setAside(damaged, {})
  const reason = 'nobody could be reached; it waits in the spool, and the next `collect` sends it'
  const cause = last?.outcome === 'unreachable' ? last.code : undefined
  throw new CommandEnd(1, 'NOT_SENT_YET', reason, { document: { submissionId, cause } })
}

function setAside(
  damaged: readonly string[],
  { document, text }: { readonly document?: object; readonly text?: string },
): CommandEnd {
  const reason = `${damaged.length} of what waited was damaged, and is set aside in the spool's \`damaged\`: collect its file again`
  const told = { document: { ...document, damaged }, ...(text !== undefined && { text }) }
  return new CommandEnd(1, 'SPOOL_DAMAGED', reason, told)
}

const STAYS = 'it stays in the spool and is sent when that is lifted, by the next `collect`'

function onPassedOver(path: string): void {
  report(`${toldName(path)}: passed over: its name ends in none of ${ENDINGS}`)
}

async function watchOn(collecting: Collecting, options: CollectOptions): Promise<void> {
  const { watch: directory = '', layout, json } = options
  const ending = new AbortController()
  const { signal } = ending
  await scan(directory)
  const interrupted = interruption()
  report(`watching ${directory}; interrupt to end`)
  const files = new Map<string, string>()
  const collect = async (file: SeenFile) => {
    const head = await collectInto(collecting, file.path, { layout, seen: file })
    report(`${basename(file.path)}: ${head.layout}, waiting as ${head.submissionId}`)
    files.set(head.submissionId, basename(file.path))
    return head.submissionId
  }
  const onFault = async (path: string, fault: unknown) => {
    const { message, document } = fault instanceof CommandEnd ? fault : faultEnd(fault)
    report(`${toldName(path)}: ${message}`)
    if (json) await print(JSON.stringify({ file: toldName(path), ...document }))
  }
  const damaged: string[] = []
  const onAttempt = async (tried: Attempt) => {
    if (tried.outcome === 'damaged') damaged.push(tried.name)
    return tell(tried, { files, json })
  }
  const loops = Promise.all([
    watchDirectory({ directory, spool: collecting.spool, signal, collect, onFault, onPassedOver }),
    deliverAll(collecting, { signal, idles: true, onAttempt }),
  ])
  try {
    await Promise.race([loops, interrupted])
  } finally {
    ending.abort()
  }
  if (damaged.length > 0) throw setAside(damaged, {})
}

type Telling = {
  /** Names of what this process collected and has not told the end of, by the id of the submission. */
  readonly files: Map<string, string>
  readonly json: boolean | undefined
}

async function tell(tried: Attempt, { files, json }: Telling): Promise<true> {
  if (tried.outcome === 'damaged') {
    report(tried.end.message)
    return true
  }
  const { submissionId, layout } = tried.spooled.head
  const file = files.get(submissionId)
  if (tried.outcome === 'received') {
    const { pushed } = tried
    await print(json ? JSON.stringify({ file, ...pushed }) : describePushed(pushed))
    files.delete(submissionId)
  } else if (tried.outcome === 'refused') {
    report(refusalOf(tried))
    if (json) await print(JSON.stringify({ file, submissionId, layout, ...tried.end.document }))
    files.delete(submissionId)
  } else {
    report(`${submissionId} waits: ${tried.code}`)
  }
  return true
}

function refusalOf({ spooled, end }: Extract<Attempt, { outcome: 'refused' }>): string {
  return `${spooled.head.submissionId} refused: ${end.message}`
}

async function tryHere(file: string | undefined, options: CollectOptions): Promise<void> {
  const sender = await openSender(options)
  await withAdmission({ ...options, sender }, async (admissionOf) => {
    const trying = { ...options, admissionOf }
    return file === undefined ? tryDirectory(trying) : printDryRun(await dryRunOf(file, trying), options)
  })
}

type Trying = CollectOptions & { readonly admissionOf: AdmissionOf }

async function tryDirectory(options: Trying): Promise<void> {
  const { files, others } = await scan(options.watch ?? '')
  for (const path of others) onPassedOver(path)
  const tried: Tried[] = []
  for (const { path } of files) tried.push(await tryListed(path, options))
  const document = { dryRun: true, files: tried.map((each) => each.document) }
  const text = tried.map((each) => each.text).join('\n')
  const refused = tried.filter(({ isRefused }) => isRefused).length
  if (refused === 0) return print(options.json ? JSON.stringify(document) : text)
  const reason = `${refused} of ${tried.length} files would be refused whole`
  throw new CommandEnd(3, 'FILES_REFUSED', reason, { document, text })
}

type Tried = { readonly document: object; readonly text: string; readonly isRefused: boolean }

async function tryListed(path: string, options: Trying): Promise<Tried> {
  try {
    const document = await dryRunOf(path, options)
    return { document, text: describeDryRun(document), isRefused: wholeRefusal(document) !== undefined }
  } catch (fault) {
    if (!(fault instanceof CommandEnd)) throw fault
    const file = toldName(path)
    const document = { dryRun: true, file, untried: fault.document }
    return { document, text: `${file}: ${WOULD_BE} refused whole: ${fault.message}`, isRefused: true }
  }
}

async function dryRunOf(file: string, { layout: named, admissionOf }: Trying): Promise<FileDryRun> {
  const sent = await findLocalFile(file)
  const layout = await chooseLayout(sent, named)
  return dryRun(sent, layout, { admissionOf, outcomes: ['refused', 'unresolved'], limit: LISTED_PLACES })
}
