import { join } from 'node:path'
import { Duration, Size, Stack } from 'aws-cdk-lib'
import { PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam'
import { Architecture, Runtime, Tracing } from 'aws-cdk-lib/aws-lambda'
import { type ICommandHooks, LogLevel, NodejsFunction, OutputFormat } from 'aws-cdk-lib/aws-lambda-nodejs'
import type { LogGroup } from 'aws-cdk-lib/aws-logs'
import type { Construct } from 'constructs'
import { type FunctionName, pascalCase } from '../shared/names.ts'
import { storageAccess } from './access.ts'
import { addAlarm } from './alarm.ts'
import { type Deployment, deploymentFiles, ROOT } from './deployment.ts'
import { addLog } from './log.ts'
import type { StorageStack } from './storage-stack.ts'

type Shape = {
  readonly timeoutSeconds: number
  readonly memoryMiB: number
  /** The file under functions/, where it is not of the function's own name. */
  readonly file?: 'api'
  /** Computes with DuckDB, whose native part is no JavaScript and lies beside the code. */
  readonly duckDb?: true
  /** Reads files, workbooks among them: the library for those is half a megabyte that the others do without. */
  readonly excel?: true
}

/** Of both mounts, which are one program. The gateway waits 30 s at most. */
const API: Shape = { timeoutSeconds: 29, memoryMiB: 1024, file: 'api', excel: true }

const shapes: Readonly<Record<FunctionName, Shape>> = {
  'receive-submission': { timeoutSeconds: 60, memoryMiB: 1024 },
  // Holds a workbook that expands to 128 MiB, or the digests of twenty million records
  'split-file': { timeoutSeconds: 900, memoryMiB: 3008, excel: true },
  'seal-ledger': { timeoutSeconds: 60, memoryMiB: 512 },
  'watch-ledger': { timeoutSeconds: 300, memoryMiB: 512 },
  'apply-entry': { timeoutSeconds: 300, memoryMiB: 1024 },
  'plan-version': { timeoutSeconds: 900, memoryMiB: 3008, duckDb: true },
  'build-bucket': { timeoutSeconds: 900, memoryMiB: 3008, duckDb: true },
  'commit-version': { timeoutSeconds: 300, memoryMiB: 1024, duckDb: true },
  'api-data': API,
  'api-cases': API,
  'fulfil-case': { timeoutSeconds: 25, memoryMiB: 1024 },
  'drain-dead-letters': { timeoutSeconds: 60, memoryMiB: 512 },
}

/** How long a function may run; what a queue's visibility follows from. */
export function timeoutOf(name: FunctionName): Duration {
  return Duration.seconds(shapes[name].timeoutSeconds)
}

export type FunctionOptions = {
  readonly deployment: Deployment
  readonly storage: StorageStack
  readonly environment: Readonly<Record<string, string>>
}

/** A function with a role of its own that reaches what access.ts says, and a log of its own. */
export function addFunction(scope: Construct, name: FunctionName, options: FunctionOptions): NodejsFunction {
  const { deployment, storage, environment } = options
  const { timeoutSeconds: _, memoryMiB, file, ...beside } = shapes[name]
  const id = pascalCase(name)
  const logGroup = addLog(scope, `${id}Log`, { deployment, storage })
  const role = addRole(scope, `${id}Role`, logGroup)
  for (const statement of storageAccess(name, storage)) role.addToPolicy(statement)
  const created = new NodejsFunction(scope, id, {
    entry: join(ROOT, 'functions', `${file ?? name}.ts`),
    handler: 'handler',
    runtime: Runtime.NODEJS_24_X,
    architecture: deployment.architecture,
    ...{ role, logGroup, memorySize: memoryMiB, timeout: timeoutOf(name) },
    // DuckDB spills there what it cannot hold
    ephemeralStorageSize: Size.gibibytes(beside.duckDb ? 4 : 0.5),
    tracing: Tracing.ACTIVE,
    environment: { ...environment, FUNCTION_NAME: name },
    depsLockFilePath: join(ROOT, 'package-lock.json'),
    projectRoot: ROOT,
    bundling: {
      format: OutputFormat.ESM,
      target: 'node24',
      mainFields: ['module', 'main'],
      minify: true,
      logLevel: LogLevel.WARNING,
      // Some of what is bundled is CommonJS and asks for node's own modules by require
      banner: "import{createRequire}from'node:module';const require=createRequire(import.meta.url);",
      // Imported when the first workbook comes, and so by no function that none comes to
      externalModules: [EXCEL, ...(beside.duckDb ? [DUCKDB] : [])],
      esbuildArgs: { '--alias:zod': ZOD },
      commandHooks: hooks(deployment, beside),
    },
  })
  const errors = created.metricErrors({ period: Duration.minutes(5) })
  const heading = 'A function fails'
  addAlarm(created, 'Failing', { metric: errors, threshold: 1, heading, topic: storage.alarms })
  return created
}

function addRole(scope: Construct, id: string, logGroup: LogGroup): Role {
  const role = new Role(scope, id, { assumedBy: new ServicePrincipal('lambda.amazonaws.com') })
  role.addToPolicy(
    new PolicyStatement({
      actions: ['logs:CreateLogStream', 'logs:PutLogEvents'],
      resources: [logGroup.logGroupArn],
    }),
  )
  return role
}

const ZOD = join(ROOT, 'infra', 'zod-without-locales.ts')

const DUCKDB = '@duckdb/node-api'
/** Also pinned in package.json: the registry has not every binding of every release. */
const DUCKDB_VERSION = '1.5.5-r.5'

/** With all that it needs. */
const DUCKDB_HERE = ['@duckdb', 'detect-libc'].map((name) => join(ROOT, 'node_modules', name))

const EXCEL = '@e965/xlsx'
const EXCEL_FILES = ['package.json', 'xlsx.mjs'].map((name) => join(ROOT, 'node_modules', EXCEL, name))

/** Read by identity/division.ts from beside the code. */
const DIVISIONS = join(ROOT, 'shared', 'identity', 'divisions.csv')

type Beside = Pick<Shape, 'duckDb' | 'excel'>

// The deployment's files lie beside the code; so does DuckDB, for the architecture that it is to run on
function hooks({ directory, architecture, local }: Deployment, { duckDb, excel }: Beside): ICommandHooks {
  const cpu = architecture === Architecture.ARM_64 ? 'arm64' : 'x64'
  const copy = (paths: readonly string[], to: string) =>
    `cp -R ${[...paths, to].map((path) => JSON.stringify(path)).join(' ')}`
  const files = [...deploymentFiles.map((file) => join(directory, file)), DIVISIONS]
  const install = (out: string) =>
    `npm install --prefix ${JSON.stringify(out)} --no-save --no-package-lock --no-audit --no-fund ` +
    `--os=linux --libc=glibc --cpu=${cpu} ${DUCKDB}@${DUCKDB_VERSION}`
  // On the emulator functions run on this machine: what it has will do, and no registry is asked at each deployment
  const take = (out: string) => [
    `mkdir ${JSON.stringify(`${out}/node_modules`)}`,
    copy(DUCKDB_HERE, `${out}/node_modules`),
  ]
  const takeExcel = (out: string) => [
    `mkdir -p ${JSON.stringify(`${out}/node_modules/${EXCEL}`)}`,
    copy(EXCEL_FILES, `${out}/node_modules/${EXCEL}`),
  ]
  return {
    beforeBundling: () => [],
    beforeInstall: () => [],
    afterBundling: (_, out) => [
      copy(files, out),
      ...(duckDb ? (local ? take(out) : [install(out)]) : []),
      ...(excel ? takeExcel(out) : []),
    ],
  }
}

/** What a condition on `aws:PrincipalArn` is to list for a function: its role, which the emulator names by its sessions. */
export function principalArns({ role }: NodejsFunction): readonly string[] {
  if (role === undefined) throw new Error('a function without a role')
  const sessions = {
    service: 'sts',
    region: '',
    resource: 'assumed-role',
    resourceName: `${role.roleName}/*`,
  }
  return [role.roleArn, Stack.of(role).formatArn(sessions)]
}
