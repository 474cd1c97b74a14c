import { describe, expect } from 'vitest'
import { api, openOwner } from '../../support/apiPeople.ts'
import { applicationTest as it } from '../../support/ownApplicationFixture.ts'

describe('the OpenAPI document', () => {
  it('describes every resource', async ({ stores, application }) => {
    const answer = await application.ask('GET', '/gatehouse/api/openapi.json', await openOwner(stores))

    expect(answer.json.openapi).toBe('3.1.0')
    expect(Object.keys(answer.json.paths).sort()).toEqual(
      [
        '/account',
        '/account/password',
        '/administration',
        '/audit',
        '/audit/export',
        '/audit/verify',
        '/certificates',
        '/certificates/renew',
        '/comfyui',
        '/comfyui/log',
        '/comfyui/{command}',
        '/connections',
        '/engine-routes',
        '/events',
        '/folders',
        '/folders/mine',
        '/folders/{accountId}',
        '/invitations',
        '/invitations/{id}',
        '/ip-rules',
        '/ip-rules/import',
        '/ip-rules/preview',
        '/ip-rules/{id}',
        '/jobs',
        '/jobs/queue',
        '/jobs/use',
        '/jobs/{id}',
        '/jobs/{id}/preview',
        '/keys',
        '/keys/{id}',
        '/knocks',
        '/knocks/{id}/answer',
        '/lockouts',
        '/lockouts/{id}',
        '/models',
        '/nodes',
        '/nodes/allow',
        '/nodes/forbid',
        '/nodes/seen',
        '/outputs',
        '/outputs/delete',
        '/outputs/remove',
        '/outputs/restore',
        '/outputs/share',
        '/outputs/{id}',
        '/outputs/{id}/file',
        '/outputs/{id}/input',
        '/outputs/{id}/shares',
        '/outputs/{id}/thumbnail',
        '/outputs/{id}/workflow',
        '/protection',
        '/roles',
        '/roles/preview',
        '/roles/{id}',
        '/roles/{id}/probe',
        '/session',
        '/session/guest',
        '/session/knock',
        '/sessions',
        '/sessions/{id}',
        '/settings',
        '/shared',
        '/shared/{id}/file',
        '/shared/{id}/thumbnail',
        '/sharing',
        '/sharing/address',
        '/sharing/network',
        '/users',
        '/users/{id}',
        '/users/{id}/password',
        '/workflows',
        '/workflows/drafts',
        '/workflows/drafts/{id}',
        '/workflows/inspect',
        '/workflows/starter',
        '/workflows/{id}',
        '/workflows/{id}/canvas',
        '/workflows/{id}/picture',
        '/workflows/{id}/run',
        '/workflows/{id}/versions',
      ]
        .map((path) => api + path)
        .concat('/gatehouse/invite'),
    )
  })

  it('can be read as a page without scripts', async ({ stores, application }) => {
    const owner = await openOwner(stores)

    const answer = await application.ask('GET', '/gatehouse/api/docs', owner)

    expect(answer.headers['content-type']).toBe('text/html; charset=utf-8')
    expect(answer.headers['content-security-policy']).toMatch(/^default-src 'none'; style-src 'sha256-/)
    expect(answer.text).toContain('PUT /gatehouse/api/v1/account/password')
    expect(answer.text).toContain('OWNER_ONLY')
    expect(answer.text).not.toContain('<script')
    expect((await application.ask('GET', '/gatehouse/api/docs')).status).toBe(401)
  })
})
