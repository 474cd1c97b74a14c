import { describe, expect } from 'vitest'
import { addPerson, api, openOwner } from '../../support/apiPeople.ts'
import { applicationTest as it } from '../../support/ownApplicationFixture.ts'
import { goodPassword } from '../../support/storesFixture.ts'

describe('inputs', () => {
  it.for([['text/plain'], ['application/x-www-form-urlencoded'], ['application/jsonp'], ['']] as const)(
    'refuses a body of type "%s" (cross-site form)',
    async ([type], { stores, application }) => {
      await addPerson(stores, 'Mia')

      const answer = await application.ask('POST', `${api}/session`, {
        rawBody: JSON.stringify({ username: 'Mia', password: goodPassword }),
        headers: { 'content-type': type },
      })

      expect(answer.status).toBe(415)
      expect(answer.json.code).toBe('UNSUPPORTED_MEDIA_TYPE')
      expect(answer.headers['set-cookie']).toBeUndefined()
    },
  )

  it('refuses what is no JSON, and what does not fit, as problem details with the place', async ({
    stores,
    application,
  }) => {
    const owner = await openOwner(stores)

    const broken = await application.ask('POST', `${api}/users`, { ...owner, rawBody: '{"name":' })
    const unfit = await application.ask('POST', `${api}/users`, { ...owner, body: { name: '', role: 'King' } })

    expect(broken).toMatchObject({ status: 400, json: { code: 'BAD_REQUEST' } })
    expect(unfit.status).toBe(422)
    expect(unfit.headers['content-type']).toContain('application/problem+json')
    expect(unfit.json.code).toBe('VALIDATION_FAILED')
    expect(unfit.json.errors.map((error: { path: string }) => error.path)).toEqual(['name', 'role'])
  })

  it('refuses a body over its limit', async ({ stores, application }) => {
    const owner = await openOwner(stores)

    const answer = await application.ask('POST', `${api}/users`, { ...owner, rawBody: `"${'a'.repeat(300 * 1024)}"` })

    expect(answer).toMatchObject({ status: 413, json: { code: 'BODY_TOO_LARGE' } })
  })

  it('answers 404 in problem details for what is not there', async ({ stores, application }) => {
    const owner = await openOwner(stores)

    expect(await application.ask('GET', `${api}/nothing`, owner)).toMatchObject({
      status: 404,
      json: { code: 'NOT_FOUND' },
    })
    expect(await application.ask('GET', '/gatehouse/api', owner)).toMatchObject({ status: 404 })
  })
})
