import { OpenAPIHono } from '@hono/zod-openapi'
import type { Actor } from '../base/actor.ts'
import { problem } from './problem.ts'

/** What every route is handed. */
export type ApiEnv = { Variables: { actor: Actor } }

export type Routes = OpenAPIHono<ApiEnv>

/** Routes that answer a request of the wrong form with a problem document naming the place of the fault. */
export function newRoutes(): Routes {
  return new OpenAPIHono<ApiEnv>({
    defaultHook: (result, context) => {
      if (result.success) return undefined
      const issue = result.error.issues[0]
      const path = `/${issue?.path.join('/') ?? ''}`
      return problem(context, {
        status: 400,
        code: 'REQUEST_MALFORMED',
        path,
        detail: ISSUES[issue?.code ?? ''] ?? 'not as described',
      })
    },
  })
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
