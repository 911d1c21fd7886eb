import { OpenAPIHono, type z } from '@hono/zod-openapi'
import type { Actor } from '../base/actor.ts'
import { describeForm } from '../base/form.ts'
import { isStorable } from '../base/json.ts'
import { jsonPointer } from '../base/pointer.ts'
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
      return problem(context, { ...malformed, ...faultOf(result.error) })
    },
  })
}

/** The first fault of a form: its place, as a JSON Pointer (RFC 6901) whose names are all ours, and the rule it broke. */
export function faultOf({ issues: [issue] }: z.ZodError): {
  readonly path?: string
  readonly detail?: string
} {
  if (issue === undefined) return {}
  const path = jsonPointer(issue.path)
  return { ...(path && { path }), detail: describeForm(issue) }
}
