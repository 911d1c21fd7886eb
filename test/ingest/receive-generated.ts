import { submissionHeadSchema } from '../../shared/ingest/envelope.ts'
import { findLayout } from '../../shared/ingest/layouts/registry.ts'
import { receiveSubmission } from '../../shared/ingest/receive.ts'
import { authorities, openTestWorld } from '../records/world.ts'
import { type GeneratedFormat, generateFile, packed } from './generated-file.ts'

// A process of its own, so that its memory is that of receiving one file: node receive-generated.ts csv|csv.gz|… <MB>
const [name = 'csv', megabytes = '100'] = process.argv.slice(2)
const format = name.replace('.gz', '') as GeneratedFormat
const world = openTestWorld()
// What is stored is gone: memory holds what receiving holds
const objects = { ...world.objects, put: async () => 'stored' as const }
const head = submissionHeadSchema.parse({
  schemaVersion: '1',
  submissionId: 's1',
  layout: findLayout('licence-2018')?.name,
  sentAt: '2026-05-01T00:00:00Z',
})

const begin = performance.now()
const plain = generateFile(format, Number(megabytes) * 1_000_000)
const bytes = name.endsWith('.gz') ? packed(plain) : plain
const [authority] = authorities
if (authority === undefined) throw new Error('no authority')
const received = await receiveSubmission({ ...world, objects }, { authority, head, file: { format, bytes } })
world.close()
const draft = received.outcome === 'received' ? received.draft : undefined
const seconds = (performance.now() - begin) / 1_000
const peakBytes = process.resourceUsage().maxRSS * 1_024
process.stdout.write(
  JSON.stringify({
    outcome: received.outcome,
    refusal: draft?.refusal,
    accepted: draft?.accepted,
    sizeBytes: draft?.sizeBytes,
    peakBytes,
    seconds,
  }),
)
