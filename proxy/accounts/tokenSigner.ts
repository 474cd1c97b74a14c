import { createHmac, hkdfSync, timingSafeEqual } from 'node:crypto'
import { errors, jwtVerify, SignJWT } from 'jose'
import { z } from 'zod'
import type { TokenUse } from '../pipeline/requestContext.ts'

export interface TokenClaims {
  readonly tokenId: string
  readonly accountId: string
  readonly use: TokenUse
}

export interface TokenToSign extends TokenClaims {
  /** The account's name: clients of ComfyUI-Sentinel read it. It decides nothing here. */
  readonly name: string
  readonly createdAtMs: number
  readonly expiresAtMs: number
}

export interface TokenSignerOptions {
  /** The secret 'token-key'. */
  readonly secret: Buffer
  /** What the environment added to it; see tokenSecret.ts. */
  readonly addition: string | undefined
  readonly dataFolderId: string
}

const ISSUER = 'gatehouse'
/** Longer than any that is signed here; nobody's megabyte is hashed. */
const MAX_CHARACTERS = 2048
const tokenPattern = /^eyJ[\w-]*\.[\w-]*\.[\w-]*$/

/** Whether a credential is meant as a token; everything else is a key. */
export const looksLikeToken = (text: string): boolean => tokenPattern.test(text)

const payloadSchema = z.object({
  jti: z.string().regex(/^[a-z0-9]{16}$/),
  id: z.string(),
  use: z.enum(['cookie', 'api']),
})

/** Signs and checks JSON web tokens with HS256 and one key; whether a token still holds, its record says. */
export class TokenSigner {
  readonly #key: Uint8Array
  /** Names the key, so that a token of another one is refused as such. It never chooses one. */
  readonly #kid: string
  readonly #audience: string

  constructor({ secret, addition, dataFolderId }: TokenSignerOptions) {
    // Salted with the folder's own secret: a short word in the environment makes no weak key, and the same word on two
    // computers makes two keys.
    const material = addition === undefined ? secret : Buffer.from(addition)
    this.#key = new Uint8Array(hkdfSync('sha256', material, secret, 'gatehouse tokens', 32))
    this.#kid = createHmac('sha256', this.#key).update('gatehouse token key').digest('hex').slice(0, 16)
    this.#audience = dataFolderId
  }

  sign({ tokenId, accountId, use, name, createdAtMs, expiresAtMs }: TokenToSign): Promise<string> {
    return new SignJWT({ id: accountId, username: name, use })
      .setProtectedHeader({ alg: 'HS256', typ: 'JWT', kid: this.#kid })
      .setIssuer(ISSUER)
      .setAudience(this.#audience)
      .setJti(tokenId)
      .setIssuedAt(Math.floor(createdAtMs / 1000))
      .setExpirationTime(Math.floor(expiresAtMs / 1000))
      .sign(this.#key)
  }

  /** What a token of ours says; undefined when it is none, was changed, or is over at `nowMs`. */
  async verify(text: string, nowMs: number): Promise<TokenClaims | undefined> {
    if (text.length > MAX_CHARACTERS || !looksLikeToken(text)) return undefined
    try {
      // Forging (RFC 8725): one algorithm, so neither "none" nor a public key taken for a secret.
      const { payload, protectedHeader } = await jwtVerify(text, this.#key, {
        algorithms: ['HS256'],
        typ: 'JWT',
        issuer: ISSUER,
        audience: this.#audience,
        requiredClaims: ['jti', 'exp', 'iat'],
        currentDate: new Date(nowMs),
      })
      const parsed = payloadSchema.safeParse(payload)
      if (!parsed.success || !this.#isOurs(protectedHeader.kid)) return undefined
      const { jti: tokenId, id: accountId, use } = parsed.data
      return { tokenId, accountId, use }
    } catch (error) {
      if (error instanceof errors.JOSEError) return undefined
      throw error
    }
  }

  #isOurs(kid: string | undefined): boolean {
    return kid?.length === this.#kid.length && timingSafeEqual(Buffer.from(kid), Buffer.from(this.#kid))
  }
}
