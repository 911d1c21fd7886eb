import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { Argument, Command } from 'commander'
import { z } from 'zod'
import { datasetSchema, filesSchema, publicationSchema } from '../../shared/api/datasets.ts'
import { datasetNames } from '../../shared/datasets/keys.ts'
import { type Manifest, manifestSchema } from '../../shared/datasets/manifest.ts'
import { type Quality, qualitySchema } from '../../shared/datasets/quality.ts'
import { type ClientOptions, clientCommand, parseSeconds, runClient } from '../command.ts'
import { CommandEnd, expectDone } from '../command-end.ts'
import { type ApiAnswer, report, type Session } from '../session.ts'

type Publication = z.infer<typeof publicationSchema>
type Files = z.infer<typeof filesSchema>

type PublishOptions = ClientOptions & {
  readonly force?: boolean
  readonly full?: boolean
  readonly acceptDrop?: boolean
  readonly acceptClock?: boolean
  readonly timeout: number
}

/** Who publishes and reads when no other principal is named. */
const STEWARD = 'steward'
const PUBLISH = { may: 'dataset:publish', as: STEWARD } as const
const READ = { may: 'dataset:read', as: STEWARD } as const

function datasetArgument(): Argument {
  return new Argument('<name>', 'the dataset').choices(datasetNames)
}

export function datasetCommand(): Command {
  const publish = clientCommand('publish', 'Publish the next version, if anything has changed', PUBLISH)
    .addArgument(datasetArgument())
    .option('--force', 'a new version although nothing has changed')
    .option(
      '--full',
      'build every bucket from the ledger; with --force, take back a clock that was far ahead',
    )
    .option('--accept-drop', 'let a version through that has far fewer rows')
    .option('--accept-clock', 'let a version through whose clock is far ahead of all before')
    .option('--timeout <seconds>', 'how long to wait where it runs elsewhere', parseSeconds, TIMEOUT_SECONDS)
    .action((name: string, options: PublishOptions) =>
      runClient(options, (session) => publishDataset(session, name, options), describePublication),
    )
  const list = clientCommand('list', 'The datasets there are', READ).action((options: ClientOptions) =>
    runClient(
      options,
      async (session) => {
        const answer = await session.call({ method: 'GET', path: '/v1/datasets', as: options.as })
        return expectDone(answer, z.array(datasetSchema))
      },
      (list) => list.map(describeDataset).join('\n'),
    ),
  )
  const files = clientCommand('files', "A version's files, each with a link", READ)
    .addArgument(datasetArgument())
    .option('--version <number>', 'the version (default: the latest)')
    .action((name: string, options: ClientOptions & { version?: string }) =>
      runClient(options, (session) => listFiles(session, name, options), describeFiles),
    )
  return new Command('dataset')
    .description('Publish and read datasets')
    .addCommand(publish)
    .addCommand(list)
    .addCommand(files)
    .addCommand(documentCommand('manifest', manifest))
    .addCommand(documentCommand('quality', quality))
}

type Document<Schema extends z.ZodType> = {
  readonly summary: string
  readonly schema: Schema
  readonly describe: (document: z.infer<Schema>) => string
}

const manifest = {
  summary: 'Everything about a version but its rows',
  schema: manifestSchema,
  describe: (document: Manifest) => JSON.stringify(document, null, 2),
}

const quality = {
  summary: 'What failed each check of a version, and where',
  schema: qualitySchema,
  describe: describeQuality,
}

function documentCommand<Schema extends z.ZodType>(
  name: 'manifest' | 'quality',
  { summary, schema, describe }: Document<Schema>,
): Command {
  return clientCommand(name, summary, READ)
    .addArgument(datasetArgument())
    .option('--version <number>', 'the version (default: the latest)')
    .action((dataset: string, options: ClientOptions & { version?: string }) =>
      runClient(
        options,
        async (session) => {
          const path = `${versionPath(dataset, options.version)}/${name}`
          return expectDone(await session.call({ method: 'GET', path, as: options.as }), schema)
        },
        describe,
      ),
    )
}

function describeQuality({ dataset, version, rows, checks }: Quality): string {
  const lines = checks.map(({ id, severity, failing, accepted, en }) => {
    const verdict = failing === 0 ? 'passed' : `${failing} failing${accepted ? ', accepted' : ''}`
    return `  ${severity}  ${id}: ${verdict}  (${en})`
  })
  return [`${dataset} version ${version}, ${rows} rows`, ...lines].join('\n')
}

async function publishDataset(session: Session, name: string, options: PublishOptions): Promise<Publication> {
  const { force = false, full = false, acceptDrop = false, acceptClock = false, as, timeout } = options
  report(`publishing ${name}`)
  const path = `/v1/datasets/${encodeURIComponent(name)}/versions`
  const json = { force, full, acceptDrop, acceptClock }
  const answer = await session.call({ method: 'POST', path, as, json })
  const published = await untilPublished(session, { as, started: answer, timeoutSeconds: timeout })
  return expectDone(published, publicationSchema)
}

type Started = { readonly as: string; readonly started: ApiAnswer; readonly timeoutSeconds?: number }

/** Waits for the outcome of a publication that runs elsewhere. */
export async function untilPublished(session: Session, waiting: Started): Promise<ApiAnswer> {
  const { as, started, timeoutSeconds = TIMEOUT_SECONDS } = waiting
  if (started.status !== 202) return started
  const { publication: path } = started.body as { publication: string }
  const deadline = performance.now() + timeoutSeconds * 1_000
  for (;;) {
    const answer = await session.call({ method: 'GET', path, as })
    if (answer.status !== 404) return answer
    if (performance.now() > deadline) {
      const reason = `under way after ${timeoutSeconds} s; nothing is lost: \`dataset list\` tells when there is a newer version`
      throw new CommandEnd(1, 'NOT_PUBLISHED_YET', reason, { document: { publication: path } })
    }
    await sleep(POLL_MS)
  }
}

/** As long as a stack lets a publication run; one that was ended for it leaves no outcome to wait for. */
const TIMEOUT_SECONDS = 6 * 3_600
const POLL_MS = 500

export async function listFiles(
  session: Session,
  name: string,
  { as, version }: { readonly as: string; readonly version?: string | undefined },
): Promise<Files> {
  const path = `${versionPath(name, version)}/files`
  return expectDone(await session.call({ method: 'GET', path, as }), filesSchema)
}

function versionPath(name: string, version = 'latest'): string {
  if (version !== 'latest' && !/^[1-9]\d*$/.test(version))
    throw new CommandEnd(2, 'VERSION_INVALID', 'a number is wanted')
  return `/v1/datasets/${encodeURIComponent(name)}/versions/${version}`
}

export function describePublication({ outcome, version }: Publication): string {
  const { dataset, rows, files, ledgerSize, validAt } = version
  return [
    `${dataset} version ${version.version} (${outcome}): ${rows} rows in ${files} files`,
    `  as of ledger size ${ledgerSize}, valid at ${validAt}, manifest sha256 ${version.manifestSha256}`,
  ].join('\n')
}

function describeDataset({ name, title, latest }: z.infer<typeof datasetSchema>): string {
  return `${name}  ${title.en}  ${latest === null ? 'not published yet' : `version ${latest.version}, ${latest.rows} rows`}`
}

/** The files, and last a line that DuckDB reads as it is. */
function describeFiles({ manifest, files }: Files): string {
  const lines = files.map(({ link, rows, sha256 }) => `  ${rows} rows  ${sha256.slice(0, 16)}  ${link}`)
  const head = `version ${manifest.version}: ${manifest.rows} rows in ${files.length} files`
  return [head, ...lines, duckDbQuery(files)].join('\n')
}

/** Over all files of a version. Without hive partitioning: the folders' `bucket=0` would become a column of its own. */
export function duckDbQuery(files: Files['files']): string {
  const paths = files.map(({ link }) => `'${addressOf(link).replaceAll("'", "''")}'`)
  const columns = 'uscc, name, len(licences) AS licences, len(penalties) AS penalties'
  return `SELECT ${columns} FROM read_parquet([${paths.join(', ')}], hive_partitioning = false) LIMIT 5;`
}

/** A local file by its path, any other by its link: what readers of Parquet take. */
export function addressOf(link: string): string {
  return link.startsWith('file:') ? fileURLToPath(link) : link
}
