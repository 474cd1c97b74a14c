import { z } from 'zod'

/** Ids of accounts and files are opaque: this, as the source of a regular expression. */
export const idSource = '[a-z0-9]{16}'

export const idSchema = z.string().regex(new RegExp(`^${idSource}$`))
