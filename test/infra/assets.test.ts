import { execFile } from 'node:child_process'
import { readdirSync, readFileSync, statSync } from 'node:fs'
import { isBuiltin } from 'node:module'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { build } from 'esbuild'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { deploymentFiles, ROOT } from '../../infra/deployment.ts'
import { type FunctionName, functionNames, pascalCase } from '../../shared/names.ts'
import { environmentSchema } from '../../shared/settings.ts'
import { named, type Synthesized, synthesize } from './templates.ts'

const run = promisify(execFile)

// DuckDB comes from the registry, once for each of three functions
const BUNDLING_TIMEOUT_MS = 300_000

let app: Synthesized
beforeAll(async () => {
  app = await synthesize({ isBundled: true })
}, BUNDLING_TIMEOUT_MS)
afterAll(() => app.close())

const MIB = 1024 * 1024

/** Those that compute with DuckDB, whose native part is no JavaScript. */
const computing: readonly FunctionName[] = ['plan-version', 'build-bucket', 'commit-version']
const others = functionNames.filter((name) => !computing.includes(name))

describe("a function's asset", () => {
  test.each(functionNames)('of %s holds its bundle, what was deployed with it, and nothing else', (name) => {
    const files = ['index.mjs', 'divisions.csv', ...deploymentFiles]
    const modules = computing.includes(name) ? ['node_modules'] : []
    expect(readdirSync(assetOf(name)).sort()).toEqual([...files, ...modules].sort())
    const deployed = readFileSync(join(assetOf(name), 'authorities.json'), 'utf8')
    expect(deployed).toBe(readFileSync(join(app.directory, 'authorities.json'), 'utf8'))
  })

  test.each(others)('of %s starts by itself: the SDK is inside', async (name) => {
    const [index, environment] = [join(assetOf(name), 'index.mjs'), environmentOf(name)]
    const script = `const { handler } = await import(${JSON.stringify(index)}); console.log(typeof handler)`
    // Under another program's directory nothing of ours is found by a name
    const { stdout } = await run(process.execPath, ['--input-type=module', '--eval', script], {
      cwd: app.directory,
      env: environment,
    })
    expect(stdout).toBe('function\n')
  })

  test.each(functionNames)(
    'of %s asks for no package from outside, but for DuckDB where it computes',
    async (name) => {
      const { metafile } = await build({
        ...{ entryPoints: [join(assetOf(name), 'index.mjs')], bundle: true, platform: 'node', format: 'esm' },
        ...{ packages: 'external', external: ['node:*'], write: false, metafile: true, logLevel: 'silent' },
      })
      const imports = Object.values(metafile.outputs).flatMap((output) => output.imports)
      const packages = imports.map(({ path }) => path).filter((path) => !isBuiltin(path))
      expect([...new Set(packages)]).toEqual(computing.includes(name) ? ['@duckdb/node-api'] : [])
    },
  )

  test.each(computing)("of %s holds DuckDB's binding for arm64, and for nothing else", (name) => {
    const bindings = readdirSync(join(assetOf(name), 'node_modules', '@duckdb'))
    expect(bindings.sort()).toEqual(['node-api', 'node-bindings', 'node-bindings-linux-arm64'])
    const folder = join(assetOf(name), 'node_modules', '@duckdb', 'node-bindings-linux-arm64')
    const header = readFileSync(join(folder, 'duckdb.node')).subarray(0, 20)
    expect(header.subarray(0, 4).toString('latin1')).toBe('\x7fELF')
    expect(header.readUInt16LE(18)).toBe(AARCH64)
    expect(readdirSync(folder)).toContain('libduckdb.so')
  })

  test("holds DuckDB's release that package.json pins", () => {
    const { dependencies } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'))
    const folder = join(assetOf('build-bucket'), 'node_modules', '@duckdb', 'node-api')
    const { version } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'))
    expect(version).toBe(dependencies['@duckdb/node-api'])
  })

  test('of the API is at most 1.5 MiB of JavaScript', () => {
    const { size } = statSync(join(assetOf('api-data'), 'index.mjs'))
    expect(size).toBeLessThanOrEqual(1.5 * MIB)
  })

  test('is no larger than Lambda takes unpacked', () => {
    for (const name of functionNames) expect(sizeOf(assetOf(name)), name).toBeLessThan(250 * MIB)
  })
})

/** The machine of an ELF file (its header's e_machine). */
const AARCH64 = 0xb7

function assetOf(name: FunctionName): string {
  const { S3Key } = named(app.service, pascalCase(name)).properties['Code'] as { S3Key: string }
  return join(app.directory, 'cdk.out', `asset.${S3Key.replace('.zip', '')}`)
}

// The cases: the other mount begins with a look at its table
function environmentOf(name: FunctionName): Readonly<Record<string, string>> {
  const told = Object.keys(environmentSchema.shape).map((variable) => [variable, 'nowhere'] as const)
  return {
    ...Object.fromEntries(told.filter(([variable]) => variable !== 'SIGNING_KEY_ID')),
    FUNCTION_NAME: name === 'api-data' ? 'api-cases' : name,
    S3_PATH_STYLE: 'false',
    LAMBDA_TASK_ROOT: assetOf(name),
    AWS_REGION: 'eu-west-1',
  }
}

function sizeOf(path: string): number {
  const entries = readdirSync(path, { withFileTypes: true, recursive: true })
  return entries
    .filter((entry) => entry.isFile())
    .reduce((sum, entry) => sum + statSync(join(entry.parentPath, entry.name)).size, 0)
}
