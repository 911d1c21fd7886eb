import { OpenAPIHono, type RouteConfig, type RouteHandler, type z } from '@hono/zod-openapi'
import type { Context } from 'hono'
import type { Actor } from '../base/actor.ts'
import { describeForm } from '../base/form.ts'
import { jsonPointer } from '../base/json-pointer.ts'
import { isStorable } from '../base/nesting.ts'
import { type Action, may } from '../principals/may.ts'
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

/** The roles of a route: those that may do what is named, or one of several things. */
type Guarded<Route> = { readonly route: Route; readonly may: Action | readonly Action[] }

type ContextOf<Route extends RouteConfig> = Parameters<RouteHandler<Route, ApiEnv>>[0]

/**
 * Adds a route for those who may do what it does; to all others it is `FORBIDDEN`. What it answers is held to the
 * schemas by parsing; the library would have the type of each status and body besides.
 */
export function addRoute<Route extends RouteConfig>(
  routes: Routes,
  { route, may: actions }: Guarded<Route>,
  answer: (context: ContextOf<Route>) => Response | Promise<Response>,
): void {
  const handler = (context: ContextOf<Route>) =>
    [actions].flat().some((action) => may(context.get('actor'), action)) ? answer(context) : forbid(context)
  routes.openapi(route, handler as never)
}

/** Answers whoever may not do it. */
export function forbid(context: Context): Response {
  return problem(context, { status: 403, code: 'FORBIDDEN' })
}

/** A body of JSON, as a route describes it. */
export function json<Schema extends z.ZodType>(schema: Schema) {
  return { 'application/json': { schema } }
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
