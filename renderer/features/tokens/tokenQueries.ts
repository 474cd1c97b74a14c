import { useMutation } from '@tanstack/react-query'
import { z } from 'zod'
import { request } from '../../api/client.ts'

const tokenSchema = z.object({ jwt_token: z.string() })

/** A token for a tool, by name and password. The answer stays in the page alone. */
export function useGenerateToken() {
  return useMutation({
    mutationFn: (body: { username: string; password: string; expire_hours: number }) =>
      request('POST', '/generate_token', { schema: tokenSchema, body }),
    gcTime: 0,
  })
}

export interface Registration {
  readonly new_user_username: string
  readonly new_user_password: string
  readonly role: 'user' | 'creator'
  readonly username: string
  readonly password: string
}

/** A new person, by an administrator's name and password. */
export function useRegister() {
  return useMutation({
    mutationFn: (body: Registration) =>
      request('POST', '/register', { schema: z.object({ message: z.string() }), body }),
    gcTime: 0,
  })
}
