import { envelopeSchema } from '../ingest/envelope.ts'
import { caseRequestSchema } from './case-document.ts'
import type { Routes } from './routes.ts'

const about = {
  openapi: '3.1.0',
  info: {
    title: 'credit-fusion',
    version: '1',
    description: 'Records of organisations: received, joined, published, disclosed.',
  },
  security: [{ bearer: [] }],
}

/** `GET /openapi.json`: the document of every route that is on the API when it is asked for. */
export function addDocument(api: Routes): void {
  api.openAPIRegistry.registerComponent('securitySchemes', 'bearer', {
    type: 'http',
    scheme: 'bearer',
    bearerFormat: 'JWT',
  })
  // A copy: only what is made after the library was loaded can be registered, and others may load the room before us
  api.openAPIRegistry.register('Submission', envelopeSchema.clone())
  api.openAPIRegistry.register('CaseRequest', caseRequestSchema)
  // Not by `doc31`: that answers a fault of its own, past our problems and our log
  api.get('/openapi.json', (context) => context.json(api.getOpenAPI31Document(about)))
}
