import { envelopeSchema } from '../ingest/envelope.ts'
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

/** `GET /openapi.json`: the document of every route that is on the API when it is first asked for. */
export function addDocument(api: Routes): void {
  api.openAPIRegistry.registerComponent('securitySchemes', 'bearer', {
    type: 'http',
    scheme: 'bearer',
    bearerFormat: 'JWT',
  })
  api.openAPIRegistry.register('Submission', envelopeSchema)
  // Open to anybody, so made once: describing every schema anew takes longer than any other answer
  let document: ReturnType<Routes['getOpenAPI31Document']> | undefined
  // Not by `doc31`: that answers a fault of its own, past our problems and our log
  api.get('/openapi.json', (context) => {
    document ??= api.getOpenAPI31Document(about)
    return context.json(document)
  })
}
