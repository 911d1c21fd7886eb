import { z } from 'zod'
import { canonicalJson, type Json } from '../base/canonical.ts'
import type { Objects } from '../ports.ts'
import { datasetNames, publicationKey } from './keys.ts'
import type { Publication } from './publish.ts'

export const publicationNameSchema = z.strictObject({
  dataset: z.enum(datasetNames),
  commitId: z.uuid(),
})
/** What names a publication under way. */
export type PublicationName = z.infer<typeof publicationNameSchema>

/** What a publication in steps came to; `failed`: its steps gave up, and it can be tried again. */
export type EndedPublication = Publication | { readonly outcome: 'failed' }

/**
 * Leaves what a publication came to. The first that is left stands, but word that it failed: a commit that was under
 * way when it was given up may have gone through.
 */
export async function putPublication(
  objects: Objects,
  name: PublicationName,
  outcome: EndedPublication,
): Promise<void> {
  const key = publicationKey(name, 'outcome.json')
  const body = Buffer.from(canonicalJson(outcome as unknown as Json))
  if ((await objects.put(key, body, 'absent')) === 'stored') return
  const found = await objects.find(key)
  if (found !== undefined && parseEnded(found.body).outcome === 'failed')
    await objects.put(key, body, { tag: found.tag })
}

/** What a publication came to; undefined while it is under way, or where there was none of that name. */
export async function findPublication(
  objects: Objects,
  name: PublicationName,
): Promise<EndedPublication | undefined> {
  const found = await objects.find(publicationKey(name, 'outcome.json'))
  return found && parseEnded(found.body)
}

function parseEnded(body: Uint8Array): EndedPublication {
  return JSON.parse(Buffer.from(body).toString('utf8'))
}
