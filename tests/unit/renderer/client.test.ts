import { QueryClient } from '@tanstack/react-query'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { z } from 'zod'
import { aboutField, ApiError, errorMessage, fieldMessage } from '../../../renderer/api/apiError.ts'
import { noAnswer, request, requestAll } from '../../../renderer/api/client.ts'
import { applyGateEvent, parseGateEvent } from '../../../renderer/api/gateEvents.ts'
import { queryKeys } from '../../../renderer/api/queryKeys.ts'

interface Call {
  readonly url: string
  readonly init: RequestInit
}

/** Stands for the network, the browser's edge: everything behind it is ours and real. */
function answerWith(...answers: readonly (Response | Error)[]): Call[] {
  const calls: Call[] = []
  vi.stubGlobal('fetch', (url: string, init: RequestInit) => {
    const answer = answers[calls.length]
    calls.push({ url, init })
    return answer instanceof Response ? Promise.resolve(answer) : Promise.reject(answer ?? new Error('unexpected call'))
  })
  return calls
}

const json = (status: number, body: unknown) => new Response(JSON.stringify(body), { status })

async function refusalOf(promise: Promise<unknown>): Promise<ApiError> {
  const error = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  )
  if (error instanceof ApiError) return error
  throw new Error('was not refused')
}

afterEach(() => {
  vi.unstubAllGlobals()
})

describe('a request', () => {
  it('goes to the own origin as JSON and never follows a redirect', async () => {
    const calls = answerWith(json(200, { on: true }))
    await request('PUT', 'sharing', { schema: z.object({ on: z.boolean() }), body: { on: true } })
    expect(calls[0]?.url).toBe('/gatehouse/api/v1/sharing')
    expect(calls[0]?.init).toMatchObject({
      method: 'PUT',
      redirect: 'error',
      credentials: 'same-origin',
      body: '{"on":true}',
    })
    expect(new Headers(calls[0]?.init.headers).get('content-type')).toBe('application/json')
  })

  it('shows the gate’s own words of a refusal', async () => {
    answerWith(
      json(401, { code: 'SIGN_IN_FAILED', detail: 'Name or password is not right. 2 more tries.', title: 'x' }),
    )
    const refusal = await refusalOf(request('POST', 'session', { schema: noAnswer }))
    expect(refusal).toMatchObject({
      code: 'SIGN_IN_FAILED',
      status: 401,
      message: 'Name or password is not right. 2 more tries.',
    })
  })

  it('puts a refusal of one field beside that field', async () => {
    answerWith(
      json(422, { code: 'VALIDATION_FAILED', detail: 'x', errors: [{ path: 'name', message: 'Give a name.' }] }),
    )
    const refusal = await refusalOf(request('POST', 'users', { schema: noAnswer, body: {} }))
    expect(fieldMessage(refusal, 'name')).toBe('Give a name.')
    expect(fieldMessage(refusal, 'password')).toBeUndefined()
  })

  it('says a lost connection in words', async () => {
    answerWith(new TypeError('Failed to fetch'))
    expect(await refusalOf(request('GET', 'session', { schema: noAnswer }))).toMatchObject({
      code: 'UNREACHABLE',
      status: 0,
    })
  })

  it('refuses an answer that is not what the contract says', async () => {
    answerWith(json(200, { on: 'yes' }))
    const refusal = await refusalOf(request('GET', 'sharing', { schema: z.object({ on: z.boolean() }) }))
    expect(refusal.code).toBe('NOT_UNDERSTOOD')
  })

  it.each(['<html>nginx</html>', ''])('survives an error page of something in between: %j', async (body) => {
    answerWith(new Response(body, { status: 502 }))
    expect(await refusalOf(request('GET', 'session', { schema: noAnswer }))).toMatchObject({ status: 502 })
  })

  it('reads a list to its last page', async () => {
    const calls = answerWith(
      json(200, { items: [1, 2], nextCursor: 'c2' }),
      json(200, { items: [3], nextCursor: null }),
    )
    expect(await requestAll('keys', z.number())).toEqual([1, 2, 3])
    expect(calls[1]?.url).toContain('cursor=c2')
  })
})

describe('a refusal beside the one field of a form', () => {
  const refuse = (message: string) =>
    new ApiError({
      code: 'VALIDATION_FAILED',
      status: 422,
      message: `sharing.trustedProxies: this value does not fit (${message}).`,
      fieldErrors: [{ field: 'sharing.trustedProxies', message }],
    })

  it('is said without the name of the setting', () => {
    const told = aboutField(refuse('Name each proxy by its address.'), 'sharing.trustedProxies')
    expect(errorMessage(told)).toBe('Name each proxy by its address.')
    expect(told).toMatchObject({ code: 'VALIDATION_FAILED', status: 422 })
  })

  it.each([
    ['its words are no sentence of our own', refuse('Too big: expected array to have <=32 items')],
    ['it is about something else', new ApiError({ code: 'UNREACHABLE', status: 0, message: 'No answer.' })],
    ['there is none', null],
  ])('stays as it is when %s', (_why, error) => {
    expect(aboutField(error, 'sharing.trustedProxies')).toBe(error)
  })
})

describe('events', () => {
  it('that this page does not know change nothing', () => {
    expect(parseGateEvent('not json')).toBeUndefined()
    expect(parseGateEvent('{"type":"weather"}')).toBeUndefined()
    expect(parseGateEvent({ type: 'changed' })).toBeUndefined()
  })

  it('of a changed person make the people and who can come in be read again', () => {
    const client = new QueryClient()
    for (const key of [queryKeys.users, queryKeys.sharing, queryKeys.comfyui]) client.setQueryData(key, {})
    applyGateEvent(client, { type: 'changed', resource: 'users' })
    const isOld = (key: readonly string[]) => client.getQueryState(key)?.isInvalidated
    expect([isOld(queryKeys.users), isOld(queryKeys.sharing), isOld(queryKeys.comfyui)]).toEqual([true, true, false])
  })

  it('with lines of the log add them to what is shown', () => {
    const client = new QueryClient()
    client.setQueryData(queryKeys.engineLog, { lines: [] })
    applyGateEvent(client, { type: 'log', lines: [{ sequence: 1, atMs: 1, text: 'a' }] })
    applyGateEvent(client, { type: 'log', lines: [{ sequence: 2, atMs: 2, text: 'b' }] })
    expect(client.getQueryData(queryKeys.engineLog)).toMatchObject({ lines: [{ text: 'a' }, { text: 'b' }] })
  })
})
