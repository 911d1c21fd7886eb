import { statSync } from 'node:fs'
import { join } from 'node:path'
import type { FunctionName } from '../shared/names.ts'
import { assetOf, importMs, plain } from '../test/infra/assets.ts'
import { synthesize } from '../test/infra/templates.ts'

/** What an import may take: it is the longer part of a cold start that is ours. */
const IMPORT_BUDGET_MS = 250

export type BundleBench = {
  readonly budgetMs: number
  readonly functions: readonly {
    readonly name: FunctionName
    readonly sizeMiB: number
    /** The best of some tries: what else a machine does only ever adds. */
    readonly importMs: number
  }[]
}

/** Measures the bundles that can be imported here; those with DuckDB have it for another architecture. */
export async function benchBundles({ tries }: { readonly tries: number }): Promise<BundleBench> {
  const app = await synthesize({ isBundled: true })
  try {
    const functions: BundleBench['functions'][number][] = []
    for (const name of plain) {
      const times: number[] = []
      for (let at = 0; at < tries; at++) times.push(await importMs(app, name))
      const { size } = statSync(join(assetOf(app, name), 'index.mjs'))
      functions.push({
        name,
        sizeMiB: rounded(size / 1024 ** 2),
        importMs: rounded(Math.min(...times)),
      })
    }
    return { budgetMs: IMPORT_BUDGET_MS, functions }
  } finally {
    await app.close()
  }
}

function rounded(value: number): number {
  return Number(value.toPrecision(3))
}
