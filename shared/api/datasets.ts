import { randomUUID } from 'node:crypto'
import { createRoute, z } from '@hono/zod-openapi'
import type { Context } from 'hono'
import { datasetNames, datasets } from '../datasets/keys.ts'
import { linkFiles } from '../datasets/linked-version.ts'
import { dataFileSchema, manifestSchema } from '../datasets/manifest.ts'
import { findPublication } from '../datasets/publication.ts'
import type { Publication, PublishOptions } from '../datasets/publish.ts'
import { qualitySchema } from '../datasets/quality.ts'
import {
  findVersion,
  latestSchema,
  listVersions,
  readManifest,
  readQuality,
  type VersionRow,
  versionRowSchema,
} from '../datasets/store.ts'
import type { World } from '../ports.ts'
import { tellOfAccess } from './access.ts'
import { BODY_PROBLEMS, problem, problemResponses } from './problem.ts'
import { addRoute, json, newRoutes, type Routes } from './routes.ts'

/** How long a link to a file holds. */
const LINK_TTL_SECONDS = 900

const datasetParams = z.object({ dataset: z.enum(datasetNames) })
const versionParams = datasetParams.extend({
  version: z.union([z.literal('latest'), z.coerce.number().int().min(1)]),
})

export const datasetSchema = z
  .object({
    name: z.string(),
    title: z.object({ zh: z.string(), en: z.string() }),
    latest: versionRowSchema.nullable(),
  })
  .openapi('Dataset')

const listRoute = createRoute({
  method: 'get',
  path: '/datasets',
  operationId: 'listDatasets',
  summary: 'The datasets there are, each with its latest version',
  responses: {
    200: { description: 'All of them', content: json(z.array(datasetSchema)) },
    ...problemResponses(),
  },
})

const versionsRoute = createRoute({
  method: 'get',
  path: '/datasets/{dataset}/versions',
  operationId: 'listVersions',
  summary: 'The versions of a dataset, oldest first',
  request: { params: datasetParams },
  responses: {
    200: { description: 'All of them', content: json(z.array(versionRowSchema)) },
    ...problemResponses(400),
  },
})

export const filesSchema = z.object({
  manifest: manifestSchema,
  files: z.array(dataFileSchema.safeExtend({ link: z.string() })),
})

const documentRoute = <Schema extends z.ZodType>(
  name: 'manifest' | 'quality',
  schema: Schema,
  summary: string,
) =>
  createRoute({
    method: 'get',
    path: `/datasets/{dataset}/versions/{version}/${name}`,
    operationId: `read${name === 'manifest' ? 'Manifest' : 'Quality'}`,
    summary,
    request: { params: versionParams },
    responses: { 200: { description: 'The document', content: json(schema) }, ...problemResponses(400, 404) },
  })

const manifestRoute = documentRoute('manifest', manifestSchema, 'Everything about a version but its rows')
const qualityRoute = documentRoute('quality', qualitySchema, 'What failed each check of a version, and where')

const filesRoute = createRoute({
  method: 'get',
  path: '/datasets/{dataset}/versions/{version}/files',
  operationId: 'listFiles',
  summary: "A version's manifest, and a link to each of its files that holds for a quarter of an hour",
  request: { params: versionParams },
  responses: {
    200: { description: 'Manifest and files', content: json(filesSchema) },
    ...problemResponses(400, 404),
  },
})

export const publicationSchema = z.strictObject({
  outcome: z.enum(['published', 'unchanged', 'superseded']),
  version: versionRowSchema,
  built: z
    .enum(['full', 'incremental'])
    .optional()
    .openapi({ description: 'How one that is published was made' }),
  confirmed: latestSchema.shape.confirmed
    .optional()
    .openapi({ description: 'Where one that is unchanged was found to hold still' }),
})

const startedSchema = z.object({
  outcome: z.literal('started'),
  commitId: z.string(),
  publication: z.string().openapi({ description: 'Where the outcome is, once there is one' }),
})

/** Publishes to the end, or sets a publication going whose outcome is asked for later. */
export type Publisher = (
  options: Omit<PublishOptions, 'onStep'>,
) => Promise<Publication | { readonly outcome: 'started' }>

const publishRoute = createRoute({
  method: 'post',
  path: '/datasets/{dataset}/versions',
  operationId: 'publishVersion',
  summary: 'Publish the next version, if it differs from the one that stands and passes the gates',
  request: {
    params: datasetParams,
    body: {
      required: true,
      content: json(
        z.strictObject({
          force: z.boolean().default(false),
          full: z.boolean().default(false),
          acceptDrop: z.boolean().default(false),
          acceptClock: z.boolean().default(false),
        }),
      ),
    },
  },
  responses: {
    200: { description: 'The version that stands', content: json(publicationSchema) },
    202: { description: 'Under way', content: json(startedSchema) },
    ...problemResponses(...BODY_PROBLEMS, 422),
  },
})

const outcomeRoute = createRoute({
  method: 'get',
  path: '/datasets/{dataset}/publications/{commitId}',
  operationId: 'readPublication',
  summary: 'What a publication that was set going has come to',
  request: { params: datasetParams.extend({ commitId: z.uuid() }) },
  responses: {
    200: { description: 'The version that stands', content: json(publicationSchema) },
    ...problemResponses(400, 404, 422, 500),
  },
})

export function datasetRoutes(world: World, publish: Publisher): Routes {
  const routes = newRoutes()
  addReading(routes, world)
  addDocuments(routes, world)
  addRoute(routes, { route: outcomeRoute, may: 'dataset:publish' }, async (context) => {
    const outcome = await findPublication(world.objects, context.req.valid('param'))
    if (outcome === undefined) return problem(context, { status: 404, code: 'NOT_FOUND' })
    if (outcome.outcome === 'failed') return problem(context, { status: 500, code: 'PUBLICATION_FAILED' })
    return answer(context, outcome)
  })
  addRoute(routes, { route: publishRoute, may: 'dataset:publish' }, async (context) => {
    const { dataset } = context.req.valid('param')
    const commitId = randomUUID()
    const publication = await publish({ dataset, commitId, ...context.req.valid('json') })
    if (publication.outcome !== 'started') return answer(context, publication)
    const path = `/v1/datasets/${dataset}/publications/${commitId}`
    return context.json(startedSchema.parse({ outcome: 'started', commitId, publication: path }), 202)
  })
  return routes
}

function answer(context: Context, publication: Publication): Response {
  if (publication.outcome !== 'gated') return context.json(publicationSchema.parse(publication), 200)
  const detail = describeGates(publication)
  const title = 'A quality gate stopped the version.'
  return problem(context, { status: 422, code: 'GATE_CLOSED', title, detail })
}

function describeGates({ findings }: Extract<Publication, { outcome: 'gated' }>): string {
  return findings.map((finding) => JSON.stringify(finding)).join(' ')
}

function addReading(routes: Routes, world: World): void {
  addRoute(routes, { route: listRoute, may: 'dataset:read' }, async (context) => {
    const list = datasetNames.map(async (name) => ({
      name,
      title: datasets[name],
      latest: (await findVersion(world, name, 'latest')) ?? null,
    }))
    return context.json(z.array(datasetSchema).parse(await Promise.all(list)), 200)
  })
  addRoute(routes, { route: versionsRoute, may: 'dataset:read' }, async (context) => {
    const rows: VersionRow[] = []
    for await (const row of listVersions(world.store, context.req.valid('param').dataset)) rows.push(row)
    return context.json(z.array(versionRowSchema).parse(rows), 200)
  })
  addRoute(routes, { route: filesRoute, may: 'dataset:read' }, async (context) => {
    const { dataset, version } = context.req.valid('param')
    const row = await findVersion(world, dataset, version)
    if (row === undefined) return problem(context, { status: 404, code: 'NOT_FOUND' })
    const { manifestSha256, files } = row
    const what = { dataset, version: row.version, manifestSha256, files, ttlSeconds: LINK_TTL_SECONDS }
    await tellOfAccess(world, context.get('actor'), { kind: 'dataset-files-linked', what })
    const linked = await linkFiles(world.objects, dataset, { row, ttlSeconds: LINK_TTL_SECONDS })
    return context.json(filesSchema.parse(linked), 200)
  })
}

function addDocuments(routes: Routes, world: World): void {
  addRoute(routes, { route: manifestRoute, may: 'dataset:read' }, async (context) => {
    const { dataset, version } = context.req.valid('param')
    const row = await findVersion(world, dataset, version)
    if (row === undefined) return problem(context, { status: 404, code: 'NOT_FOUND' })
    return context.json(await readManifest(world.objects, dataset, row), 200)
  })
  addRoute(routes, { route: qualityRoute, may: 'dataset:read' }, async (context) => {
    const { dataset, version } = context.req.valid('param')
    const row = await findVersion(world, dataset, version)
    if (row === undefined) return problem(context, { status: 404, code: 'NOT_FOUND' })
    return context.json(await readQuality(world.objects, dataset, row), 200)
  })
}
