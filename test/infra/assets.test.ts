import { readdirSync, readFileSync, statSync } from 'node:fs'
import { isBuiltin } from 'node:module'
import { join } from 'node:path'
import { build } from 'esbuild'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { deploymentFiles, ROOT } from '../../infra/deployment.ts'
import { functionNames } from '../../shared/names.ts'
import { assetOf, computing, importMs, plain, reading } from './assets.ts'
import { type Synthesized, synthesize } from './templates.ts'

// DuckDB comes from the registry, once for each of three functions
const BUNDLING_TIMEOUT_MS = 300_000

let app: Synthesized
beforeAll(async () => {
  app = await synthesize({ isBundled: true })
}, BUNDLING_TIMEOUT_MS)
afterAll(() => app.close())

const MIB = 1024 * 1024

describe("a function's asset", () => {
  test.each(functionNames)('of %s holds its bundle, what was deployed with it, and nothing else', (name) => {
    const files = ['index.mjs', 'divisions.csv', ...deploymentFiles]
    const modules = [...computing, ...reading].includes(name) ? ['node_modules'] : []
    expect(readdirSync(assetOf(app, name)).sort()).toEqual([...files, ...modules].sort())
    const deployed = readFileSync(join(assetOf(app, name), 'authorities.json'), 'utf8')
    expect(deployed).toBe(readFileSync(join(app.directory, 'authorities.json'), 'utf8'))
  })

  test.each(plain)('of %s starts by itself: the SDK is inside', async (name) => {
    // How long it took is no matter for a test; `npm run bench -- bundles` records it
    expect(await importMs(app, name)).toBeGreaterThan(0)
  })

  test.each(functionNames)(
    'of %s asks for no package from outside, but for DuckDB where it computes, and for SheetJS once a workbook comes',
    async (name) => {
      const { metafile } = await build({
        ...{
          entryPoints: [join(assetOf(app, name), 'index.mjs')],
          bundle: true,
          platform: 'node',
          format: 'esm',
        },
        ...{ packages: 'external', external: ['node:*'], write: false, metafile: true, logLevel: 'silent' },
      })
      const imports = Object.values(metafile.outputs).flatMap((output) => output.imports)
      const packages = imports.filter(({ path }) => !isBuiltin(path))
      const atOnce = packages.filter(({ kind }) => kind !== 'dynamic-import').map(({ path }) => path)
      expect([...new Set(atOnce)]).toEqual(computing.includes(name) ? ['@duckdb/node-api'] : [])
      const later = packages.filter(({ kind }) => kind === 'dynamic-import').map(({ path }) => path)
      expect(['@e965/xlsx']).toEqual(expect.arrayContaining(later))
    },
  )

  test.each(computing)("of %s holds DuckDB's binding for arm64, and for nothing else", (name) => {
    const bindings = readdirSync(join(assetOf(app, name), 'node_modules', '@duckdb'))
    expect(bindings.sort()).toEqual(['node-api', 'node-bindings', 'node-bindings-linux-arm64'])
    const folder = join(assetOf(app, name), 'node_modules', '@duckdb', 'node-bindings-linux-arm64')
    const header = readFileSync(join(folder, 'duckdb.node')).subarray(0, 20)
    expect(header.subarray(0, 4).toString('latin1')).toBe('\x7fELF')
    expect(header.readUInt16LE(18)).toBe(AARCH64)
    expect(readdirSync(folder)).toContain('libduckdb.so')
  })

  test("holds DuckDB's release that package.json pins", () => {
    const { dependencies } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'))
    const folder = join(assetOf(app, 'build-bucket'), 'node_modules', '@duckdb', 'node-api')
    const { version } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'))
    expect(version).toBe(dependencies['@duckdb/node-api'])
  })

  test.each(reading)('of %s holds SheetJS, as package.json pins it', async (name) => {
    const folder = join(assetOf(app, name), 'node_modules', '@e965', 'xlsx')
    const pinned = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')).dependencies['@e965/xlsx']
    const excel = (await import(join(folder, 'xlsx.mjs'))) as { readonly version: string }
    expect(excel.version).toBe(pinned)
  })

  test('of the API is at most 1.5 MiB of JavaScript', () => {
    const { size } = statSync(join(assetOf(app, 'api-data'), 'index.mjs'))
    expect(size).toBeLessThanOrEqual(1.5 * MIB)
  })

  test('is no larger than Lambda takes unpacked', () => {
    for (const name of functionNames) expect(sizeOf(assetOf(app, name)), name).toBeLessThan(250 * MIB)
  })
})

describe("what takes zod's place in the bundles", () => {
  test('has each of its names but those that lead to its languages', async () => {
    const names = (module: object) => Object.keys(module)
    const [whole, ours] = [
      names(await import('zod')),
      names(await import('../../infra/zod-without-locales.ts')),
    ]
    expect(whole.filter((name) => !ours.includes(name)).sort()).toEqual(['core', 'default', 'locales'])
  })
})

/** The machine of an ELF file (its header's e_machine). */
const AARCH64 = 0xb7

function sizeOf(path: string): number {
  const entries = readdirSync(path, { withFileTypes: true, recursive: true })
  return entries
    .filter((entry) => entry.isFile())
    .reduce((sum, entry) => sum + statSync(join(entry.parentPath, entry.name)).size, 0)
}
