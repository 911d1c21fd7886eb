import type { Json } from '../base/canonical.ts'
import type { Entry } from '../ports.ts'
import type { CaseEvent, Step } from './case.ts'

/** The entry of a case's event: its id names the event's place, so a case has one n-th entry. */
export function entryOf(id: string, event: CaseEvent): Entry {
  return {
    id: entryId(id, event.number),
    kind: `case-${event.step.kind}`,
    at: event.at,
    payload: { case: id, event: event.number, actor: event.actor, ...factsOf(event.step) },
  }
}

export function entryId(id: string, number: number): string {
  return `case:${id}:${number}`
}

/**
 * What the ledger says of a step: digests, codes and counts. Never an organisation, a purpose, a reason or an
 * instrument's number; those stay in the case's event, which can be erased.
 */
function factsOf(step: Step): Readonly<Record<string, Json>> {
  switch (step.kind) {
    case 'submitted': {
      const { authority, request, requestSha256, scopeSha256, recipientKeyThumbprint } = step
      return {
        ...{ authority, requestSha256, scopeSha256, recipientKeyThumbprint },
        legalBasis: request.legalBasis.code,
        instrumentSha256: request.instrument.sha256,
        counts: countsOf(request.scope),
      }
    }
    case 'approved': {
      const { place, requestSha256, scopeSha256, recipientKeyThumbprint } = step
      return { place, requestSha256, scopeSha256, recipientKeyThumbprint }
    }
    case 'narrowed': {
      const { scopeSha256, previousScopeSha256, scope } = step
      return { scopeSha256, previousScopeSha256, counts: countsOf(scope) }
    }
    case 'refused':
      return { code: step.code }
    case 'withdrawn':
      return {}
    case 'released':
      return { scopeSha256: step.scopeSha256, package: step.package }
    case 'downloaded':
      return { ciphertextSha256: step.ciphertextSha256 }
    case 'attempt-refused':
      return { command: step.command, code: step.code }
  }
}

function countsOf(scope: { organisations: readonly string[]; fields: readonly string[] }): Json {
  return { organisations: scope.organisations.length, fields: scope.fields.length }
}
