import { envelopeSchema } from '../ingest/envelope.ts'
import { caseRequestSchema } from './case-schema.ts'
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

/** `GET /openapi.json`: the document of the whole API, wherever its routes are mounted. */
export function addOpenapi(api: Routes, whole: Routes): void {
  whole.openAPIRegistry.registerComponent('securitySchemes', 'bearer', {
    type: 'http',
    scheme: 'bearer',
    bearerFormat: 'JWT',
  })
  // A copy: only what is made after the library was loaded can be registered, and others may load the room before us
  whole.openAPIRegistry.register('Submission', envelopeSchema.clone())
  whole.openAPIRegistry.register('CaseRequest', caseRequestSchema)
  // Open to anybody, so made once: describing every schema anew takes longer than any other answer
  let document: ReturnType<Routes['getOpenAPI31Document']> | undefined
  // Not by `doc31`: that answers a fault of its own, past our problems and our log
  api.get('/openapi.json', (context) => {
    document ??= whole.getOpenAPI31Document(about)
    return context.json(document)
  })
}
