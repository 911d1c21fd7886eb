import { OpenAPIHono, type z } from '@hono/zod-openapi'
import type { Actor } from '../base/actor.ts'
import { jsonPointer } from '../base/pointer.ts'
import { isStorable } from './json.ts'
import { problem } from './problem.ts'

/** What every route is handed. */
export type ApiEnv = { Variables: { actor: Actor } }

export type Routes = OpenAPIHono<ApiEnv>

/** Routes that answer a request of the wrong form with a problem document naming the place of the fault. */
export function newRoutes(): Routes {
  return new OpenAPIHono<ApiEnv>({
    defaultHook: (result, context) => {
      const malformed = { status: 400, code: 'REQUEST_MALFORMED' } as const
      if (result.success) {
        if (result.target !== 'json' || isStorable(result.data)) return undefined
        return problem(context, { ...malformed, detail: 'nested too deep, or a lone surrogate in a text' })
      }
      const detail = ISSUES[result.error.issues[0]?.code ?? ''] ?? 'not as described'
      return problem(context, { ...malformed, path: pathOf(result.error), detail })
    },
  })
}

/** A JSON Pointer (RFC 6901) to the first fault, undefined where that is the whole; every name in it is one of ours. */
export function pathOf({ issues: [issue] }: z.ZodError): string | undefined {
  return jsonPointer(issue?.path ?? []) || undefined
}

// The codes of zod alone: its messages quote what was sent
const ISSUES: Readonly<Record<string, string>> = {
  invalid_type: 'of the wrong type, or missing',
  unrecognized_keys: 'a member that is not described',
  invalid_format: 'not of the form described',
  invalid_value: 'none of the values described',
  too_big: 'too large',
  too_small: 'too small',
}
