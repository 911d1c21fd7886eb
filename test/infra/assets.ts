import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { type FunctionName, functionNames, pascalCase } from '../../shared/names.ts'
import { environmentSchema } from '../../shared/settings.ts'
import { named, type Synthesized } from './templates.ts'

const run = promisify(execFile)

/** Those that compute with DuckDB, whose native part is no JavaScript and is there for one architecture. */
export const computing: readonly FunctionName[] = ['plan-version', 'build-bucket', 'commit-version']
/** Those that read files; the library for workbooks lies beside their code. */
export const reading: readonly FunctionName[] = ['split-file', 'api-data', 'api-cases']
export const plain = functionNames.filter((name) => !computing.includes(name))

/** Where a function's asset lies. */
export function assetOf({ service, directory }: Synthesized, name: FunctionName): string {
  const { S3Key } = named(service, pascalCase(name)).properties['Code'] as { S3Key: string }
  return join(directory, 'cdk.out', `asset.${S3Key.replace('.zip', '')}`)
}

/** Imports a function's bundle in a process of its own, as Lambda does; answers how long that took. */
export async function importMs(app: Synthesized, name: FunctionName): Promise<number> {
  const asset = assetOf(app, name)
  const { stdout } = await run(process.execPath, ['--input-type=module', '--eval', IMPORTING], {
    // Under another program's directory nothing of ours is found by a name
    cwd: app.directory,
    env: { ...environmentOf(name), LAMBDA_TASK_ROOT: asset, BUNDLE: join(asset, 'index.mjs') },
  })
  return Number(stdout)
}

const IMPORTING = `const start = performance.now()
  const { handler } = await import(process.env.BUNDLE)
  console.log(typeof handler === 'function' ? performance.now() - start : 'no handler')`

// Of the API the cases: the other mount begins with a look at its table
function environmentOf(name: FunctionName): Readonly<Record<string, string>> {
  const wanted = Object.keys(environmentSchema.shape).filter(
    (variable) => !variable.endsWith('SIGNING_KEY_ID'),
  )
  return {
    ...Object.fromEntries(wanted.map((variable) => [variable, 'nowhere'])),
    FUNCTION_NAME: name === 'api-data' ? 'api-cases' : name,
    S3_PATH_STYLE: 'false',
    AWS_REGION: 'eu-west-1',
  }
}
