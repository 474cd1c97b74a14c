import { z } from 'zod'

const fingerprintSchema = z.object({
  /** SHA-256 in pairs of digits, as systems show it. */
  hex: z.string(),
  words: z.array(z.string()),
})

/** The certificate of the gate and what devices are to trust. Only what is public anyway. */
export const certificatesSchema = z.object({
  /** The setting `https.mode`. */
  mode: z.enum(['auto', 'own', 'off']),
  /** `authority`: signed by one made on this computer. `selfSigned`: by itself, nothing can be trusted once. `null`: nothing is encrypted. */
  kind: z.enum(['authority', 'selfSigned', 'own']).nullable(),
  /** Where the keys are kept: an authority there is only with a keychain. */
  keptIn: z.enum(['keychain', 'file', 'environment']),
  /** Whether browsers trust it without having been told to. */
  publiclyTrusted: z.boolean(),
  /** What a device trusts once; null while there is none. */
  authority: z
    .object({
      name: z.string(),
      fingerprint: fingerprintSchema,
      madeAt: z.string(),
      endsAt: z.string(),
      /** The only names it can vouch for, besides addresses of the home. */
      names: z.array(z.string()),
    })
    .nullable(),
  certificate: z
    .object({
      fingerprint: fingerprintSchema,
      names: z.array(z.string()),
      addresses: z.array(z.string()),
      endsAt: z.string(),
    })
    .nullable(),
  /** Names and addresses of this computer that the certificate does not name: browsers warn there. */
  missing: z.array(z.string()),
  /** Why it is not as the settings want it, in words. */
  problem: z.string().nullable(),
  /** What the owner should know or do about devices that trust already, in words. */
  notice: z.string().nullable(),
})
export type Certificates = z.infer<typeof certificatesSchema>

/** `authority`: a new one, which every device has to be told of once more. */
export const renewCertificateSchema = z.object({ what: z.enum(['certificate', 'authority']) })
export type Renewed = z.infer<typeof renewCertificateSchema>['what']
