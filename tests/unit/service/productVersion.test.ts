import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { productVersion } from '../../../service/productVersion.ts'

it('says the version of package.json', () => {
  const text = readFileSync(new URL('../../../package.json', import.meta.url), 'utf8')
  expect(JSON.parse(text)).toMatchObject({ version: productVersion })
})
