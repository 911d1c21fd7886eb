import type { Objects } from '../ports.ts'
import type { DatasetName } from './keys.ts'
import type { DataFile, Manifest } from './manifest.ts'
import { readManifest, type VersionRow } from './store.ts'

/** A version with an address for each of its files, readable for a while by whoever holds it. */
export type LinkedVersion = {
  readonly manifest: Manifest
  readonly files: readonly (DataFile & { readonly link: string })[]
}

/** Throws what reading the manifest throws. */
export async function linkFiles(
  objects: Objects,
  dataset: DatasetName,
  { row, ttlSeconds }: { readonly row: VersionRow; readonly ttlSeconds: number },
): Promise<LinkedVersion> {
  const manifest = await readManifest(objects, dataset, row)
  const files = await Promise.all(
    manifest.files.map(async (file) => ({
      ...file,
      link: await objects.link({ area: 'datasets', path: file.path }, ttlSeconds),
    })),
  )
  return { manifest, files }
}
