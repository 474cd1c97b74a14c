import type * as z from 'zod/mini'
import { problemSchema } from './answers.ts'

/** What the gate said; `refused`: it is there, and this is not for us. */
export type Reading<Value> =
  | { readonly kind: 'answer'; readonly value: Value }
  | { readonly kind: 'signedOut' }
  | { readonly kind: 'refused' }
  | { readonly kind: 'nothing' }

export type GateReader = <Schema extends z.ZodMiniType>(
  path: string,
  schema: Schema,
) => Promise<Reading<z.output<Schema>>>

const timeoutMs = 30_000

/** Reads from the gate's API with the session of the page; never throws. */
export const readGate: GateReader = async (path, schema) => {
  const abort = new AbortController()
  const timer = setTimeout(() => abort.abort(), timeoutMs)
  try {
    const response = await fetch(`/gatehouse/api/v1/${path}`, {
      credentials: 'same-origin',
      cache: 'no-store',
      redirect: 'error',
      headers: { accept: 'application/json' },
      signal: abort.signal,
    })
    if (response.status === 401) return { kind: 'signedOut' }
    if (!response.ok) return { kind: response.status < 500 ? 'refused' : 'nothing' }
    const parsed = schema.safeParse(await response.json())
    return parsed.success ? { kind: 'answer', value: parsed.data } : { kind: 'nothing' }
  } catch {
    // No connection, or no answer of ours: the badge keeps what it last knew.
    return { kind: 'nothing' }
  } finally {
    clearTimeout(timer)
  }
}

/** Takes a job of one's own out of the line; the gate's events tell whether it went. */
export function cancelJob(id: string): void {
  const path = `/gatehouse/api/v1/jobs/${encodeURIComponent(id)}`
  fetch(path, { method: 'DELETE', credentials: 'same-origin', redirect: 'error' }).catch(() => {
    // No connection: the job stays where it is, and so does its line in the panel.
  })
}

/** @returns undefined when it was taken, otherwise why not, in words */
export async function saveDraft(body: unknown): Promise<string | undefined> {
  try {
    const response = await fetch('/gatehouse/api/v1/workflows/drafts', {
      method: 'POST',
      credentials: 'same-origin',
      redirect: 'error',
      headers: { accept: 'application/json', 'content-type': 'application/json' },
      body: JSON.stringify(body),
    })
    if (response.ok) return undefined
    return problemSchema.safeParse(await response.json()).data?.detail ?? NO_ANSWER
  } catch {
    // No connection, or no answer of ours.
    return NO_ANSWER
  }
}

const NO_ANSWER = 'Gatehouse does not answer. Try again in a moment.'
